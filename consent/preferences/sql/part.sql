-- part: give the loser of an undone merge what they had chosen.
--
-- Params   merge, loser, survivor bigint; now timestamptz
-- Reads    contacts_mergedrow
-- Writes   consent_preference
-- Returns  nothing
-- Index    the foreign key of contacts_mergedrow
-- Rerun    safe: a choice that is there stays
INSERT INTO consent_preference (contact_id, frequency, paused_until, since)
SELECT %(loser)s, r.content ->> 'frequency', (r.content ->> 'paused_until')::timestamptz, %(now)s
FROM contacts_mergedrow r
WHERE r.merge_id = %(merge)s AND r."table" = 'consent_preference' AND (r.content ->> 'contact_id')::bigint = %(loser)s
ON CONFLICT (contact_id) DO NOTHING
