-- note_seen: what people who agreed to profiling looked at lately, and which of it they bought, into an empty table.
--
-- Params   seen_since, bought_since, now timestamptz; seen, bought text[]: names of events; allowed: condition over contacts;
--          most int: of each person
-- Reads    contacts_event, contacts_contact, consent_*
-- Writes   orchestrator_seenproduct
-- Returns  n bigint: how many
-- Index    event_name_at, seenproduct_once
-- Rerun    safe: the caller takes what was there before away, in the same transaction
WITH agreed (id) AS MATERIALIZED (/*allowed*/),
fact AS MATERIALIZED (
    SELECT e.contact_id, e.occurred_at, e.name = ANY (%(bought)s) AS bought, item.p
    FROM contacts_event e
    CROSS JOIN LATERAL (
        SELECT e.properties AS p WHERE jsonb_typeof(e.properties -> 'products') IS DISTINCT FROM 'array'
        UNION ALL
        SELECT x FROM jsonb_array_elements(CASE WHEN jsonb_typeof(e.properties -> 'products') = 'array' THEN e.properties -> 'products' ELSE '[]' END) x
        WHERE jsonb_typeof(x) = 'object'
    ) item
    WHERE (e.name = ANY (%(seen)s) AND e.occurred_at > %(seen_since)s OR e.name = ANY (%(bought)s) AND e.occurred_at > %(bought_since)s)
      AND e.occurred_at <= %(now)s AND e.contact_id IN (SELECT id FROM agreed)
),
each AS (
    SELECT contact_id, left(coalesce(nullif(p ->> 'product_id', ''), nullif(p ->> 'sku', ''), nullif(p ->> 'product', '')), 200) AS key,
           max(occurred_at) AS at, bool_or(bought) AS bought
    FROM fact GROUP BY 1, 2
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY contact_id ORDER BY at DESC, key) AS n FROM each WHERE key <> ''
),
made AS (
    INSERT INTO orchestrator_seenproduct (contact_id, product, at, bought)
    SELECT contact_id, key, at, bought FROM ranked WHERE n <= %(most)s RETURNING 1
)
SELECT count(*) FROM made
