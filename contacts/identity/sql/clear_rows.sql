-- clear_rows: take the rows of a table away that a merge had made, or changed and are about to be put back as they were.
--
-- Params   merge bigint; name text, the table; table: a name put in by the caller
-- Reads    contacts_mergedrow
-- Writes   the table
-- Returns  nothing
-- Index    the table's primary key
-- Rerun    safe: what is gone is gone
DELETE FROM /*table*/ t USING contacts_mergedrow r
WHERE r.merge_id = %(merge)s AND r."table" = %(name)s AND r.content IS NOT NULL AND t.id = r.row_id
