-- retry: give claimed touches back, to be tried again later: after half of the time since the verdict, with jitter.
--
-- Params   ids bigint[], claim uuid, now timestamptz, reason text
-- Reads    nothing
-- Writes   journeys_touch
-- Returns  nothing; the row count is how many wait again
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by claim and state
UPDATE journeys_touch
SET state = 'approved', claim = NULL, called_at = NULL, reason = %(reason)s,
    lease_until = CASE WHEN %(reason)s = '' THEN NULL ELSE %(now)s::timestamptz + (1 + id %% 97 / 485.0) * least(interval '1 hour',
        greatest(interval '30 seconds', (%(now)s::timestamptz - coalesce(decided_at, proposed_at)) / 2)) END
WHERE id = ANY(%(ids)s) AND claim = %(claim)s AND state = 'sending'
