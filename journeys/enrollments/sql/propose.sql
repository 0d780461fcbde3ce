-- propose: the part of `advance` that plans one touch for everybody who leaves a send step.
--
-- Params   (in order) step, block bigint; channel, purpose text; now, expires, now timestamptz
-- Reads    moved (of advance)
-- Writes   journeys_touch
-- Returns  nothing
-- Index    touch_once
-- Rerun    safe: unique (enrollment, step, visit)
, proposed AS (
    INSERT INTO journeys_touch (enrollment_id, step_id, visit, contact_id, journey_id, block_id, channel, purpose, state, reason,
                                proposed_at, expires_at, hold_until, address, language, subject)
    SELECT m.id, %s::bigint, m.seq, m.contact_id, m.journey_id, %s::bigint, %s, %s, 'proposed', '', %s::timestamptz, %s::timestamptz, %s::timestamptz, '', '', ''
    FROM moved m
    ON CONFLICT (enrollment_id, step_id, visit) DO NOTHING
)
