-- kept_columns: which columns were kept of the rows of each table that a merge changed or took away, as far as they still exist.
--
-- Params   merge bigint
-- Reads    contacts_mergedrow, contacts_merge
-- Writes   nothing
-- Returns  table text, columns text[] (empty where rows only moved)
-- Index    the foreign key of contacts_mergedrow
-- Rerun    safe: reads only
WITH kept AS (
    SELECT DISTINCT r."table", k.key FROM contacts_mergedrow r
    LEFT JOIN LATERAL jsonb_object_keys(r.content) AS k (key) ON true WHERE r.merge_id = %(merge)s
    UNION
    SELECT 'contacts_contact', k.key FROM contacts_merge m CROSS JOIN LATERAL jsonb_object_keys(m.loser) AS k (key) WHERE m.id = %(merge)s
)
SELECT kept."table", COALESCE(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname IS NOT NULL), '{}')
FROM kept
LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(kept."table") AND a.attname = kept.key AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY 1 ORDER BY 1
