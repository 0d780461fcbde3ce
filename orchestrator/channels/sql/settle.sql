-- settle: record what became of a claimed touch; only who holds the claim may.
--
-- Params   id bigint, claim uuid, state, reason, subject, language text, version int, sent_at, now timestamptz
-- Reads    nothing
-- Writes   journeys_touch, orchestrator_verdict (when it is held back after all)
-- Returns  nothing; row count 0: the claim was over
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by claim and state
WITH settled AS (
    UPDATE journeys_touch
    SET state = %(state)s, reason = %(reason)s, subject = %(subject)s, language = %(language)s,
        content_version = %(version)s, sent_at = %(sent_at)s, lease_until = NULL,
        decided_at = CASE WHEN %(state)s = 'suppressed' THEN %(now)s ELSE decided_at END
    WHERE id = %(id)s AND claim = %(claim)s AND state = 'sending'
    RETURNING id, contact_id, state, reason
),
said AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, gates, at)
    SELECT id, contact_id, state, reason, '{"moment": "claim", "content": {"filled": false}}', %(now)s FROM settled WHERE state = 'suppressed'
)
SELECT id FROM settled
