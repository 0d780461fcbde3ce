-- needs: what waits for a person, counted.
--
-- Params   now    timestamptz, the time of the page
--          since  timestamptz, from when on failures count
-- Reads    contacts_handover, journeys_touch, journeys_journey, orchestrator_stop
-- Writes   nothing
-- Returns  what text, n bigint, journey_id bigint
-- Index    handover_waiting, touch_open, touch_journey
-- Rerun    safe: reads only
SELECT 'stopped' AS what, count(*) AS n, NULL::bigint AS journey_id FROM orchestrator_stop WHERE ended_at IS NULL
UNION ALL
SELECT 'overdue' AS what, count(*) AS n, NULL::bigint AS journey_id
  FROM contacts_handover WHERE state = 'waiting' AND due_at < %(now)s
UNION ALL
SELECT 'waiting', count(*), NULL FROM contacts_handover WHERE state = 'waiting' AND due_at >= %(now)s
UNION ALL
SELECT 'content', count(*), journey_id
  FROM journeys_touch
 WHERE proposed_at >= %(since)s AND reason IN ('missing_content', 'template_error')
 GROUP BY journey_id
UNION ALL
SELECT state, count(*), NULL
  FROM journeys_touch
 WHERE proposed_at >= %(since)s AND state IN ('failed', 'unknown') AND reason NOT IN ('missing_content', 'template_error')
 GROUP BY state
UNION ALL
SELECT 'held', count(*), NULL FROM journeys_touch WHERE state = 'held' AND proposed_at < %(now)s - interval '1 day'
UNION ALL
SELECT 'braked', 1, id FROM journeys_journey WHERE state = 'paused' AND brake ->> 'level' = 'stop'
