-- leave: mark who is no longer to be in an audience; whoever the platform never heard of is gone at once.
--
-- Params   audience bigint; ended text ('' while the audience goes on); now timestamptz
-- Reads    pg_temp.audience_judged (judge.sql)
-- Writes   orchestrator_audiencemember
-- Returns  nothing; the row count is how many are to leave
-- Index    audiencemember_once
-- Rerun    safe: only members that are in, or on their way in, are looked at
WITH leaving AS (
    SELECT m.id,
           CASE WHEN m.contact_id IS NULL THEN 'erased'
                WHEN %(ended)s <> '' THEN %(ended)s
                WHEN j.contact_id IS NULL THEN 'left'
                WHEN j.against <> '' THEN j.against
                ELSE 'changed' END AS why
    FROM orchestrator_audiencemember m
    LEFT JOIN pg_temp.audience_judged j ON j.contact_id = m.contact_id
    WHERE m.audience_id = %(audience)s AND m.state IN ('adding', 'in')
      AND (%(ended)s <> '' OR j.contact_id IS NULL OR j.against <> ''
           OR (j.email_hash, j.phone_hash) IS DISTINCT FROM (m.email_hash::text, m.phone_hash::text))
)
UPDATE orchestrator_audiencemember m
SET state = CASE WHEN m.called_at IS NULL THEN 'gone' ELSE 'removing' END,
    reason = l.why,
    since = %(now)s,
    batch_id = NULL,
    email_hash = CASE WHEN m.called_at IS NULL THEN '' ELSE m.email_hash END,
    phone_hash = CASE WHEN m.called_at IS NULL THEN '' ELSE m.phone_hash END
FROM leaving l
WHERE m.id = l.id
