-- close_second_runs: end the losers' runs where the survivor is in the same journey with the same key.
--
-- Params   merges, losers, survivors bigint[]; now timestamptz
-- Reads    journeys_enrollment
-- Writes   journeys_enrollment, journeys_transition, contacts_mergedrow
-- Returns  nothing
-- Index    enrollment_one_open
-- Rerun    safe: only open runs are ended
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
second AS MATERIALIZED (
    SELECT p.merge, l.id, l.step_id, to_jsonb(l) AS content
    FROM pair p
    JOIN journeys_enrollment l ON l.contact_id = p.loser AND l.left_at IS NULL
    JOIN journeys_enrollment s ON s.contact_id = p.survivor AND s.journey_id = l.journey_id AND s.key = l.key AND s.left_at IS NULL
),
kept AS (
    INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content) SELECT merge, 'journeys_enrollment', id, content FROM second
),
closed AS (
    UPDATE journeys_enrollment e SET step_id = NULL, due_at = NULL, left_at = %(now)s, reason = 'merged', seq = e.seq + 1
    FROM second WHERE e.id = second.id
    RETURNING e.id, e.seq, e.contact_id, e.journey_id, second.step_id, second.merge
),
said AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT id, seq, contact_id, journey_id, step_id, NULL, '', 'merged', %(now)s FROM closed
    RETURNING id, enrollment_id
)
INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
SELECT closed.merge, 'journeys_transition', said.id, '{}' FROM said JOIN closed ON closed.id = said.enrollment_id
