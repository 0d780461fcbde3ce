-- seals: find seals that do not follow the one before, begin where none ends, or lack records that nobody removed by law.
--
-- Params   none
-- Reads    consent_seal
-- Writes   nothing
-- Returns  id, after, up_to bigint; kind text
-- Index    none: there is one seal a night, and one a range that lost records by law
-- Rerun    safe: it writes nothing
WITH chained AS (
    SELECT s.*, lag(s.digest) OVER (ORDER BY s.id) AS before, lag(s.records) OVER (PARTITION BY s.after, s.up_to ORDER BY s.id) AS had
    FROM consent_seal s
)
SELECT c.id, c.after, c.up_to, CASE
    WHEN c.digest <> consent_seal_digest(c.before, c.after, c.up_to, c.records, c.content, c.removed, c.why)
         OR c.had IS NULL AND c.after <> 0 AND NOT EXISTS (SELECT FROM consent_seal o WHERE o.up_to = c.after) THEN 'seal'
    ELSE 'missing' END
FROM chained c
WHERE c.digest <> consent_seal_digest(c.before, c.after, c.up_to, c.records, c.content, c.removed, c.why)
   OR c.had IS NULL AND c.after <> 0 AND NOT EXISTS (SELECT FROM consent_seal o WHERE o.up_to = c.after)
   OR c.had IS NOT NULL AND c.had - c.removed <> c.records
ORDER BY c.id
