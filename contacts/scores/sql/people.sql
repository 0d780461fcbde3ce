-- people: who stands in a cell of the grid, the highest first.
--
-- Params   fit_least, fit_most, engagement_least, engagement_most integer, both ends included; most integer; skip integer
-- Reads    contacts_scorevalue, contacts_score
-- Writes   nothing
-- Returns  contact_id bigint, fit integer, engagement integer; people without any row are not in it
-- Index    none: the whole table is read
-- Rerun    safe: only reads
SELECT contact_id, fit, engagement
FROM (
    SELECT v.contact_id,
           coalesce(max(v.value) FILTER (WHERE s.axis = 'fit'), 0)::integer AS fit,
           coalesce(max(v.value) FILTER (WHERE s.axis = 'engagement'), 0)::integer AS engagement
    FROM contacts_scorevalue v JOIN contacts_score s ON s.id = v.score_id
    WHERE s.active
    GROUP BY v.contact_id
) highest
WHERE fit BETWEEN %(fit_least)s AND %(fit_most)s AND engagement BETWEEN %(engagement_least)s AND %(engagement_most)s
ORDER BY fit + engagement DESC, contact_id
LIMIT %(most)s OFFSET %(skip)s
