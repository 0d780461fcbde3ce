-- come: note who is to be added to an audience.
--
-- Params   audience bigint; now timestamptz
-- Reads    pg_temp.audience_judged (judge.sql)
-- Writes   orchestrator_audiencemember
-- Returns  nothing; the row count is how many are to come
-- Index    audiencemember_once
-- Rerun    safe: who is in, or on the way in, is left alone
INSERT INTO orchestrator_audiencemember (audience_id, contact_id, email_hash, phone_hash, state, reason, since)
SELECT %(audience)s, j.contact_id, j.email_hash, j.phone_hash, 'adding', '', %(now)s
FROM pg_temp.audience_judged j
WHERE j.against = ''
ORDER BY j.contact_id
ON CONFLICT (audience_id, contact_id) WHERE state IN ('adding', 'in') DO NOTHING
