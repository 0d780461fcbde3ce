-- leave: close the runs for which a goal, an exit, a withdrawal, a closed account, the age or a colleague speaks.
--
-- Params   leaving  compiled queryset over open enrollments: id, step, seq, contact, journey, reason; told text (news of those who
--          leave, or empty); now timestamptz
-- Reads    journeys_enrollment and whatever the conditions name
-- Writes   journeys_enrollment, journeys_transition, contacts_news
-- Returns  reason text, n bigint
-- Index    enrollment_contact, enrollment_due
-- Rerun    safe: only open runs are closed
WITH leaving (id, step_id, seq, contact_id, journey_id, reason) AS MATERIALIZED (/*leaving*/),
param AS MATERIALIZED (SELECT /*told*/::text AS told, /*now*/::timestamptz AS now),
closed AS (
    UPDATE journeys_enrollment e
    SET step_id = NULL, due_at = NULL, left_at = p.now, reason = l.reason, seq = e.seq + 1
    FROM leaving l, param p
    WHERE e.id = l.id AND e.left_at IS NULL AND l.reason IS NOT NULL
    RETURNING e.id, e.seq, l.contact_id, l.journey_id, l.step_id, l.reason, jsonb_exists(e.evidence, 'run') AS chained
),
moved AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT c.id, c.seq, c.contact_id, c.journey_id, c.step_id, NULL, '', c.reason, p.now FROM closed c, param p
),
told AS (
    -- see enter: a run that another journey opened tells a moment later
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT c.contact_id, p.told, CASE WHEN c.chained THEN p.now + interval '1 second' ELSE p.now END
    FROM closed c, param p WHERE p.told <> ''
)
SELECT reason, count(*) FROM closed GROUP BY 1
