-- grid: how many people have which highest fit and engagement.
--
-- Params   none
-- Reads    contacts_scorevalue, contacts_score
-- Writes   nothing
-- Returns  fit integer, engagement integer, people bigint; people without any row are not in it
-- Index    none: the whole table is read
-- Rerun    safe: only reads
SELECT fit, engagement, count(*)
FROM (
    SELECT coalesce(max(v.value) FILTER (WHERE s.axis = 'fit'), 0) AS fit,
           coalesce(max(v.value) FILTER (WHERE s.axis = 'engagement'), 0) AS engagement
    FROM contacts_scorevalue v JOIN contacts_score s ON s.id = v.score_id
    WHERE s.active
    GROUP BY v.contact_id
) highest
GROUP BY fit, engagement
