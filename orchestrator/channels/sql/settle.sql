-- settle: record what became of claimed touches; only who holds the claim may.
--
-- Params   ids bigint[]; states, reasons, subjects, languages text[]; versions bigint[], 0: none; claim uuid, now timestamptz
-- Reads    journeys_enrollment, journeys_step
-- Writes   journeys_touch, orchestrator_verdict (when it is held back after all), contacts_news
-- Returns  id bigint; n bigint, the same in each row: how many are told; what is missing: the claim was over
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by claim and state
WITH given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(subjects)s::text[], %(languages)s::text[], %(versions)s::bigint[])
        AS g (id, state, reason, subject, language, version)
),
settled AS (
    UPDATE journeys_touch t
    SET state = g.state, reason = g.reason, subject = g.subject, language = g.language,
        content_version = nullif(g.version, 0), sent_at = CASE WHEN g.state = 'sent' THEN %(now)s::timestamptz END, lease_until = NULL,
        decided_at = CASE WHEN g.state = 'suppressed' THEN %(now)s ELSE t.decided_at END
    FROM given g
    WHERE t.id = g.id AND t.id = ANY (%(ids)s) AND t.claim = %(claim)s AND t.state = 'sending'
    RETURNING t.id, t.contact_id, t.enrollment_id, t.state, t.reason
),
told AS (
    -- who waits at a send step for what becomes of the touch
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT t.contact_id, 'touch', %(now)s
    FROM settled t
    JOIN journeys_enrollment e ON e.id = t.enrollment_id AND e.left_at IS NULL
    JOIN journeys_step s ON s.id = e.step_id AND s.kind IN ('send', 'survey')
    WHERE t.state IN ('suppressed', 'expired', 'failed')
    RETURNING 1
),
said AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, gates, at)
    SELECT id, contact_id, state, reason, '{"moment": "claim", "content": {"filled": false}}', %(now)s FROM settled WHERE state = 'suppressed'
)
SELECT id, (SELECT count(*) FROM told) AS n FROM settled
