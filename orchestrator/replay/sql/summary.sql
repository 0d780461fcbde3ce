-- summary: what the journeys did in this replay.
--
-- Params   enrollment, refusal, touch  bigint, the highest ids before it
-- Reads    journeys_enrollment, journeys_refusal, journeys_touch, replay_person
-- Writes   nothing
-- Returns  what text, journey slug, state text, reason text, n bigint
-- Index    enrollment_contact
-- Rerun    safe: reads only
SELECT what, journey.slug, counted.state, reason, n FROM (
    SELECT 'run' AS what, e.journey_id, CASE WHEN e.left_at IS NULL THEN 'open' ELSE 'left' END AS state, e.reason, count(*) AS n
    FROM journeys_enrollment e JOIN replay_person p USING (contact_id) WHERE e.id > %(enrollment)s GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT 'refused', r.journey_id, '', r.reason, count(*)
    FROM journeys_refusal r JOIN replay_person p USING (contact_id) WHERE r.id > %(refusal)s GROUP BY 1, 2, 3, 4
    UNION ALL
    -- in a replay "sent" means that it would have gone out: see pretend.sql
    SELECT 'touch', t.journey_id, CASE t.state WHEN 'sent' THEN 'approved' ELSE t.state END, t.reason, count(*)
    FROM journeys_touch t JOIN replay_person p USING (contact_id) WHERE t.id > %(touch)s GROUP BY 1, 2, 3, 4
) counted JOIN journeys_journey journey ON journey.id = counted.journey_id
ORDER BY 1, 2, 3, 4
