-- agreed: find what people who complained have still agreed to, or never spoke about, of mail for marketing.
--
-- Params   people   bigint[]
--          channel  text
-- Reads    consent_purpose, consent_state
-- Writes   nothing
-- Returns  contact_id bigint, purpose text
-- Index    state_contact_purpose
-- Rerun    safe: reads only
SELECT w.contact_id, p.slug
FROM unnest(%(people)s::bigint[]) AS w (contact_id)
JOIN consent_purpose p ON p.kind = 'communication' AND p.channel IN ('', %(channel)s) AND p.enforcement <> 'none'
LEFT JOIN consent_state s ON s.contact_id = w.contact_id AND s.purpose_id = p.id
WHERE s.granted OR (s.id IS NULL AND p.parent_id IS NULL)
ORDER BY w.contact_id, p.id
