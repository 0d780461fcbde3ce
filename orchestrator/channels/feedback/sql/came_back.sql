-- came_back: count what came back of the last mails of journeys.
--
-- Params   journeys  bigint[]; most  int, how many mails are looked at
-- Reads    journeys_journey, journeys_touch, contacts_event
-- Writes   nothing
-- Returns  journey_id bigint; sent, bounced, complained bigint: of the last mails since the journey was last stopped
-- Index    touch_journey, event_contact_name_at
-- Rerun    safe: reads only
WITH journey AS (
    SELECT id, (brake ->> 'stopped_at')::timestamptz AS since
    FROM journeys_journey WHERE id = ANY (%(journeys)s) AND state IN ('live', 'ending')
),
sample AS MATERIALIZED (
    SELECT j.id AS journey_id, t.id, t.contact_id, t.called_at
    FROM journey j CROSS JOIN LATERAL (
        SELECT t.id, t.contact_id, t.called_at FROM journeys_touch t
        WHERE t.journey_id = j.id AND t.channel = 'email' AND t.state IN ('sent', 'unknown', 'failed')
          AND t.called_at IS NOT NULL AND (j.since IS NULL OR t.called_at > j.since)
        ORDER BY t.proposed_at DESC, t.id DESC LIMIT %(most)s
    ) t
)
SELECT s.journey_id, count(*),
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM contacts_event e WHERE e.contact_id = s.contact_id AND e.name = 'email_bounced'
              AND e.occurred_at >= s.called_at - interval '1 day' AND e.properties ->> 'touch' = s.id::text)),
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM contacts_event e WHERE e.contact_id = s.contact_id AND e.name = 'email_complained'
              AND e.occurred_at >= s.called_at - interval '1 day' AND e.properties ->> 'touch' = s.id::text))
FROM sample s GROUP BY s.journey_id
