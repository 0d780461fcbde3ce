-- move_people: put everybody in flight on another version, each step's people where the plan says, one move each.
--
-- Params   version bigint; now timestamptz; froms, targets bigint[]; timers text[] (keep: runs on, again: from the arrival, arrive: from now);
--          spans interval[] (of the target; a local time is settled by the step itself when it is due); comes_along bool[] (a
--          call that somebody waits for, what was decided about an offer)
-- Reads    nothing else
-- Writes   journeys_enrollment, journeys_transition, journeys_webhookcall, journeys_offerdecision
-- Returns  from_step bigint, n bigint
-- Index    enrollment_due, webhookcall_once, offerdecision_once
-- Rerun    safe: who was moved does not stand on an old step any more
WITH rule AS MATERIALIZED (
    SELECT * FROM unnest(%(froms)s::bigint[], %(targets)s::bigint[], %(timers)s::text[], %(spans)s::interval[], %(comes_along)s::boolean[])
        AS r (from_step, target, timer, span, comes_along)
),
moved AS (
    UPDATE journeys_enrollment e
    SET version_id = %(version)s, step_id = r.target, seq = e.seq + 1,
        arrived_at = CASE r.timer WHEN 'arrive' THEN %(now)s ELSE e.arrived_at END,
        due_at = CASE r.timer WHEN 'keep' THEN e.due_at WHEN 'again' THEN e.arrived_at + r.span ELSE %(now)s + r.span END
    FROM rule r
    WHERE e.step_id = r.from_step AND e.left_at IS NULL
    RETURNING e.id, e.seq, e.contact_id, e.journey_id, r.from_step, e.step_id, r.comes_along
),
said AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT id, seq, contact_id, journey_id, from_step, step_id, 'moved_version', '', %(now)s FROM moved
),
carried AS (
    UPDATE journeys_webhookcall w SET step_id = m.step_id, visit = m.seq
    FROM moved m WHERE m.comes_along AND w.enrollment_id = m.id AND w.step_id = m.from_step AND w.visit = m.seq - 1
),
decided AS (
    UPDATE journeys_offerdecision d SET visit = m.seq
    FROM moved m WHERE m.comes_along AND d.enrollment_id = m.id AND d.visit = m.seq - 1
)
SELECT from_step, count(*) FROM moved GROUP BY from_step
