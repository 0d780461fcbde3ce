-- take_additions: put the next people who are to be added into a batch, after asking once more whether they agree.
--
-- Params   audience, batch, after bigint (the last member that this run has taken); most int; purpose text; now timestamptz
-- Reads    consent_* (consent_stands_against), contacts_contact
-- Writes   orchestrator_audiencemember
-- Returns  id, email_hash, phone_hash; whoever no longer agrees is not among them: the next plan takes them out
-- Index    audiencemember_to_do
-- Rerun    safe: the caller holds the audience; who is in a batch is not taken again
WITH taken AS MATERIALIZED (
    SELECT m.id
    FROM orchestrator_audiencemember m
    JOIN contacts_contact c ON c.id = m.contact_id
    WHERE m.audience_id = %(audience)s AND m.state = 'adding' AND m.batch_id IS NULL AND m.id > %(after)s
      AND CASE WHEN c.email <> '' THEN consent_stands_against(c.id, %(purpose)s, 'email', c.email)
               ELSE consent_stands_against(c.id, %(purpose)s, 'sms', c.phone) END = ''
    ORDER BY m.id
    LIMIT %(most)s
)
UPDATE orchestrator_audiencemember m
SET batch_id = %(batch)s, called_at = coalesce(m.called_at, %(now)s)
FROM taken t
WHERE m.id = t.id
RETURNING m.id, m.email_hash, m.phone_hash
