-- sweep: end on-site messages that may not be shown any more before anybody saw them.
--
-- Params   now timestamptz
-- Reads    journeys_enrollment, journeys_journey, journeys_step, contacts_contact, consent_* (consent_stands_against)
-- Writes   journeys_touch, orchestrator_verdict, contacts_news
-- Returns  state text, n bigint, told bigint (the same in each row)
-- Index    touch_to_deliver
-- Rerun    safe: guarded by the old state; two at once never see the same row (SKIP LOCKED)
WITH waiting AS MATERIALIZED (
    SELECT t.id, t.contact_id, t.enrollment_id, t.journey_id, t.channel, t.purpose, t.expires_at FROM journeys_touch t
    WHERE t.state = 'approved' AND t.channel = 'onsite' ORDER BY t.id FOR UPDATE SKIP LOCKED
),
judged AS MATERIALIZED (
    SELECT w.*, j.state AS journey, e.reason AS left_reason, CASE
        WHEN w.expires_at <= %(now)s THEN 'expired'
        WHEN e.id IS NULL OR e.left_at IS NOT NULL AND e.reason NOT IN ('completed', 'moved_version') THEN 'left_journey'
        WHEN j.id IS NULL OR j.state NOT IN ('live', 'ending', 'paused') THEN 'left_journey'
        ELSE coalesce(consent_stands_against(w.contact_id, w.purpose, w.channel, contacts_address(c, 'id')), 'no_consent') END AS reason
    FROM waiting w
    LEFT JOIN journeys_enrollment e ON e.id = w.enrollment_id
    LEFT JOIN journeys_journey j ON j.id = w.journey_id
    LEFT JOIN contacts_contact c ON c.id = w.contact_id
),
moved AS (
    UPDATE journeys_touch t SET state = CASE WHEN d.reason = 'expired' THEN 'expired' ELSE 'suppressed' END, reason = d.reason, decided_at = %(now)s
    FROM judged d WHERE d.reason <> '' AND t.id = d.id
    RETURNING t.id, t.contact_id, t.enrollment_id, t.state, t.reason
),
told AS (
    -- who waits at a send step for what becomes of the touch
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT m.contact_id, 'touch', %(now)s
    FROM moved m
    JOIN journeys_enrollment e ON e.id = m.enrollment_id AND e.left_at IS NULL
    JOIN journeys_step s ON s.id = e.step_id AND s.kind IN ('send', 'survey')
    RETURNING 1
),
said AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, gates, at)
    SELECT m.id, m.contact_id, m.state, m.reason,
           jsonb_build_object('moment', 'claim', 'journey', jsonb_build_object('state', d.journey, 'left', d.left_reason, 'expires_at', d.expires_at),
                              'consent', jsonb_build_object('purpose', d.purpose, 'against', d.reason)), %(now)s
    FROM moved m JOIN judged d ON d.id = m.id
)
SELECT state, count(*), (SELECT count(*) FROM told) FROM moved GROUP BY 1
