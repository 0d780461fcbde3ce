-- results: how many messages of each block were sent, and in how many of them somebody clicked (machines apart).
--
-- Params   blocks  bigint[]
--          since   timestamptz
-- Reads    journeys_journey, journeys_touch, contacts_event
-- Writes   nothing
-- Returns  block_id bigint, sent bigint, clicked bigint
-- Index    touch_journey (by journey, since there is none by block), event_contact_name_at
-- Rerun    safe: reads only
SELECT t.block_id,
       count(*),
       count(*) FILTER (
         WHERE EXISTS (SELECT 1 FROM contacts_event e
                        WHERE e.contact_id = t.contact_id
                          AND e.name = 'email_clicked'
                          AND e.occurred_at >= t.sent_at
                          AND e.properties ->> 'touch' = t.id::text
                          AND coalesce(e.properties ->> 'likely_machine', 'false') <> 'true'))
  FROM journeys_journey j
  JOIN journeys_touch t ON t.journey_id = j.id AND t.proposed_at >= %(since)s
 WHERE t.block_id = ANY(%(blocks)s)
   AND t.state = 'sent'
 GROUP BY t.block_id
