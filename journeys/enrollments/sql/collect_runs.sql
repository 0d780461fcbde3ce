-- collect_runs: queue the people whose run through another journey is over in the way that opens this one.
--
-- Params   journey bigint; source text, the other journey; state text ('goal', 'completed' or 'left'); outcome text, empty for any;
--          scope bigint[] or null for everybody; since, now timestamptz
-- Reads    journeys_enrollment, journeys_journey
-- Writes   journeys_trigger
-- Returns  nothing; the row count is the number of new triggers
-- Index    enrollment_journey or enrollment_contact, trigger_once
-- Rerun    safe: a run is queued once for a journey
INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at)
SELECT %(journey)s::bigint, e.contact_id, 'run:' || e.id, '',
       jsonb_build_object('journey', j.slug, 'run', e.id, 'reason', e.reason, 'outcome', e.outcome, 'at', e.left_at), e.left_at
FROM journeys_enrollment e
JOIN journeys_journey j ON j.id = e.journey_id
WHERE j.slug = %(source)s AND e.left_at >= %(since)s AND e.left_at <= %(now)s
  AND CASE %(state)s WHEN 'left' THEN e.reason NOT IN ('merged', 'moved_version') ELSE e.reason = %(state)s END
  AND (%(outcome)s = '' OR e.outcome = %(outcome)s)
  AND (%(scope)s::bigint[] IS NULL OR e.contact_id = ANY (%(scope)s::bigint[]))
ON CONFLICT DO NOTHING
