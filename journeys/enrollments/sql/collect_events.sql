-- collect_events: queue the events that open a journey.
--
-- Params   events  compiled queryset over contacts_event: id, contact, occurred, received, properties; journey bigint; name, key text
--          (a property, or empty); since, now timestamptz
-- Reads    contacts_event
-- Writes   journeys_trigger
-- Returns  nothing; the row count is the number of new triggers
-- Index    event_contact_name_at or event_name_at, trigger_once
-- Rerun    safe: an event is queued once for a journey
WITH fact (id, contact_id, occurred_at, received_at, properties) AS MATERIALIZED (/*events*/),
param AS MATERIALIZED (
    SELECT /*journey*/::bigint AS journey, /*name*/::text AS name, /*key*/::text AS key, /*since*/::timestamptz AS since, /*now*/::timestamptz AS now
)
INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at)
SELECT p.journey, f.contact_id, 'event:' || f.id, CASE WHEN p.key = '' THEN '' ELSE left(coalesce(f.properties ->> p.key, ''), 200) END,
       jsonb_build_object('event', p.name, 'name', p.name, 'at', f.occurred_at, 'properties', f.properties), f.occurred_at
FROM fact f, param p
WHERE f.received_at >= p.since AND f.received_at <= p.now
ON CONFLICT DO NOTHING
