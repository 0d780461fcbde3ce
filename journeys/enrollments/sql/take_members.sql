-- take_members: queue everybody who fits the entry of a journey already.
--
-- Params   people  compiled queryset of contact ids; journey bigint; source, kind text; now timestamptz
-- Reads    contacts_contact and whatever the entry names
-- Writes   journeys_trigger
-- Returns  nothing; the row count is the number of people queued
-- Index    trigger_once
-- Rerun    safe: once for a version
WITH people (id) AS MATERIALIZED (/*people*/),
param AS MATERIALIZED (SELECT /*journey*/::bigint AS journey, /*source*/::text AS source, /*now*/::timestamptz AS now)
INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at)
SELECT p.journey, people.id, p.source, '', jsonb_build_object('publish', true, 'at', p.now), p.now FROM people, param p
ON CONFLICT DO NOTHING
