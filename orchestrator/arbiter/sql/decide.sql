-- decide: give the most important open touch of each person one verdict with one reason, and store the value of every gate.
--
-- One round decides one touch a person; the caller repeats it until nobody has an undecided touch, so that each round sees
-- the slots that the rounds before have taken.
--
-- Params   people bigint[] (locked); now timestamptz; zones text[], quiet_until timestamptz[] (null: not quiet); retry interval (sales, paused journey);
--          journeys bigint[] or null
-- Reads    journeys_touch, journeys_journey, journeys_enrollment, journeys_step, contacts_contact, contacts_handover, consent_purpose, consent_state,
--          consent_record, consent_suppression, consent_limit
-- Writes   journeys_touch, orchestrator_verdict
-- Returns  outcome text, reason text, n bigint, how many touches are left for the next round bigint
-- Index    touch_open, touch_contact_decided, state_contact_purpose, suppression_address, handover_one_open
-- Rerun    safe: guarded by the old state; a held touch comes again when its time has come
WITH due AS MATERIALIZED (
    SELECT t.id, t.contact_id, t.enrollment_id, t.journey_id, t.step_id, t.channel, t.purpose, t.expires_at, t.proposed_at, t.state AS old_state,
           j.slug AS journey, j.state AS journey_state, j.priority, j.value, round(j.priority * j.value, 3) AS score
    FROM journeys_touch t JOIN journeys_journey j ON j.id = t.journey_id
    WHERE t.state IN ('proposed', 'held') AND t.hold_until <= %(now)s AND t.contact_id = ANY (%(people)s)
      AND (%(journeys)s::bigint[] IS NULL OR t.journey_id = ANY (%(journeys)s::bigint[]))
),
candidate AS MATERIALIZED (
    SELECT DISTINCT ON (contact_id) * FROM due ORDER BY contact_id, score DESC, proposed_at, id
),
fact AS MATERIALIZED (
    SELECT k.*, e.left_at, e.reason AS left_reason, e.arm, e.key AS run_key, e.entered_at, lower(c.email) AS address, c.time_zone, p.enforcement, s.granted, s.since AS consent_since, r.decision,
           b.reason AS suppression, h.id AS handover, q.until AS quiet_until
    FROM candidate k
    JOIN contacts_contact c ON c.id = k.contact_id
    JOIN journeys_enrollment e ON e.id = k.enrollment_id
    LEFT JOIN consent_purpose p ON p.slug = k.purpose
    LEFT JOIN consent_state s ON s.contact_id = k.contact_id AND s.purpose_id = p.id
    LEFT JOIN consent_record r ON r.id = s.record_id
    LEFT JOIN consent_suppression b ON b.channel = k.channel AND b.address = lower(c.email)
    LEFT JOIN LATERAL (
        SELECT h.id FROM contacts_handover h
        WHERE h.state IN ('waiting', 'accepted') AND (h.contact_id = k.contact_id OR (c.account_id IS NOT NULL AND h.account_id = c.account_id))
        ORDER BY h.contact_id = k.contact_id DESC, h.id LIMIT 1
    ) h ON true
    LEFT JOIN unnest(%(zones)s::text[], %(quiet_until)s::timestamptz[]) AS q (zone, until) ON q.zone = c.time_zone
),
cap AS MATERIALIZED (
    -- every limit that is full for this touch: the slot that frees it, and whether a journey of this very tick took it
    SELECT f.id, l.slug, l.overflow, l.most, used.n, used.at_now,
           (used.times)[used.n - l.most + 1] + l.window AS free_at
    FROM fact f
    JOIN consent_limit l ON l.active AND (l.channel = '' OR l.channel = f.channel) AND f.enforcement <> 'none'
    CROSS JOIN LATERAL (
        SELECT count(*) AS n, bool_or(t.decided_at = %(now)s) AS at_now, array_agg(t.decided_at ORDER BY t.decided_at) AS times
        FROM journeys_touch t JOIN consent_purpose tp ON tp.slug = t.purpose AND tp.enforcement <> 'none'
        WHERE t.contact_id = f.contact_id AND t.decided_at > %(now)s - l.window AND t.decided_at <= %(now)s
          AND t.state IN ('approved', 'sending', 'sent', 'unknown') AND (l.channel = '' OR t.channel = l.channel)
    ) used
    WHERE used.n >= l.most
),
capped AS MATERIALIZED (
    -- the limit that frees last speaks for all of them; one that drops goes before one that holds
    SELECT DISTINCT ON (id) id, slug, overflow, at_now, free_at, jsonb_agg(jsonb_build_object('limit', slug, 'used', n, 'most', most, 'free_at', free_at)) OVER (PARTITION BY id) AS limits
    FROM cap ORDER BY id, overflow = 'drop' DESC, free_at DESC, slug
),
judged AS MATERIALIZED (
    SELECT f.*, capped.limits, capped.free_at,
           CASE
               WHEN f.left_at IS NOT NULL AND f.left_reason NOT IN ('completed', 'moved_version') OR f.journey_state = 'archived' THEN 'left_journey'
               WHEN f.expires_at <= %(now)s THEN 'expired'
               WHEN f.journey_state <> 'live' THEN 'journey_paused'
               -- got at this step of a run that was the same person's under another name
               WHEN EXISTS (
                   SELECT 1 FROM journeys_enrollment m
                   JOIN journeys_touch o ON o.enrollment_id = m.id AND o.state IN ('approved', 'sending', 'sent', 'unknown')
                   JOIN journeys_step os ON os.id = o.step_id
                   JOIN journeys_step ts ON ts.id = f.step_id AND ts.key = os.key
                   WHERE m.contact_id = f.contact_id AND m.journey_id = f.journey_id AND m.key = f.run_key
                     AND m.reason = 'merged' AND m.left_at >= f.entered_at
               ) THEN 'sent_before_merge'
               WHEN f.address = '' THEN 'no_address'
               WHEN f.suppression = 'bounced' THEN 'address_bounced'
               WHEN f.suppression = 'complained' THEN 'complained'
               WHEN f.suppression IS NOT NULL THEN 'suppressed'
               WHEN f.enforcement IS NULL THEN 'no_consent'
               WHEN f.enforcement <> 'none' AND f.granted IS NOT TRUE AND f.decision = 'withdrawn' THEN 'unsubscribed'
               WHEN f.enforcement <> 'none' AND f.granted IS NOT TRUE THEN 'no_consent'
               WHEN f.enforcement <> 'none' AND f.arm = 'holdout' THEN 'holdout'
               WHEN f.enforcement <> 'none' AND f.handover IS NOT NULL THEN 'sales_conversation'
               WHEN f.enforcement <> 'none' AND f.quiet_until IS NOT NULL THEN 'quiet_hours'
               WHEN capped.at_now AND capped.overflow = 'hold' THEN 'outranked'
               WHEN capped.slug IS NOT NULL THEN 'cap_' || capped.slug
               ELSE ''
           END AS reason, capped.overflow
    FROM fact f LEFT JOIN capped ON capped.id = f.id
),
ruled AS MATERIALIZED (
    SELECT j.*,
           CASE
               WHEN j.reason = '' THEN 'approved'
               WHEN j.reason = 'expired' THEN 'expired'
               WHEN j.reason IN ('journey_paused', 'sales_conversation', 'quiet_hours', 'outranked') THEN 'held'
               WHEN j.reason LIKE 'cap\_%%' AND j.overflow = 'hold' THEN 'held'
               ELSE 'suppressed'
           END AS outcome,
           CASE
               WHEN j.reason IN ('journey_paused', 'sales_conversation') THEN least(%(now)s + %(retry)s, j.expires_at)
               WHEN j.reason = 'quiet_hours' THEN least(j.quiet_until, j.expires_at)
               WHEN j.reason = 'outranked' OR j.reason LIKE 'cap\_%%' AND j.overflow = 'hold' THEN least(j.free_at, j.expires_at)
           END AS until
    FROM judged j
),
written AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, hold_until, gates, at)
    SELECT r.id, r.contact_id, r.outcome, r.reason, r.until,
           jsonb_build_object(
               'journey', jsonb_build_object('slug', r.journey, 'state', r.journey_state, 'left', r.left_reason, 'expires_at', r.expires_at),
               'address', jsonb_build_object('known', r.address <> '', 'suppression', r.suppression),
               'consent', jsonb_build_object('purpose', r.purpose, 'needed', r.enforcement <> 'none', 'granted', r.granted, 'since', r.consent_since),
               'holdout', jsonb_build_object('arm', r.arm),
               'sales', jsonb_build_object('handover', r.handover),
               'quiet_hours', jsonb_build_object('zone', r.time_zone, 'until', r.quiet_until),
               'caps', coalesce(r.limits, '[]'),
               'priority', jsonb_build_object('priority', r.priority, 'value', r.value, 'score', r.score)
           ), %(now)s
    FROM ruled r
),
changed AS (
    UPDATE journeys_touch t
    SET state = r.outcome, reason = r.reason, hold_until = r.until, decided_at = %(now)s,
        address = CASE WHEN r.outcome = 'approved' THEN r.address ELSE t.address END
    FROM ruled r
    WHERE t.id = r.id AND t.state = r.old_state
    RETURNING t.state, t.reason
)
SELECT state, reason, count(*), (SELECT count(*) FROM due) - (SELECT count(*) FROM candidate) FROM changed GROUP BY 1, 2
