-- take_removals: put the next people who are to be removed into a batch.
--
-- Params   audience, batch, after bigint (the last member that this run has taken); most int
-- Reads    orchestrator_audiencemember
-- Writes   orchestrator_audiencemember
-- Returns  id, email_hash, phone_hash; a hash is empty where somebody else who is in has the same one: theirs stays
-- Index    audiencemember_to_do, audiencemember_email, audiencemember_phone
-- Rerun    safe: the caller holds the audience; who is in a batch is not taken again
WITH taken AS MATERIALIZED (
    SELECT m.id, m.audience_id, m.email_hash, m.phone_hash
    FROM orchestrator_audiencemember m
    WHERE m.audience_id = %(audience)s AND m.state = 'removing' AND m.batch_id IS NULL AND m.id > %(after)s
    ORDER BY m.id
    LIMIT %(most)s
), marked AS (
    UPDATE orchestrator_audiencemember m SET batch_id = %(batch)s FROM taken t WHERE m.id = t.id
)
SELECT t.id,
       CASE WHEN EXISTS (SELECT FROM orchestrator_audiencemember o
                         WHERE o.audience_id = t.audience_id AND o.state = 'in' AND o.email_hash = t.email_hash) THEN '' ELSE t.email_hash END,
       CASE WHEN EXISTS (SELECT FROM orchestrator_audiencemember o
                         WHERE o.audience_id = t.audience_id AND o.state = 'in' AND o.phone_hash = t.phone_hash) THEN '' ELSE t.phone_hash END
FROM taken t
ORDER BY t.id
