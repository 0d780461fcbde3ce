-- overlaps: for pairs of journeys, how many people are in both now, and some of them.
--
-- Params   firsts, seconds bigint[] (journeys, in the order of the pairs); most int, people to show
-- Reads    journeys_enrollment
-- Writes   nothing
-- Returns  place int (of the pair, from 1), n bigint, people bigint[]
-- Index    enrollment_journey
-- Rerun    safe: only reads
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(firsts)s::bigint[], %(seconds)s::bigint[]) WITH ORDINALITY AS p (mine, other, place)
),
inside AS MATERIALIZED (
    SELECT DISTINCT journey_id, contact_id FROM journeys_enrollment
    WHERE left_at IS NULL AND arm <> 'holdout' AND journey_id IN (SELECT mine FROM pair UNION SELECT other FROM pair)
)
SELECT p.place, count(*), (array_agg(a.contact_id ORDER BY a.contact_id))[1:%(most)s]
FROM pair p JOIN inside a ON a.journey_id = p.mine JOIN inside b ON b.journey_id = p.other AND b.contact_id = a.contact_id
GROUP BY p.place
