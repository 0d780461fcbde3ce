-- move: give the survivors the rows of a table that are the losers', and remember which.
--
-- Params   merges, losers, survivors bigint[]; name text, the table; table, column, through: names put in by the caller
-- Reads    the table
-- Writes   the table, contacts_mergedrow
-- Returns  nothing; the row count is the number of rows that moved
-- Index    the table's index on the contact
-- Rerun    safe: a row that has moved is not the loser's any more
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
moved AS (
    UPDATE /*table*/ t SET /*column*/ = p.survivor FROM pair p
    WHERE t./*column*/ = p.loser/*through*/
    RETURNING p.merge, t.id
)
INSERT INTO contacts_mergedrow (merge_id, "table", row_id) SELECT merge, %(name)s, id FROM moved
