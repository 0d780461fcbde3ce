-- propose_and_hold: plan one touch for everybody who has just arrived at a send step where people wait for what becomes of it.
--
-- Params   due  compiled queryset over open enrollments at the step without a touch of this stay: id, contact, journey, seq
--          (locked, limited); step, block bigint; channel, purpose text; expires, until, now timestamptz
-- Reads    journeys_enrollment
-- Writes   journeys_touch, journeys_enrollment
-- Returns  nothing; the row count is how many wait
-- Index    enrollment_due, touch_once
-- Rerun    safe: unique (enrollment, step, visit)
WITH due (id, contact_id, journey_id, seq) AS MATERIALIZED (/*due*/),
param AS MATERIALIZED (
    SELECT /*step*/::bigint AS step, /*block*/::bigint AS block, /*channel*/::text AS channel, /*purpose*/::text AS purpose,
           /*expires*/::timestamptz AS expires, /*until*/::timestamptz AS until, /*now*/::timestamptz AS now
),
proposed AS (
    INSERT INTO journeys_touch (enrollment_id, step_id, visit, contact_id, journey_id, block_id, channel, purpose, state, reason,
                                proposed_at, expires_at, hold_until, address, language, subject)
    SELECT d.id, p.step, d.seq, d.contact_id, d.journey_id, p.block, p.channel, p.purpose, 'proposed', '', p.now, p.expires, p.now, '', '', ''
    FROM due d, param p
    ON CONFLICT (enrollment_id, step_id, visit) DO NOTHING
)
UPDATE journeys_enrollment e SET due_at = p.until FROM due d, param p WHERE e.id = d.id
