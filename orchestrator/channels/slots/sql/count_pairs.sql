-- count_pairs: count which products were bought together, into an empty table: an order is what one person bought under one number, else on one day.
--
-- Restricted people and those who did not agree to profiling do not count: what is learned from behaviour is learned from theirs only.
--
-- Params   since, now timestamptz; names text[]: of purchases; allowed: condition over contacts; least int: orders with both;
--          best int: of each product; most int: products of an order, larger ones say nothing; zone text: whose days
-- Reads    contacts_event, contacts_contact, consent_*
-- Writes   orchestrator_productpair, orchestrator_product
-- Returns  pairs bigint, baskets bigint
-- Index    event_name_at, productpair_rank
-- Rerun    safe: the caller takes what was counted before away, in the same transaction
WITH bought AS MATERIALIZED (
    SELECT e.contact_id, coalesce(nullif(e.properties ->> 'order_id', ''), nullif(e.properties ->> 'basket_id', ''),
                                  (e.occurred_at AT TIME ZONE %(zone)s)::date::text) AS number, item.p
    FROM contacts_event e
    CROSS JOIN LATERAL (
        SELECT e.properties AS p WHERE jsonb_typeof(e.properties -> 'products') IS DISTINCT FROM 'array'
        UNION ALL
        SELECT x FROM jsonb_array_elements(CASE WHEN jsonb_typeof(e.properties -> 'products') = 'array' THEN e.properties -> 'products' ELSE '[]' END) x
        WHERE jsonb_typeof(x) = 'object'
    ) item
    WHERE e.name = ANY (%(names)s) AND e.occurred_at > %(since)s AND e.occurred_at <= %(now)s
      AND e.contact_id IN (/*allowed*/)
),
line AS MATERIALIZED (
    SELECT DISTINCT contact_id, number, left(coalesce(nullif(p ->> 'product_id', ''), nullif(p ->> 'sku', ''), nullif(p ->> 'product', '')), 200) AS key
    FROM bought
),
basket AS MATERIALIZED (
    SELECT contact_id, number, array_agg(key) AS keys FROM line WHERE key <> '' GROUP BY 1, 2
),
whole AS MATERIALIZED (SELECT count(*) AS n FROM basket),
single AS MATERIALIZED (SELECT key, count(*) AS n FROM line WHERE key <> '' GROUP BY 1),
pair AS MATERIALIZED (
    SELECT a.key AS product, b.key AS other, count(*) AS n
    FROM basket o CROSS JOIN LATERAL unnest(o.keys) AS a (key) CROSS JOIN LATERAL unnest(o.keys) AS b (key)
    WHERE cardinality(o.keys) BETWEEN 2 AND %(most)s AND a.key <> b.key
    GROUP BY 1, 2 HAVING count(*) >= %(least)s
),
lifted AS (
    SELECT p.product, p.other, p.n, p.n::float8 * w.n / (s.n * t.n) AS lift
    FROM pair p JOIN single s ON s.key = p.product JOIN single t ON t.key = p.other CROSS JOIN whole w
),
ranked AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY product ORDER BY lift * ln(1 + n) DESC, n DESC, other) AS rank FROM lifted WHERE lift > 1
),
made AS (
    INSERT INTO orchestrator_productpair (product, other, together, lift, rank)
    SELECT product, other, n, lift, rank FROM ranked WHERE rank <= %(best)s
    RETURNING 1
),
counted AS (
    UPDATE orchestrator_product o SET baskets = coalesce(s.n, 0)
    FROM orchestrator_product q LEFT JOIN single s ON s.key = q.key
    WHERE q.id = o.id AND o.baskets <> coalesce(s.n, 0)
)
SELECT (SELECT count(*) FROM made), n FROM whole
