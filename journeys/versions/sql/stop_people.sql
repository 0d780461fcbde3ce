-- stop_people: let everybody leave who stands on some steps, or who is in some journeys.
--
-- Params   steps bigint[]; journeys bigint[]; outcome text; told_journeys bigint[], told_names text[] (the news of those who leave a
--          journey that another one listens to); now timestamptz
-- Reads    journeys_enrollment
-- Writes   journeys_enrollment, journeys_transition, contacts_news
-- Returns  step_id bigint, n bigint
-- Index    enrollment_due, enrollment_journey
-- Rerun    safe: only open runs are closed
WITH leaving AS MATERIALIZED (
    SELECT id, step_id FROM journeys_enrollment WHERE left_at IS NULL AND step_id = ANY (%(steps)s::bigint[])
    UNION
    SELECT id, step_id FROM journeys_enrollment WHERE left_at IS NULL AND journey_id = ANY (%(journeys)s::bigint[])
),
closed AS (
    UPDATE journeys_enrollment e
    SET step_id = NULL, due_at = NULL, left_at = %(now)s, reason = 'stopped', outcome = %(outcome)s, seq = e.seq + 1
    FROM leaving l
    WHERE e.id = l.id
    RETURNING e.id, e.seq, e.contact_id, e.journey_id, l.step_id
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT c.contact_id, t.name, %(now)s
    FROM closed c JOIN unnest(%(told_journeys)s::bigint[], %(told_names)s::text[]) AS t (journey, name) ON t.journey = c.journey_id
),
said AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT id, seq, contact_id, journey_id, step_id, NULL, '', 'stopped', %(now)s FROM closed
)
SELECT step_id, count(*) FROM closed GROUP BY step_id
