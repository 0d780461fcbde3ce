-- lock: hold the people whose touches are about to be decided, so that two journeys never both take the last slot.
--
-- Params   now timestamptz; scope bigint[] or null for everybody; batch int, touches at most; journeys bigint[] or null
-- Reads    journeys_touch
-- Writes   nothing (row locks on contacts_contact until the transaction ends)
-- Returns  id of each contact
-- Index    touch_open
-- Rerun    safe: only locks
SELECT c.id FROM contacts_contact c
WHERE c.id IN (
    SELECT t.contact_id FROM journeys_touch t
    WHERE t.state IN ('proposed', 'held') AND t.hold_until <= %(now)s
      AND (%(scope)s::bigint[] IS NULL OR t.contact_id = ANY (%(scope)s::bigint[]))
      AND (%(journeys)s::bigint[] IS NULL OR t.journey_id = ANY (%(journeys)s::bigint[]))
    ORDER BY t.hold_until LIMIT %(batch)s
)
ORDER BY c.id
FOR NO KEY UPDATE
