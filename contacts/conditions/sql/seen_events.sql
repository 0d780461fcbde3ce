-- see: names of events that came, and the properties of the newest of each with examples of their values.
--
-- Params   events int, how many of the newest of each name are looked at; examples int, how many values of a property
-- Reads    contacts_event
-- Writes   nothing
-- Returns  name text, property text (null: the event has none), types text[], examples jsonb
-- Index    event_name_at
-- Rerun    safe: reads only
WITH RECURSIVE seen (name) AS (  -- from name to name over the index, never over all events
    (SELECT name FROM contacts_event ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT e.name FROM contacts_event e WHERE e.name > seen.name ORDER BY e.name LIMIT 1)
    FROM seen WHERE seen.name IS NOT NULL
),
sampled AS (
    SELECT seen.name, part.key, jsonb_typeof(part.value) AS type, part.value
    FROM seen
    CROSS JOIN LATERAL (
        SELECT e.properties FROM contacts_event e WHERE e.name = seen.name ORDER BY e.occurred_at DESC LIMIT %(events)s
    ) newest
    CROSS JOIN LATERAL jsonb_each(newest.properties) part
    WHERE jsonb_typeof(newest.properties) = 'object'
),
counted AS (
    SELECT name, key, type, value, count(*) AS n,
           row_number() OVER (PARTITION BY name, key ORDER BY count(*) DESC, value) AS place
    FROM sampled
    WHERE type <> 'null'
    GROUP BY name, key, type, value
)
SELECT seen.name, counted.key, array_agg(DISTINCT counted.type) FILTER (WHERE counted.type IS NOT NULL),
       jsonb_agg(counted.value ORDER BY counted.place) FILTER (
           WHERE counted.place <= %(examples)s AND counted.type IN ('string', 'number', 'boolean') AND length(counted.value::text) <= 80)
FROM seen
LEFT JOIN counted ON counted.name = seen.name
WHERE seen.name IS NOT NULL
GROUP BY seen.name, counted.key
ORDER BY seen.name, counted.key
