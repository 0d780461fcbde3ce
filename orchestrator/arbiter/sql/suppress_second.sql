-- suppress_second: of two messages of the same step, one from each of two people who are one now, only one goes out.
--
-- Params   merges, losers, survivors bigint[]; now timestamptz
-- Reads    contacts_mergedrow, journeys_touch, journeys_enrollment, journeys_step
-- Writes   journeys_touch, orchestrator_verdict, contacts_mergedrow
-- Returns  nothing
-- Index    touch_contact_decided, the foreign key of contacts_mergedrow
-- Rerun    safe: guarded by the state
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
planned AS MATERIALIZED (
    SELECT p.merge, p.loser, t.id, t.state, t.journey_id, s.key AS step_key, e.key AS run_key, e.entered_at, e.left_at,
           EXISTS (SELECT 1 FROM contacts_mergedrow r WHERE r.merge_id = p.merge AND r."table" = 'journeys_touch' AND r.row_id = t.id) AS came,
           CASE WHEN t.state IN ('sending', 'sent', 'unknown') THEN 0 WHEN t.state = 'approved' THEN 1 ELSE 2 END AS rank
    FROM pair p
    JOIN journeys_touch t ON t.contact_id = p.survivor
    JOIN journeys_enrollment e ON e.id = t.enrollment_id
    JOIN journeys_step s ON s.id = t.step_id
    WHERE t.state IN ('proposed', 'held', 'approved', 'sending', 'sent', 'unknown')
),
second AS MATERIALIZED (
    SELECT DISTINCT ON (t.id) t.merge, t.loser, t.id, t.state, t.came, o.id AS other
    FROM planned t
    JOIN planned o ON o.merge = t.merge AND o.journey_id = t.journey_id AND o.step_key = t.step_key AND o.run_key = t.run_key
        AND o.came <> t.came AND (o.rank, o.came) < (t.rank, t.came)
        -- runs that followed each other are two reasons to write; runs at the same time are one
        AND (o.left_at IS NULL OR o.left_at >= t.entered_at) AND (t.left_at IS NULL OR t.left_at >= o.entered_at)
    WHERE t.rank > 0
    ORDER BY t.id, o.rank, o.id
),
kept AS (
    INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
    SELECT second.merge, 'journeys_touch', t.id,
           CASE WHEN second.came THEN jsonb_set(to_jsonb(t), '{contact_id}', to_jsonb(second.loser)) ELSE to_jsonb(t) END
    FROM second JOIN journeys_touch t USING (id)
),
held_back AS (
    UPDATE journeys_touch t
    SET state = 'suppressed', reason = 'sent_before_merge', hold_until = NULL, decided_at = %(now)s
    FROM second WHERE t.id = second.id AND t.state = second.state
    RETURNING t.id, t.contact_id, second.other, second.merge
)
INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, hold_until, gates, at)
SELECT id, contact_id, 'suppressed', 'sent_before_merge', NULL,
       jsonb_build_object('moment', 'merge', 'merge', merge, 'other_touch', other), %(now)s
FROM held_back
