-- apart_keys: list the keys of values that are kept apart, how many people have one, from where, and some of the values.
--
-- Params   key text, empty for all; words text, part of the key, empty for all; most  bigint, where counting ends; looked  int, values to look at; keys  int
-- Reads    contacts_apartvalue, contacts_attribute
-- Writes   nothing
-- Returns  key, n bigint, sources text[], samples text[] (JSON), first_at, last_at (of those looked at), attribute_id bigint, null: not defined
-- Index    apartvalue_once
-- Rerun    safe: reads only
WITH RECURSIVE found AS (
    -- steps from key to key through the index, however many values each has
    (SELECT key FROM contacts_apartvalue ORDER BY key LIMIT 1)
    UNION ALL
    SELECT (SELECT next.key FROM contacts_apartvalue next WHERE next.key > found.key ORDER BY next.key LIMIT 1)
    FROM found WHERE found.key IS NOT NULL
), wanted AS (
    SELECT key FROM found WHERE key IS NOT NULL AND strpos(lower(key), lower(%(words)s)) > 0
      AND (%(key)s = '' OR key = %(key)s) LIMIT %(keys)s
)
SELECT wanted.key, counted.n, looked.sources, looked.samples, looked.first_at, looked.last_at, known.id
FROM wanted
CROSS JOIN LATERAL (
    -- in the order of the index, else a sequential scan looks cheaper for a part
    SELECT count(*) AS n FROM (SELECT 1 FROM contacts_apartvalue v WHERE v.key = wanted.key ORDER BY v.contact_id LIMIT %(most)s) part
) counted
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT part.source) AS sources, array_agg(part.value::text) AS samples, min(part.at) AS first_at,
        max(part.at) AS last_at
    FROM (SELECT v.source, v.value, v.at FROM contacts_apartvalue v WHERE v.key = wanted.key ORDER BY v.contact_id LIMIT %(looked)s) part
) looked
LEFT JOIN contacts_attribute known ON known.key = wanted.key
ORDER BY counted.n DESC, wanted.key
