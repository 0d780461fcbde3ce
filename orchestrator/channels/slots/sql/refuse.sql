-- refuse: hold an approved on-site message back whose text cannot be filled in.
--
-- Params   id bigint, reason text, now timestamptz
-- Reads    journeys_enrollment, journeys_step
-- Writes   journeys_touch, orchestrator_verdict, contacts_news, orchestrator_showing
-- Returns  n bigint: how many are told; no row: it was not approved any more
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by the state
WITH held AS (
    UPDATE journeys_touch SET state = 'suppressed', reason = %(reason)s, decided_at = %(now)s
    WHERE id = %(id)s AND state = 'approved' AND channel = 'onsite' RETURNING id, contact_id, enrollment_id
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT h.contact_id, 'touch', %(now)s FROM held h
    JOIN journeys_enrollment e ON e.id = h.enrollment_id AND e.left_at IS NULL
    JOIN journeys_step s ON s.id = e.step_id AND s.kind IN ('send', 'survey')
    RETURNING 1
),
gone AS (DELETE FROM orchestrator_showing s USING held h WHERE s.touch_id = h.id),
said AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, gates, at)
    SELECT id, contact_id, 'suppressed', %(reason)s, '{"moment": "claim", "content": {"filled": false}}', %(now)s FROM held
)
SELECT (SELECT count(*) FROM told) AS n FROM held
