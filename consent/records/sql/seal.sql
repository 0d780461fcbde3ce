-- seal: write down what the records of a range are now.
--
-- Params   after, up_to, removed bigint; why text; now timestamptz
-- Reads    consent_record, consent_seal
-- Writes   consent_seal
-- Returns  nothing
-- Index    the primary keys
-- Rerun    safe: one more seal of the same range
WITH before AS (SELECT digest FROM consent_seal ORDER BY id DESC LIMIT 1),
content AS (
    SELECT count(*) AS records, encode(sha256(convert_to(coalesce(string_agg(r.digest, '' ORDER BY r.id), ''), 'UTF8')), 'hex') AS content
    FROM consent_record r WHERE r.id > %(after)s AND r.id <= %(up_to)s
)
INSERT INTO consent_seal (after, up_to, records, content, removed, why, digest, at)
SELECT %(after)s, %(up_to)s, c.records, c.content, %(removed)s, %(why)s,
       consent_seal_digest((SELECT digest FROM before), %(after)s, %(up_to)s, c.records, c.content, %(removed)s, %(why)s), %(now)s
FROM content c
