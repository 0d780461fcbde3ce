-- propose: the part of `advance` that plans one touch for everybody who leaves a send step.
--
-- Params   (in order) step, block bigint; channel, purpose text; now, expires, now timestamptz
-- Reads    moved, param (of advance), journeys_offergrant, journeys_offer, journeys_offerdecision, journeys_step
-- Writes   journeys_touch
-- Returns  nothing
-- Index    touch_once, grant_one_open, offerdecision_once
-- Rerun    safe: unique (enrollment, step, visit)
, proposed AS (
    INSERT INTO journeys_touch (enrollment_id, step_id, visit, contact_id, journey_id, block_id, channel, purpose, state, reason,
                                proposed_at, expires_at, hold_until, address, language, subject, grant_id)
    SELECT m.id, %s::bigint, m.seq - 1, m.contact_id, m.journey_id, %s::bigint, %s, %s, 'proposed', '', %s::timestamptz, %s::timestamptz, %s::timestamptz, '', '', '',
           -- the open offer that the step names, else the one that this run was given
           (SELECT g.id FROM journeys_offergrant g JOIN journeys_offer o ON o.id = g.offer_id
            WHERE g.contact_id = m.contact_id AND g.state = 'open'
              AND coalesce(o.slug = (SELECT s.settings ->> 'offer' FROM journeys_step s, param p WHERE s.id = p.step), EXISTS (
                  SELECT 1 FROM journeys_offerdecision d WHERE d.enrollment_id = m.id AND d.offer_id = g.offer_id AND d.reason IN ('', 'kept'))))
    FROM moved m
    ON CONFLICT (enrollment_id, step_id, visit) DO NOTHING
)
