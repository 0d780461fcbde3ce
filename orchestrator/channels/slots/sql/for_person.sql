-- for_person: what somebody looked at lately and did not buy, the newest first, then what is bought together with what they bought or saw.
--
-- Params   contact bigint, most int
-- Reads    orchestrator_seenproduct, orchestrator_productpair, orchestrator_product, contacts_contact, consent_* (consent_stands_against)
-- Writes   nothing
-- Returns  key, title, url, image text; price numeric; currency text; language text, the person's; no row without consent to profiling
-- Index    seenproduct_once, productpair_rank, orchestrator_product_key_key, contacts_contact_pkey
-- Rerun    safe: reads only
WITH agreed AS MATERIALIZED (
    SELECT c.id, c.language FROM contacts_contact c
    WHERE c.id = %(contact)s AND consent_stands_against(c.id, 'profiling', 'onsite', contacts_address(c, 'id')) = ''
),
seen AS MATERIALIZED (
    SELECT s.product, s.at, s.bought FROM orchestrator_seenproduct s WHERE s.contact_id = (SELECT id FROM agreed)
),
wanted AS (
    SELECT s.product AS key, 1 AS turn, extract(epoch FROM s.at) AS weight FROM seen s WHERE NOT s.bought
    UNION ALL
    SELECT x.other, CASE WHEN s.bought THEN 2 ELSE 3 END, x.lift
    FROM seen s JOIN orchestrator_productpair x ON x.product = s.product
    WHERE NOT EXISTS (SELECT FROM seen b WHERE b.product = x.other)
),
first AS (SELECT key, min(turn) AS turn, max(weight) AS weight FROM wanted GROUP BY key)
SELECT p.key, p.title, p.url, p.image, p.price, p.currency, a.language
FROM first f JOIN orchestrator_product p ON p.key = f.key CROSS JOIN agreed a
ORDER BY f.turn, f.weight DESC, p.key LIMIT %(most)s
