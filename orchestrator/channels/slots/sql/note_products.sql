-- note_products: learn what products are called, where they are and what they cost, from the newest event about each.
--
-- An event is about the product in its property `product_id` (or `sku`, `product`), or about each one in its list `products`.
--
-- Params   since, now timestamptz; names text[]: of the events
-- Reads    contacts_event
-- Writes   orchestrator_product
-- Returns  nothing
-- Index    event_name_at, orchestrator_product_key_key
-- Rerun    safe: the newest event wins
WITH said AS (
    SELECT e.occurred_at, e.id, item.p FROM contacts_event e
    CROSS JOIN LATERAL (
        SELECT e.properties AS p WHERE jsonb_typeof(e.properties -> 'products') IS DISTINCT FROM 'array'
        UNION ALL
        SELECT x FROM jsonb_array_elements(CASE WHEN jsonb_typeof(e.properties -> 'products') = 'array' THEN e.properties -> 'products' ELSE '[]' END) x
        WHERE jsonb_typeof(x) = 'object'
    ) item
    WHERE e.name = ANY (%(names)s) AND e.occurred_at > %(since)s AND e.occurred_at <= %(now)s
),
keyed AS (
    SELECT s.*, left(coalesce(nullif(p ->> 'product_id', ''), nullif(p ->> 'sku', ''), nullif(p ->> 'product', '')), 200) AS key,
           coalesce(nullif(p ->> 'name', ''), nullif(p ->> 'title', ''), nullif(p ->> 'product', '')) AS title,
           p ->> 'price' AS price
    FROM said s
),
newest AS (
    SELECT DISTINCT ON (key) * FROM keyed WHERE key <> '' ORDER BY key, occurred_at DESC, id DESC
)
INSERT INTO orchestrator_product AS o (key, title, url, image, price, currency, baskets, seen_at)
SELECT key, left(coalesce(title, ''), 300), left(coalesce(p ->> 'url', ''), 1000), left(coalesce(p ->> 'image_url', p ->> 'image', ''), 1000),
       CASE WHEN price ~ '^[0-9]{1,9}(\.[0-9]{1,6})?$' THEN round(price::numeric, 2) END,
       CASE WHEN p ->> 'currency' ~ '^[A-Z]{3}$' THEN p ->> 'currency' ELSE '' END, 0, occurred_at
FROM newest
ON CONFLICT (key) DO UPDATE
SET title = coalesce(nullif(excluded.title, ''), o.title), url = coalesce(nullif(excluded.url, ''), o.url),
    image = coalesce(nullif(excluded.image, ''), o.image), price = coalesce(excluded.price, o.price),
    currency = coalesce(nullif(excluded.currency, ''), o.currency), seen_at = excluded.seen_at
WHERE o.seen_at <= excluded.seen_at
