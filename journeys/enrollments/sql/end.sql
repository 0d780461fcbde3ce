-- end: close the runs of everybody who is due at an end step.
--
-- Params   due  compiled queryset over open enrollments at the step: id, contact, seq (locked, limited); step, journey bigint;
--          outcome text; told text (news of those who leave, or empty); now timestamptz
-- Reads    journeys_enrollment
-- Writes   journeys_enrollment, journeys_transition, contacts_news
-- Returns  id, contact_id, seq of those who left
-- Index    enrollment_due
-- Rerun    safe: only open runs are closed
WITH due (id, contact_id, seq) AS MATERIALIZED (/*due*/),
param AS MATERIALIZED (
    SELECT /*step*/::bigint AS step, /*journey*/::bigint AS journey, /*outcome*/::text AS outcome, /*told*/::text AS told, /*now*/::timestamptz AS now
),
closed AS (
    UPDATE journeys_enrollment e
    SET step_id = NULL, due_at = NULL, left_at = p.now, reason = 'completed', outcome = p.outcome, seq = e.seq + 1
    FROM due d, param p
    WHERE e.id = d.id AND e.left_at IS NULL
    RETURNING e.id, e.contact_id, e.seq, jsonb_exists(e.evidence, 'run') AS chained
),
moved AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT c.id, c.seq, c.contact_id, p.journey, p.step, NULL, '', 'completed', p.now FROM closed c, param p
),
told AS (
    -- see enter: a run that another journey opened tells a moment later
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT c.contact_id, p.told, CASE WHEN c.chained THEN p.now + interval '1 second' ELSE p.now END
    FROM closed c, param p WHERE p.told <> ''
)
SELECT id, contact_id, seq FROM closed
