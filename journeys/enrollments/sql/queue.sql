-- queue: put people before the door of a journey, by a machine or a colleague, and tell the pulse.
--
-- Params   contacts bigint[]; keys, sources text[]; evidence json list, one each; journey bigint; now timestamptz
-- Reads    nothing
-- Writes   journeys_trigger, contacts_news
-- Returns  source of each that is new
-- Index    trigger_once
-- Rerun    safe: a source opens a journey once for a person
WITH given AS (
    SELECT * FROM unnest(%(contacts)s::bigint[], %(keys)s::text[], %(sources)s::text[], %(evidence)s::jsonb[]) AS g (contact_id, key, source, evidence)
),
queued AS (
    INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at)
    SELECT %(journey)s::bigint, contact_id, source, key, evidence, %(now)s::timestamptz FROM given
    ORDER BY contact_id, source
    ON CONFLICT DO NOTHING
    RETURNING contact_id, source
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT DISTINCT contact_id, 'entry', %(now)s::timestamptz FROM queued
)
SELECT contact_id, source FROM queued
