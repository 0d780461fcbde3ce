-- move_back: give a person the rows of a table back that a merge had moved.
--
-- Params   merge, loser, survivor bigint; name text, the table; table, column: names put in by the caller
-- Reads    contacts_mergedrow
-- Writes   the table
-- Returns  nothing
-- Index    the table's primary key
-- Rerun    safe: only rows that are still the survivor's
UPDATE /*table*/ t SET /*column*/ = %(loser)s
FROM contacts_mergedrow r
WHERE r.merge_id = %(merge)s AND r."table" = %(name)s AND r.content IS NULL AND t.id = r.row_id AND t./*column*/ = %(survivor)s
