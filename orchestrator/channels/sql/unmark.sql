-- unmark: take the mark of the call from claimed touches that were not begun after all; they stay claimed.
--
-- Params   ids bigint[], claim uuid
-- Reads    nothing
-- Writes   journeys_touch
-- Returns  id bigint: still ours
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by claim and state
UPDATE journeys_touch SET called_at = NULL WHERE id = ANY (%(ids)s) AND claim = %(claim)s AND state = 'sending' RETURNING id
