-- jump: let everybody who left a jump step knock at another journey, and say so to the pulse.
--
-- Params   slug, from text: the other journey and the one they come from; came json: list of contact, run and source; now timestamptz
-- Reads    journeys_journey, journeys_enrollment
-- Writes   journeys_trigger, contacts_news
-- Returns  nothing; the row count is how many news were written
-- Index    trigger_once, journeys_journey_slug_key, journeys_enrollment_pkey
-- Rerun    safe: unique (contact, journey, source)
WITH came AS (
    SELECT item.contact, item.run, item.source FROM json_to_recordset(%(came)s::json) AS item (contact bigint, run bigint, source text)
),
opened AS (
    INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at)
    SELECT j.id, c.contact, c.source, '', jsonb_build_object('journey', %(from)s::text, 'run', c.run), %(now)s
    FROM came c JOIN journeys_journey j ON j.slug = %(slug)s
    ON CONFLICT (contact_id, journey_id, source) DO NOTHING
    RETURNING contact_id, (evidence ->> 'run')::bigint AS run
)
-- see enter: a run that another journey opened tells a moment later, so that two that jump at each other never keep one pulse busy
INSERT INTO contacts_news (contact_id, name, since)
SELECT o.contact_id, 'journey:' || %(slug)s, CASE WHEN jsonb_exists(e.evidence, 'run') THEN %(now)s + interval '1 second' ELSE %(now)s END
FROM opened o LEFT JOIN journeys_enrollment e ON e.id = o.run
