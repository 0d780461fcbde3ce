-- advance: move everybody who is due at one step along the way out that the step's kind has chosen.
--
-- Params   due  compiled queryset over open enrollments at the step: id, contact, seq, due_at, exit, arm (locked, limited);
--          exits text[], targets bigint[], spans interval[] (wait of the target);
--          step, journey bigint; now timestamptz; effect  one more part that reads `moved`
-- Reads    journeys_enrollment and whatever the conditions name
-- Writes   journeys_enrollment, journeys_transition, and what the effect writes
-- Returns  id, contact_id, seq of the moved
-- Index    enrollment_due
-- Rerun    safe: locked rows are skipped, and a moved row is not at the step any more
WITH due (id, contact_id, seq, due_at, exit, arm) AS MATERIALIZED (/*due*/),
param AS MATERIALIZED (SELECT /*step*/::bigint AS step, /*journey*/::bigint AS journey, /*now*/::timestamptz AS now),
way (exit, target, span) AS MATERIALIZED (SELECT * FROM unnest(/*exits*/::text[], /*targets*/::bigint[], /*spans*/::interval[])),
moved AS (
    UPDATE journeys_enrollment e
    SET step_id = w.target, seq = e.seq + 1,
        arm = CASE WHEN e.arm = 'holdout' THEN e.arm ELSE coalesce(d.arm, e.arm) END,
        -- a move that is late by less than an hour counts from when it was due; after a longer outage from now
        arrived_at = CASE WHEN d.due_at BETWEEN p.now - interval '1 hour' AND p.now THEN d.due_at ELSE p.now END,
        due_at = CASE WHEN d.due_at BETWEEN p.now - interval '1 hour' AND p.now THEN d.due_at ELSE p.now END + w.span
    FROM due d, way w, param p
    WHERE e.id = d.id AND w.exit = d.exit
    RETURNING e.id, e.contact_id, e.journey_id, e.seq, d.exit, w.target
),
timed AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT m.id, m.seq, m.contact_id, m.journey_id, p.step, m.target, m.exit, '', p.now FROM moved m, param p
)/*effect*/
SELECT id, contact_id, seq FROM moved
