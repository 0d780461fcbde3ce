-- hold_over_plan: give claimed touches back to the arbiter until tomorrow, since their sender is new and has sent enough today.
--
-- Params   ids bigint[], claim uuid, now, until timestamptz
-- Reads    nothing
-- Writes   journeys_touch, orchestrator_verdict
-- Returns  id bigint of each that waits; the others' claim was over
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by claim and state
WITH held AS (
    UPDATE journeys_touch
    SET state = 'held', reason = 'warm_up', hold_until = least(%(until)s::timestamptz, expires_at), decided_at = %(now)s, claim = NULL, lease_until = NULL
    WHERE id = ANY (%(ids)s) AND claim = %(claim)s AND state = 'sending' AND called_at IS NULL
    RETURNING id, contact_id, hold_until
)
INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, hold_until, gates, at)
SELECT id, contact_id, 'held', 'warm_up', hold_until,
       jsonb_build_object('moment', 'claim', 'warm_up', jsonb_build_object('until', %(until)s::timestamptz)), %(now)s
FROM held
RETURNING touch_id
