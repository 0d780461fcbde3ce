-- collect_stages: queue the people who came into a stage that opens a journey.
--
-- Params   journey bigint; stage text; scope bigint[] or null for everybody; since, now timestamptz
-- Reads    contacts_stagechange, contacts_stage
-- Writes   journeys_trigger
-- Returns  nothing; the row count is the number of new triggers
-- Index    stagechange_to_at, trigger_once
-- Rerun    safe: a change is queued once for a journey
INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at)
SELECT %(journey)s::bigint, c.contact_id, 'stage:' || c.id, '', jsonb_build_object('stage', s.slug, 'at', c.at), c.at
FROM contacts_stagechange c
JOIN contacts_stage s ON s.id = c.to_stage_id
WHERE s.slug = %(stage)s AND c.at >= %(since)s AND c.at <= %(now)s
  AND (%(scope)s::bigint[] IS NULL OR c.contact_id = ANY (%(scope)s::bigint[]))
ON CONFLICT DO NOTHING
