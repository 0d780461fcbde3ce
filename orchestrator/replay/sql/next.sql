-- next: when is the first of these people's runs due, and when may the first held touch be looked at again?
--
-- Params   journeys  bigint[] or null for all
-- Reads    journeys_enrollment, journeys_touch, replay_person
-- Writes   nothing
-- Returns  the instant, or null
-- Index    enrollment_due, touch_open
-- Rerun    safe: reads only
SELECT least(
    (SELECT min(e.due_at) FROM journeys_enrollment e JOIN replay_person p USING (contact_id)
     WHERE e.left_at IS NULL AND (%(journeys)s::bigint[] IS NULL OR e.journey_id = ANY (%(journeys)s))),
    (SELECT min(t.hold_until) FROM journeys_touch t JOIN replay_person p USING (contact_id)
     WHERE t.state = 'held' AND (%(journeys)s::bigint[] IS NULL OR t.journey_id = ANY (%(journeys)s))))
