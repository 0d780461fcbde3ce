-- call: mark that a claimed on-site message is seen now; the trigger journeys_touch_called asks a last time, under locks.
--
-- Params   id bigint, claim uuid, now timestamptz
-- Reads    consent_* (by the trigger)
-- Writes   journeys_touch
-- Returns  nothing; row count 0: the claim is over
-- Index    journeys_touch_pkey
-- Rerun    safe: called once for a claim
UPDATE journeys_touch t SET called_at = %(now)s
WHERE t.id = %(id)s AND t.claim = %(claim)s AND t.state = 'sending' AND t.called_at IS NULL
