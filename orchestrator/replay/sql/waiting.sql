-- waiting: whose runs are due, and whose held touches may be looked at again?
--
-- Params   journeys  bigint[] or null for all; now  timestamptz
-- Reads    journeys_enrollment, journeys_touch, replay_person
-- Writes   nothing
-- Returns  contact id
-- Index    enrollment_due, touch_open
-- Rerun    safe: reads only
SELECT e.contact_id FROM journeys_enrollment e JOIN replay_person p USING (contact_id)
WHERE e.left_at IS NULL AND e.due_at <= %(now)s AND (%(journeys)s::bigint[] IS NULL OR e.journey_id = ANY (%(journeys)s))
UNION
SELECT t.contact_id FROM journeys_touch t JOIN replay_person p USING (contact_id)
WHERE t.state = 'held' AND t.hold_until <= %(now)s AND (%(journeys)s::bigint[] IS NULL OR t.journey_id = ANY (%(journeys)s))
