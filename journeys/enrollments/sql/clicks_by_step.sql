-- clicks by step: how many messages of each step of a journey somebody clicked in (machines apart).
--
-- Params   journey  bigint
-- Reads    journeys_touch, contacts_event
-- Writes   nothing
-- Returns  step_id bigint, n bigint
-- Index    touch_journey, event_contact_name_at
-- Rerun    safe: reads only
SELECT t.step_id, count(*)
  FROM journeys_touch t
 WHERE t.journey_id = %(journey)s
   AND t.state = 'sent'
   AND EXISTS (SELECT 1 FROM contacts_event e
                WHERE e.contact_id = t.contact_id
                  AND e.name = 'email_clicked'
                  AND e.occurred_at >= t.sent_at
                  AND e.properties ->> 'touch' = t.id::text
                  AND coalesce(e.properties ->> 'likely_machine', 'false') <> 'true')
 GROUP BY t.step_id
