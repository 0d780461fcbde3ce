-- merge: of two people who are one, the quieter choice holds.
--
-- Params   merges, losers, survivors bigint[]; now timestamptz
-- Reads    consent_preference
-- Writes   consent_preference, contacts_mergedrow
-- Returns  nothing
-- Index    the unique index of consent_preference on the contact
-- Rerun    safe: the losers have no choice any more
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
held AS MATERIALIZED (
    SELECT p.merge, p.survivor, p.loser, c.*, to_jsonb(c) AS content FROM pair p JOIN consent_preference c ON c.contact_id IN (p.loser, p.survivor)
),
kept AS (
    INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
    SELECT merge, 'consent_preference', id, content FROM held
),
gone AS (
    DELETE FROM consent_preference c USING held h WHERE c.contact_id = h.loser AND h.contact_id = h.loser
)
INSERT INTO consent_preference (contact_id, frequency, paused_until, since)
SELECT survivor, CASE WHEN bool_or(frequency = 'less') THEN 'less' ELSE 'normal' END, max(paused_until), %(now)s
FROM held GROUP BY survivor HAVING bool_or(contact_id = loser)
ON CONFLICT (contact_id) DO UPDATE
    SET frequency = EXCLUDED.frequency, paused_until = EXCLUDED.paused_until, since = EXCLUDED.since
