-- measures: what journeys sent, how many of that were clicked, and how many of their handovers were accepted.
--
-- Params   journeys bigint[], since timestamptz
-- Reads    journeys_touch, contacts_event, contacts_handover, contacts_handoverlog, journeys_journey
-- Writes   nothing
-- Returns  journey_id bigint, sent bigint, clicked bigint (of them, machines apart), handovers bigint (answered), accepted bigint
-- Index    touch_journey, event_contact_name_at
-- Rerun    safe: only reads
SELECT j.id, t.sent, t.clicked, h.answered, h.accepted
FROM journeys_journey j
CROSS JOIN LATERAL (
    SELECT count(*) AS sent,
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM contacts_event e
               WHERE e.contact_id = t.contact_id AND e.name = 'email_clicked' AND e.occurred_at >= t.sent_at
                 AND e.properties ->> 'touch' = t.id::text
                 AND coalesce(e.properties ->> 'likely_machine', 'false') <> 'true'
           )) AS clicked
    FROM journeys_touch t
    WHERE t.journey_id = j.id AND t.proposed_at >= %(since)s AND t.state = 'sent'
) t
CROSS JOIN LATERAL (
    SELECT count(*) AS answered,
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM contacts_handoverlog l WHERE l.handover_id = h.id AND l.state = 'accepted'
           )) AS accepted
    FROM contacts_handover h
    WHERE h.journey_slug = j.slug AND h.created_at >= %(since)s AND h.answered_at IS NOT NULL
) h
WHERE j.id = ANY(%(journeys)s)
