-- quieten: give a claimed touch back to the arbiter, because quiet hours began at the person's place in the meantime.
--
-- Params   id bigint, claim uuid, now, until timestamptz, zone text
-- Reads    nothing
-- Writes   journeys_touch, orchestrator_verdict
-- Returns  id bigint; no row: the claim was over
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by claim and state
WITH held AS (
    UPDATE journeys_touch
    SET state = 'held', reason = 'quiet_hours', hold_until = least(%(until)s, expires_at), decided_at = %(now)s, claim = NULL, lease_until = NULL
    WHERE id = %(id)s AND claim = %(claim)s AND state = 'sending' AND called_at IS NULL
    RETURNING id, contact_id, hold_until
)
INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, hold_until, gates, at)
SELECT id, contact_id, 'held', 'quiet_hours', hold_until,
       jsonb_build_object('moment', 'claim', 'quiet_hours', jsonb_build_object('zone', %(zone)s::text, 'until', %(until)s::timestamptz)), %(now)s
FROM held
RETURNING touch_id
