-- answer: take over what events say about offers: accepted (by its event, or by an order with its code), declined.
--
-- Params   contacts bigint[] or null for everybody with an open offer; names text[] of events to look at; orders text[], events
--          of the kind transaction; declined text, the event of a decline; now timestamptz
-- Reads    journeys_offergrant, journeys_offer, contacts_event
-- Writes   journeys_offergrant
-- Returns  id, contact_id, state text, offer text (short name), event text, at timestamptz
-- Index    grant_one_open, the foreign key of journeys_offergrant, contacts_event (contact_id, name, occurred_at)
-- Rerun    safe: an event counts for the newest grant that it fits, and an accepted grant stays accepted
WITH told AS (
    SELECT e.id AS event_id, e.name, e.occurred_at, g.id, g.contact_id, g.state, g.granted_at, o.slug, o.rest_days, o.accepted_by, g.code,
           e.occurred_at < g.expires_at AS in_time,
           g.code <> '' AND lower(g.code) IN (SELECT lower(btrim(e.properties ->> k)) FROM unnest(%(code_keys)s::text[]) AS k) AS by_code,
           coalesce(e.properties ->> 'grant' = g.id::text, e.properties ->> 'offer' = o.slug, false) AS by_name,
           NOT e.properties ?| (%(code_keys)s::text[] || ARRAY['grant', 'offer']) AS bare
    FROM journeys_offergrant g
    JOIN journeys_offer o ON o.id = g.offer_id
    JOIN contacts_event e ON e.contact_id = g.contact_id AND e.name = ANY (%(names)s::text[])
        AND e.occurred_at >= g.granted_at AND e.occurred_at <= %(now)s
    WHERE CASE WHEN %(contacts)s::bigint[] IS NULL THEN g.state = 'open' ELSE g.contact_id = ANY (%(contacts)s::bigint[]) END
      AND e.properties ->> 'likely_machine' IS DISTINCT FROM 'true'
),
meant AS (
    SELECT *, CASE
        WHEN by_code AND (name = accepted_by OR name = ANY (%(orders)s::text[])) THEN 'accepted'  -- the shop took the code, whatever the day
        WHEN name = accepted_by AND in_time AND (by_name OR bare AND code = '') THEN 'accepted'
        WHEN name = %(declined)s AND in_time AND (by_code OR by_name OR bare) THEN 'declined'
    END AS answer
    FROM told
),
newest AS (  -- of two grants of the same offer the event is about the newer one
    SELECT DISTINCT ON (event_id) * FROM meant WHERE answer IS NOT NULL ORDER BY event_id, granted_at DESC, id DESC
),
answered AS MATERIALIZED (
    SELECT DISTINCT ON (id) * FROM newest
    WHERE state <> 'accepted' AND (answer = 'accepted' OR state IN ('open', 'expired'))
    ORDER BY id, answer, occurred_at
)
UPDATE journeys_offergrant g
SET state = a.answer, answered_at = a.occurred_at,
    rest_until = CASE WHEN a.answer = 'declined' AND a.rest_days > 0 THEN a.occurred_at + a.rest_days * interval '1 day' END
FROM answered a
WHERE g.id = a.id AND g.state = a.state
RETURNING g.id, g.contact_id, g.state, a.slug, a.name, a.occurred_at
