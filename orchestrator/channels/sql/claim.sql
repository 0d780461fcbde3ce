-- claim: take approved touches for sending, after reading again what may have changed since the verdict.
--
-- A touch over a limit that was lowered since goes back to the arbiter, who asks every gate again.
--
-- Params   now, lease_until, hold_until  timestamptz; claim  uuid; channel, kind  text: the channel, and the kind of address it needs; most  int
-- Reads    journeys_enrollment, journeys_journey, contacts_contact, consent_purpose, consent_state, consent_record,
--          consent_suppression, consent_preference, consent_limit, journeys_offergrant, orchestrator_stop, orchestrator_bucket
-- Writes   journeys_touch, orchestrator_verdict, contacts_news
-- Returns  id bigint, state text, reason text, tracked bool, by_contract bool: "sending" is claimed, the rest got a verdict;
--          the same in each row: limited bool, whether there are rate limits; n bigint, how many are told
-- Index    touch_to_deliver, state_contact_purpose, suppression_address, touch_contact_decided
-- Rerun    safe: a claimed touch is not approved any more; two workers never see the same row (SKIP LOCKED)
WITH taken AS MATERIALIZED (
    SELECT id, contact_id, enrollment_id, journey_id, channel, purpose, grant_id, expires_at
    FROM journeys_touch
    WHERE state = 'approved' AND channel = %(channel)s AND (lease_until IS NULL OR lease_until <= %(now)s)
      AND NOT EXISTS (SELECT FROM orchestrator_stop s WHERE s.ended_at IS NULL AND s.channel IN ('', %(channel)s))
    ORDER BY id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
),
facts AS MATERIALIZED (
    SELECT t.id, t.contact_id, t.enrollment_id, t.purpose, t.channel, t.expires_at, j.state AS journey, e.id IS NULL AS lost, e.left_at, e.reason AS left_reason,
           coalesce(contacts_address(c, %(kind)s), '') AS address, x.reason AS suppressed,
           coalesce(p.enforcement = 'none', false) AS by_contract, s.granted, s.since AS consent_since, wish.paused_until,
           g.state AS grant_state, t.grant_id IS NOT NULL AND (g.id IS NULL OR g.state <> 'open' OR g.expires_at <= %(now)s) AS offer_over
    FROM taken t
    LEFT JOIN contacts_contact c ON c.id = t.contact_id
    LEFT JOIN journeys_enrollment e ON e.id = t.enrollment_id
    LEFT JOIN journeys_journey j ON j.id = t.journey_id
    LEFT JOIN consent_suppression x ON x.channel = %(channel)s AND x.address = contacts_address(c, %(kind)s)
    LEFT JOIN consent_purpose p ON p.slug = t.purpose
    LEFT JOIN consent_state s ON s.contact_id = t.contact_id AND s.purpose_id = p.id
    LEFT JOIN consent_preference wish ON wish.contact_id = t.contact_id
    LEFT JOIN journeys_offergrant g ON g.id = t.grant_id
),
asked AS MATERIALIZED (
    SELECT *, CASE WHEN address <> '' AND (%(kind)s <> 'email' OR address ~ '^[^[:space:][:cntrl:]@<>",;:()]+@[^[:space:][:cntrl:]@<>",;:()]+$')
                   THEN consent_stands_against(contact_id, purpose, channel, address) ELSE 'no_address' END AS against
    FROM facts
),
judged AS MATERIALIZED (
    SELECT *, CASE
        WHEN expires_at <= %(now)s THEN 'expired'
        WHEN lost THEN 'left_journey'
        WHEN left_at IS NOT NULL AND left_reason NOT IN ('completed', 'moved_version') THEN 'left_journey'
        WHEN journey = 'paused' THEN 'journey_paused'
        WHEN journey IS NULL OR journey NOT IN ('live', 'ending') THEN 'left_journey'
        WHEN against IS DISTINCT FROM '' THEN coalesce(against, 'no_consent')
        WHEN NOT by_contract AND paused_until > %(now)s THEN 'paused_by_person'
        WHEN NOT by_contract AND offer_over AND grant_state = 'declined' THEN 'rest_after_decline'
        WHEN NOT by_contract AND offer_over THEN 'offer_conflict'
        ELSE orchestrator_over_limit(id) END AS reason
    FROM asked
),
ruled AS MATERIALIZED (
    SELECT *,
           CASE WHEN reason = '' THEN 'sending' WHEN reason = 'expired' THEN 'expired'
                WHEN reason IN ('journey_paused', 'paused_by_person') OR reason LIKE 'cap\_%%' THEN 'held' ELSE 'suppressed' END AS state,
           CASE WHEN reason = 'journey_paused' THEN %(hold_until)s::timestamptz WHEN reason = 'paused_by_person' THEN least(paused_until, expires_at)
                WHEN reason LIKE 'cap\_%%' THEN %(now)s::timestamptz END AS until
    FROM judged
),
moved AS (
    UPDATE journeys_touch t
    SET state = d.state,
        reason = CASE WHEN d.state = 'sending' AND t.reason = 'rate_limited' THEN t.reason ELSE d.reason END,
        address = CASE WHEN d.state = 'sending' THEN d.address ELSE t.address END,
        claim = CASE WHEN d.state = 'sending' THEN %(claim)s::uuid END,
        lease_until = CASE WHEN d.state = 'sending' THEN %(lease_until)s::timestamptz END,
        called_at = NULL,
        hold_until = CASE WHEN d.state = 'held' THEN d.until ELSE t.hold_until END,
        decided_at = CASE WHEN d.state = 'sending' THEN t.decided_at ELSE %(now)s END
    FROM ruled d
    WHERE t.id = d.id
),
told AS (
    -- who waits at a send step for what becomes of the touch
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT d.contact_id, 'touch', %(now)s
    FROM ruled d
    JOIN journeys_enrollment e ON e.id = d.enrollment_id AND e.left_at IS NULL
    JOIN journeys_step s ON s.id = e.step_id AND s.kind IN ('send', 'survey')
    WHERE d.state IN ('suppressed', 'expired')
    RETURNING 1
),
said AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, hold_until, gates, at)
    SELECT id, contact_id, state, reason, until,
           jsonb_build_object(  -- the keys are those of the arbiter's verdicts
               'moment', 'claim',
               'journey', jsonb_build_object('state', journey, 'left', left_reason, 'expires_at', expires_at),
               'address', jsonb_build_object('known', address <> '', 'suppression', suppressed),
               'consent', jsonb_build_object('purpose', purpose, 'needed', NOT by_contract, 'granted', granted, 'since', consent_since, 'against', against),
               'rest', jsonb_build_object('paused_until', paused_until)),
           %(now)s
    FROM ruled WHERE state <> 'sending'
)
SELECT id, state, reason, state = 'sending' AND consent_stands_against(contact_id, 'profiling', channel, address) IS NOT DISTINCT FROM '' AS tracked, by_contract, EXISTS (SELECT FROM orchestrator_bucket) AS limited, (SELECT count(*) FROM told) AS n FROM ruled ORDER BY id
