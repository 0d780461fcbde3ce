-- bought_together: what is bought together with a product, the strongest first.
--
-- Params   product text, most int
-- Reads    orchestrator_productpair, orchestrator_product
-- Writes   nothing
-- Returns  key, title, url, image text; price numeric; currency text
-- Index    productpair_rank, orchestrator_product_key_key
-- Rerun    safe: reads only
SELECT p.key, p.title, p.url, p.image, p.price, p.currency
FROM orchestrator_productpair x JOIN orchestrator_product p ON p.key = x.other
WHERE x.product = %(product)s
ORDER BY x.rank LIMIT %(most)s
