-- open_calls: plan one call for everybody who has just arrived at a webhook step, and let them wait for its answer.
--
-- Params   step bigint; at_most interval; scope bigint[] (null: everybody); now timestamptz
-- Reads    journeys_enrollment, journeys_webhookcall
-- Writes   journeys_webhookcall, journeys_enrollment
-- Returns  nothing; the row count is how many arrived
-- Index    enrollment_due, webhookcall_once
-- Rerun    safe: unique (enrollment, step, visit)
WITH arrived AS MATERIALIZED (
    SELECT e.id, e.seq, e.contact_id, e.journey_id, e.arm = 'holdout' AS held_out
    FROM journeys_enrollment e
    WHERE e.step_id = %(step)s AND e.left_at IS NULL AND e.due_at <= %(now)s
      AND (%(scope)s::bigint[] IS NULL OR e.contact_id = ANY(%(scope)s::bigint[]))
      AND NOT EXISTS (SELECT FROM journeys_webhookcall w WHERE w.enrollment_id = e.id AND w.step_id = e.step_id AND w.visit = e.seq)
    FOR UPDATE OF e SKIP LOCKED
), waiting AS (
    -- who is held out is measured, and nobody outside hears of them: they go on at once
    UPDATE journeys_enrollment e SET due_at = %(now)s::timestamptz + %(at_most)s::interval
    FROM arrived a WHERE e.id = a.id AND NOT a.held_out
)
INSERT INTO journeys_webhookcall (enrollment_id, step_id, visit, contact_id, journey_id, state, attempts, next_at, error, created_at, done_at)
SELECT id, %(step)s, seq, contact_id, journey_id, CASE WHEN held_out THEN 'done' ELSE 'waiting' END, 0, %(now)s,
       CASE WHEN held_out THEN 'held out' ELSE '' END, %(now)s, CASE WHEN held_out THEN %(now)s::timestamptz END
FROM arrived
ON CONFLICT (enrollment_id, step_id, visit) DO NOTHING
