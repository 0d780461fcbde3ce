-- expire: end open offers whose time is over.
--
-- Params   now timestamptz; most int
-- Reads    journeys_offergrant, journeys_offer
-- Writes   journeys_offergrant
-- Returns  id, contact_id, offer text (short name)
-- Index    grant_open
-- Rerun    safe: guarded by the state
WITH over AS MATERIALIZED (
    SELECT id FROM journeys_offergrant WHERE state = 'open' AND expires_at <= %(now)s
    ORDER BY expires_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE journeys_offergrant g SET state = 'expired', answered_at = g.expires_at
FROM over, journeys_offer o
WHERE g.id = over.id AND o.id = g.offer_id AND g.state = 'open'
RETURNING g.id, g.contact_id, o.slug
