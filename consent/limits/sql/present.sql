-- present: how many messages the rules as they were have held back, by reason; the row without one says all together.
--
-- Params   since, now timestamptz
-- Reads    orchestrator_verdict
-- Writes   nothing
-- Returns  reason text or null, n bigint
-- Index    verdict_at
-- Rerun    safe: only reads
SELECT reason, count(DISTINCT touch_id)
FROM orchestrator_verdict
WHERE at > %(since)s AND at <= %(now)s AND outcome IN ('held', 'suppressed')
  AND (reason LIKE 'cap\_%%' OR reason IN ('quiet_hours', 'rest_after_goal'))
GROUP BY GROUPING SETS ((reason), ())
