-- claim_calls: take webhook calls that are due; a call whose person has moved on meanwhile ends here, and so do those to a receiver that is gone.
--
-- A receiver that does not answer is tried with one call at a time and after a pause, so that it keeps no places from others; of the others none gets
-- more than three quarters of the places.
--
-- Params   now, lease_until timestamptz; claim uuid; most int, calls at the same time by everybody; pause interval
-- Reads    journeys_enrollment, journeys_journey, contacts_contact, orchestrator_receiver, orchestrator_stop
-- Writes   journeys_webhookcall; journeys_enrollment, contacts_news where the receiver is gone
-- Returns  id of each that was looked at
-- Index    webhookcall_open
-- Rerun    safe: a claimed call has a lease; two workers never see the same row (SKIP LOCKED)
WITH under_way AS MATERIALIZED (
    SELECT step_id, count(*) AS n FROM journeys_webhookcall WHERE state = 'calling' AND lease_until > %(now)s GROUP BY step_id
), free AS MATERIALIZED (
    SELECT greatest(0, %(most)s - coalesce((SELECT sum(n) FROM under_way), 0))::int AS n
), away AS MATERIALIZED (
    SELECT step_id, gone_at IS NOT NULL AS gone, tried_at FROM orchestrator_receiver WHERE away_since IS NOT NULL OR gone_at IS NOT NULL
), well AS MATERIALIZED (
    SELECT w.id, w.enrollment_id, w.step_id, w.visit, w.contact_id, w.replayed_at, w.next_at, false AS gone
    FROM journeys_webhookcall w
    WHERE w.state IN ('waiting', 'calling') AND w.next_at <= %(now)s AND (w.lease_until IS NULL OR w.lease_until <= %(now)s)
      AND NOT EXISTS (SELECT FROM orchestrator_stop s WHERE s.ended_at IS NULL AND s.channel IN ('', 'webhook'))
      AND NOT EXISTS (SELECT FROM journeys_journey j WHERE j.id = w.journey_id AND j.state = 'paused')
      AND w.step_id <> ALL (ARRAY(SELECT step_id FROM away))
    ORDER BY w.next_at
    LIMIT (SELECT n * 8 FROM free)
    FOR UPDATE OF w SKIP LOCKED
), tried AS MATERIALIZED (
    SELECT one.*, a.gone
    FROM away a
    CROSS JOIN LATERAL (
        SELECT w.id, w.enrollment_id, w.step_id, w.visit, w.contact_id, w.replayed_at, w.next_at
        FROM journeys_webhookcall w
        WHERE w.step_id = a.step_id AND w.state IN ('waiting', 'calling') AND w.next_at <= %(now)s AND (w.lease_until IS NULL OR w.lease_until <= %(now)s)
          AND NOT EXISTS (SELECT FROM orchestrator_stop s WHERE s.ended_at IS NULL AND s.channel IN ('', 'webhook'))
          AND NOT EXISTS (SELECT FROM journeys_journey j WHERE j.id = w.journey_id AND j.state = 'paused')
          AND (a.gone OR NOT EXISTS (SELECT FROM under_way u WHERE u.step_id = a.step_id)
               AND (a.tried_at IS NULL OR a.tried_at <= %(now)s::timestamptz - %(pause)s::interval))
        ORDER BY w.next_at
        LIMIT CASE WHEN a.gone THEN 1000 ELSE 1 END
        FOR UPDATE OF w SKIP LOCKED
    ) one
), placed AS (
    SELECT w.*, row_number() OVER (PARTITION BY w.step_id ORDER BY w.next_at, w.id) + coalesce(u.n, 0) AS place
    FROM well w LEFT JOIN under_way u USING (step_id)
), chosen AS (
    (SELECT id, enrollment_id, step_id, visit, contact_id, replayed_at, gone FROM tried WHERE NOT gone ORDER BY next_at LIMIT (SELECT CASE WHEN n > 0 THEN greatest(1, n / 4) ELSE 0 END FROM free))
    UNION ALL
    (SELECT id, enrollment_id, step_id, visit, contact_id, replayed_at, gone FROM placed WHERE place <= %(most)s - %(most)s / 4 ORDER BY next_at
     LIMIT (SELECT greatest(0, f.n - least((SELECT count(*) FROM tried WHERE NOT gone), greatest(1, f.n / 4))) FROM free f))
), taken AS (
    SELECT * FROM chosen UNION ALL SELECT id, enrollment_id, step_id, visit, contact_id, replayed_at, gone FROM tried WHERE gone
), seen AS (
    -- a call that somebody has repeated is made though the person moved on; not when they left by goal, exit or withdrawal
    SELECT t.id, t.gone, NOT t.gone AND coalesce(
               e.left_at IS NULL AND e.step_id = t.step_id AND e.seq = t.visit
               OR t.replayed_at IS NOT NULL AND (e.left_at IS NULL OR e.reason IN ('completed', 'moved_version')) AND c.restricted_at IS NULL, false) AS here
    FROM taken t
    LEFT JOIN contacts_contact c ON c.id = t.contact_id
    LEFT JOIN journeys_enrollment e ON e.id = t.enrollment_id AND c.id IS NOT NULL
), moved AS (
    UPDATE journeys_webhookcall w
    SET state = CASE WHEN s.here THEN 'calling' ELSE 'failed' END,
        attempts = w.attempts + s.here::int,
        claim = CASE WHEN s.here THEN %(claim)s::uuid END,
        lease_until = CASE WHEN s.here THEN %(lease_until)s::timestamptz END,
        error = CASE WHEN s.here THEN w.error WHEN s.gone THEN 'the receiver said that it is gone (410)' ELSE 'the person had moved on' END,
        done_at = CASE WHEN s.here THEN NULL ELSE %(now)s::timestamptz END
    FROM seen s
    WHERE w.id = s.id
    RETURNING w.id, w.enrollment_id, w.step_id, w.visit, s.gone
), woken AS (
    UPDATE journeys_enrollment e SET due_at = %(now)s
    FROM moved m
    WHERE m.gone AND e.id = m.enrollment_id AND e.step_id = m.step_id AND e.seq = m.visit AND e.left_at IS NULL AND e.due_at > %(now)s
    RETURNING e.contact_id
), told AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT contact_id, 'webhook', %(now)s FROM woken
)
SELECT id FROM moved
