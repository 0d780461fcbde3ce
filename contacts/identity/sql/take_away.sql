-- take_away: remove the losers' rows of which the survivor has one already, and keep what was in them.
--
-- Params   merges, losers, survivors bigint[]; name text, the table; table, column, same: names put in by the caller
-- Reads    the table
-- Writes   the table, contacts_mergedrow
-- Returns  nothing; the row count is the number of rows
-- Index    the table's unique key
-- Rerun    safe: what is gone is gone
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
gone AS (
    DELETE FROM /*table*/ t USING pair p
    WHERE t./*column*/ = p.loser AND EXISTS (SELECT 1 FROM /*table*/ s WHERE s./*column*/ = p.survivor/*same*/)
    RETURNING p.merge, t.id, to_jsonb(t) AS content
)
INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content) SELECT merge, %(name)s, id, content FROM gone
