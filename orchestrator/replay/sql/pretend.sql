-- pretend: what was approved in a replay counts as gone out at its time, without anybody being written to.
--
-- Params   touch  bigint, the highest id before the replay
-- Reads    replay_person
-- Writes   journeys_touch
-- Returns  nothing
-- Index    touch_to_deliver
-- Rerun    safe: guarded by the old state
UPDATE journeys_touch touch SET state = 'sent', sent_at = touch.decided_at
FROM replay_person person
WHERE touch.state = 'approved' AND touch.id > %(touch)s AND person.contact_id = touch.contact_id
