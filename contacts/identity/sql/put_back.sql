-- put_back: write the rows of a table as they were before a merge changed them or took them away.
--
-- Params   merge bigint; name text, the table; table, columns, values: names put in by the caller
-- Reads    contacts_mergedrow
-- Writes   the table
-- Returns  nothing
-- Index    the table's primary key
-- Rerun    safe: a row is there once
INSERT INTO /*table*/ (/*columns*/)
SELECT /*values*/ FROM contacts_mergedrow r CROSS JOIN LATERAL jsonb_populate_record(NULL::/*table*/, r.content) AS old
WHERE r.merge_id = %(merge)s AND r."table" = %(name)s AND r.content <> '{}'
ON CONFLICT DO NOTHING
