-- last_touches: the newest touches of each of some contacts.
--
-- Params   contacts bigint[]; most int, how many each
-- Reads    journeys_touch, journeys_block
-- Writes   nothing
-- Returns  contact_id, subject, name_en, name_de, state, reason, at
-- Index    touch_contact_decided
-- Rerun    safe: only reads
SELECT c.id, t.subject, b.name_en, b.name_de, t.state, t.reason, coalesce(t.sent_at, t.decided_at, t.proposed_at)
FROM unnest(%(contacts)s::bigint[]) AS c (id)
CROSS JOIN LATERAL (
    SELECT * FROM journeys_touch WHERE contact_id = c.id ORDER BY decided_at DESC NULLS FIRST, id DESC LIMIT %(most)s
) t
JOIN journeys_block b ON b.id = t.block_id
