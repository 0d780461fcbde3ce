-- unready: approved on-site messages that are not filled in yet, or whose text has changed since.
--
-- Params   now timestamptz; most int; stale bool: also those whose text has changed
-- Reads    journeys_touch, orchestrator_showing, journeys_block, journeys_step, journeys_journey, orchestrator_verdict
-- Writes   nothing
-- Returns  touch bigint, slot text, score numeric
-- Index    touch_to_deliver, showing_expires, orchestrator_showing_touch_id_key, verdict_contact_at
-- Rerun    safe: reads only; two that fill in the same message write the same row
WITH due AS MATERIALIZED (
    SELECT t.id FROM journeys_touch t
    WHERE t.state = 'approved' AND t.channel = 'onsite' AND NOT EXISTS (SELECT FROM orchestrator_showing s WHERE s.touch_id = t.id)
    UNION
    SELECT t.id FROM orchestrator_showing s
    JOIN journeys_touch t ON t.id = s.touch_id AND t.state IN ('approved', 'sent')
    JOIN journeys_block b ON b.id = t.block_id AND b.state = 'approved' AND b.version <> s.version
    WHERE %(stale)s AND s.expires_at > %(now)s AND s.clicked_at IS NULL AND s.dismissed_at IS NULL
    ORDER BY 1 LIMIT %(most)s
)
SELECT t.id, coalesce(st.settings ->> 'slot', ''),
       coalesce((SELECT (v.gates #>> '{priority,score}')::numeric FROM orchestrator_verdict v
                 WHERE v.contact_id = t.contact_id AND v.touch_id = t.id AND v.outcome = 'approved' ORDER BY v.at DESC LIMIT 1),
                j.priority * j.value)
FROM due JOIN journeys_touch t ON t.id = due.id
JOIN journeys_journey j ON j.id = t.journey_id
JOIN journeys_step st ON st.id = t.step_id
ORDER BY t.id
