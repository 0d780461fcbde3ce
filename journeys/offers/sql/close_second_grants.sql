-- close_second_grants: of the open offers of people who are one now, one stays: the survivor's, else the newest.
--
-- Params   merges, losers, survivors bigint[]; now timestamptz
-- Reads    journeys_offergrant
-- Writes   journeys_offergrant, contacts_mergedrow
-- Returns  nothing
-- Index    grant_one_open
-- Rerun    safe: only open grants are withdrawn
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
open AS MATERIALIZED (
    SELECT p.merge, p.survivor, g.id, g.granted_at, to_jsonb(g) AS content
    FROM pair p JOIN journeys_offergrant g ON g.contact_id = p.loser AND g.state = 'open'
),
second AS MATERIALIZED (
    SELECT o.* FROM open o
    WHERE EXISTS (SELECT 1 FROM journeys_offergrant s WHERE s.contact_id = o.survivor AND s.state = 'open')
       OR EXISTS (SELECT 1 FROM open n WHERE n.survivor = o.survivor AND (n.granted_at, n.id) > (o.granted_at, o.id))
),
kept AS (
    INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content) SELECT merge, 'journeys_offergrant', id, content FROM second
)
UPDATE journeys_offergrant g SET state = 'withdrawn', answered_at = %(now)s FROM second WHERE g.id = second.id
