-- claim_mails: take service mails that are due, one more attempt for each.
--
-- Params   now, again_at  timestamptz: when a mail whose worker died is taken again; most  int
-- Reads    consent_servicemail, orchestrator_stop
-- Writes   consent_servicemail
-- Returns  id bigint
-- Index    servicemail_waiting
-- Rerun    safe: a claimed mail is not due; two workers never see the same row (SKIP LOCKED)
WITH due AS (
    SELECT id FROM consent_servicemail WHERE state = 'waiting' AND next_at <= %(now)s
      AND NOT EXISTS (SELECT FROM orchestrator_stop s WHERE s.ended_at IS NULL AND s.channel IN ('', 'email'))
    ORDER BY next_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE consent_servicemail m SET attempts = m.attempts + 1, next_at = %(again_at)s FROM due WHERE m.id = due.id RETURNING m.id
