-- claim: take approved touches for sending, after reading again what may have changed since the verdict.
--
-- Params   now, lease_until, hold_until  timestamptz; claim  uuid; channel  text; most  int
-- Reads    journeys_enrollment, journeys_journey, contacts_contact, consent_purpose, consent_state, consent_record,
--          consent_suppression
-- Writes   journeys_touch, orchestrator_verdict
-- Returns  id bigint, state text, reason text, tracked bool, by_contract bool: "sending" is claimed, the rest got a verdict
-- Index    touch_to_deliver, state_contact_purpose, suppression_address
-- Rerun    safe: a claimed touch is not approved any more; two workers never see the same row (SKIP LOCKED)
WITH taken AS MATERIALIZED (
    SELECT id, contact_id, enrollment_id, journey_id, purpose, expires_at
    FROM journeys_touch
    WHERE state = 'approved' AND channel = %(channel)s AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
),
facts AS (
    SELECT t.id, t.contact_id, t.purpose, t.expires_at, j.state AS journey, e.id IS NULL AS lost, e.left_at, e.reason AS left_reason,
           lower(btrim(coalesce(c.email, ''))) AS address, x.reason AS suppressed,
           coalesce(p.enforcement = 'none', false) AS by_contract, s.granted, s.since AS consent_since, r.decision,
           coalesce(profiling.granted, false) AS profiling
    FROM taken t
    LEFT JOIN contacts_contact c ON c.id = t.contact_id
    LEFT JOIN journeys_enrollment e ON e.id = t.enrollment_id
    LEFT JOIN journeys_journey j ON j.id = t.journey_id
    LEFT JOIN consent_suppression x ON x.channel = %(channel)s AND x.address = lower(btrim(c.email))
    LEFT JOIN consent_purpose p ON p.slug = t.purpose
    LEFT JOIN consent_state s ON s.contact_id = t.contact_id AND s.purpose_id = p.id
    LEFT JOIN consent_record r ON r.id = s.record_id
    LEFT JOIN consent_purpose pp ON pp.slug = 'profiling'
    LEFT JOIN consent_state profiling ON profiling.contact_id = t.contact_id AND profiling.purpose_id = pp.id
),
judged AS (
    SELECT *, CASE
        WHEN expires_at <= %(now)s THEN 'expired'
        WHEN lost THEN 'left_journey'
        WHEN left_at IS NOT NULL AND left_reason NOT IN ('completed', 'moved_version') THEN 'left_journey'
        WHEN journey = 'paused' THEN 'journey_paused'
        WHEN journey IS DISTINCT FROM 'live' THEN 'left_journey'
        WHEN address !~ '^[^[:space:][:cntrl:]@<>",;:()]+@[^[:space:][:cntrl:]@<>",;:()]+$' THEN 'no_address'
        WHEN suppressed = 'bounced' THEN 'address_bounced'
        WHEN suppressed = 'complained' THEN 'complained'
        WHEN suppressed IS NOT NULL THEN 'suppressed'
        WHEN NOT by_contract AND granted IS NOT TRUE AND decision = 'withdrawn' THEN 'unsubscribed'
        WHEN NOT by_contract AND granted IS NOT TRUE THEN 'no_consent'
        ELSE '' END AS reason
    FROM facts
),
ruled AS (
    SELECT *, CASE reason WHEN '' THEN 'sending' WHEN 'expired' THEN 'expired' WHEN 'journey_paused' THEN 'held'
                          ELSE 'suppressed' END AS state
    FROM judged
),
moved AS (
    UPDATE journeys_touch t
    SET state = d.state,
        reason = d.reason,
        address = CASE WHEN d.state = 'sending' THEN d.address ELSE t.address END,
        claim = CASE WHEN d.state = 'sending' THEN %(claim)s::uuid END,
        lease_until = CASE WHEN d.state = 'sending' THEN %(lease_until)s::timestamptz END,
        called_at = NULL,
        hold_until = CASE WHEN d.state = 'held' THEN %(hold_until)s::timestamptz ELSE t.hold_until END,
        decided_at = CASE WHEN d.state = 'sending' THEN t.decided_at ELSE %(now)s END
    FROM ruled d
    WHERE t.id = d.id
),
said AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, hold_until, gates, at)
    SELECT id, contact_id, state, reason, CASE WHEN state = 'held' THEN %(hold_until)s::timestamptz END,
           jsonb_build_object(  -- the keys are those of the arbiter's verdicts
               'moment', 'claim',
               'journey', jsonb_build_object('state', journey, 'left', left_reason, 'expires_at', expires_at),
               'address', jsonb_build_object('known', address <> '', 'suppression', suppressed),
               'consent', jsonb_build_object('purpose', purpose, 'needed', NOT by_contract, 'granted', granted, 'since', consent_since)),
           %(now)s
    FROM ruled WHERE state <> 'sending'
)
SELECT id, state, reason, profiling AS tracked, by_contract FROM ruled ORDER BY id
