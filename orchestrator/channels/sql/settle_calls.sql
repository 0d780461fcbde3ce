-- settle_calls: record what became of claimed calls, and wake those who waited for them; only who holds the claim may.
--
-- Params   given json list of id, state, status, answer, error, next_at; claim uuid; now timestamptz
-- Reads    nothing
-- Writes   journeys_webhookcall, journeys_enrollment, contacts_news
-- Returns  id of each call that was settled
-- Index    journeys_webhookcall_pkey, journeys_enrollment_pkey
-- Rerun    safe: guarded by claim and state
WITH given AS (
    SELECT * FROM json_to_recordset(%(given)s::json)
        AS item (id bigint, state text, status int, answer jsonb, error text, next_at timestamptz)
), settled AS (
    UPDATE journeys_webhookcall w
    SET state = g.state, status = g.status, answer = g.answer, error = g.error, next_at = coalesce(g.next_at, w.next_at),
        claim = NULL, lease_until = NULL, done_at = CASE WHEN g.state <> 'waiting' THEN %(now)s::timestamptz END
    FROM given g
    WHERE w.id = g.id AND w.claim = %(claim)s AND w.state = 'calling'
    RETURNING w.id, w.enrollment_id, w.step_id, w.visit, w.state
), woken AS (
    UPDATE journeys_enrollment e SET due_at = %(now)s
    FROM settled s
    WHERE s.state <> 'waiting' AND e.id = s.enrollment_id AND e.step_id = s.step_id AND e.seq = s.visit
      AND e.left_at IS NULL AND e.due_at > %(now)s
    RETURNING e.contact_id
), told AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT contact_id, 'webhook', %(now)s FROM woken
)
SELECT id FROM settled
