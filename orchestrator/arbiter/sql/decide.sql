-- decide: give the open touches of the locked people one verdict with one reason each, and store what every gate saw.
--
-- First the gates 1 to 8, which look at one touch alone. What passes them competes for the slots under the limits, the highest score
-- first, then the oldest, then the lowest id. A touch is approved in this pass when it has a slot even if all competitors before it get
-- theirs, and refused when those that surely get theirs leave none; the few for which neither is known yet are left to the next pass.
--
-- Params   people, persons bigint[], places int[]: who is locked, for which person they stand (the lowest id of an address), where they are;
--          accounts bigint[]: whose limits count by account; now timestamptz; retry interval (sales, paused journey);
--          zones text[] and day, next_day, week, next_week, month, next_month timestamptz[] by place;
--          quiet_place int[], quiet_channel text[], quiet_until timestamptz[]: where it is quiet; channels, addresses text[]: what can deliver, to which kind of address;
--          context_journeys, context_contacts bigint[]: whom the context of a journey fits; journeys bigint[] or null
-- Reads    journeys_touch, journeys_journey, journeys_enrollment, journeys_step, contacts_contact, contacts_handover, consent_purpose,
--          consent_state, consent_record, consent_suppression, consent_limit, consent_rest, consent_holdout, consent_holdoutmember,
--          consent_preference, contacts_score, contacts_scorevalue, contacts_segmentmember, contacts_segment, journeys_offer,
--          journeys_offergrant, journeys_block, journeys_variant
-- Writes   journeys_touch, orchestrator_verdict, contacts_news
-- Returns  outcome text, reason text, n bigint, how many touches are left for the next pass bigint, how many news there are bigint
-- Index    touch_open, touch_contact_decided, state_contact_purpose, suppression_address, handover_one_open, enrollment_contact
-- Rerun    safe: guarded by the old state; a held touch comes again when its time has come
WITH who AS MATERIALIZED (SELECT * FROM unnest(%(people)s::bigint[], %(persons)s::bigint[], %(places)s::int[]) AS w (id, person, place)),
place AS MATERIALIZED (
    SELECT row_number() OVER () - 1 AS place, p.* FROM unnest(%(zones)s::text[], %(day)s::timestamptz[], %(next_day)s::timestamptz[], %(week)s::timestamptz[],
        %(next_week)s::timestamptz[], %(month)s::timestamptz[], %(next_month)s::timestamptz[]) AS p (zone, day, next_day, week, next_week, month, next_month)
),
channel AS MATERIALIZED (SELECT * FROM unnest(%(channels)s::text[], %(addresses)s::text[]) WITH ORDINALITY AS c (name, address, n)),
line AS MATERIALIZED (SELECT * FROM consent_purpose_line),
weight AS MATERIALIZED (
    SELECT j.id, j.context_factor, j.priority * j.value AS base, s.id AS score_id, j.propensity FROM journeys_journey j
    LEFT JOIN contacts_score s ON s.slug = j.propensity AND j.propensity <> ''
),
fitting AS MATERIALIZED (SELECT * FROM unnest(%(context_journeys)s::bigint[], %(context_contacts)s::bigint[]) AS f (journey_id, contact_id)),
due AS MATERIALIZED (
    SELECT t.id, t.contact_id, t.enrollment_id, t.journey_id, t.step_id, t.block_id, t.channel, t.purpose, t.grant_id, t.expires_at, t.proposed_at, t.state AS old_state,
           w.person, w.place, c.account_id, c.restricted_at, ch.n AS channel_n,
           coalesce(CASE ch.address WHEN 'email' THEN lower(btrim(c.email)) ELSE contacts_address(c, ch.address) END, '') AS address,
           j.slug AS journey, j.state AS journey_state, j.phase, j.priority, j.value,
           CASE WHEN f.contact_id IS NOT NULL THEN j.context_factor END AS context, v.value AS propensity,
           round(g.base * CASE WHEN f.contact_id IS NOT NULL THEN g.context_factor ELSE 1 END * coalesce(v.value / 100.0, 1), 3) AS score
    FROM journeys_touch t
    JOIN who w ON w.id = t.contact_id JOIN contacts_contact c ON c.id = t.contact_id
    JOIN journeys_journey j ON j.id = t.journey_id JOIN weight g ON g.id = t.journey_id
    LEFT JOIN channel ch ON ch.name = t.channel
    LEFT JOIN fitting f ON f.journey_id = t.journey_id AND f.contact_id = t.contact_id LEFT JOIN contacts_scorevalue v ON v.score_id = g.score_id AND v.contact_id = t.contact_id
    WHERE t.state IN ('proposed', 'held') AND t.hold_until <= %(now)s AND t.contact_id = ANY (%(people)s)
      AND (%(journeys)s::bigint[] IS NULL OR t.journey_id = ANY (%(journeys)s::bigint[]))
),
asked AS MATERIALIZED (
    -- gate 3: own purpose first, then what it is a topic of
    SELECT x.id, bool_or(x.needs <> 'none') AS needed, bool_or(x.granted) FILTER (WHERE x.depth = 0) AS granted, max(x.since) FILTER (WHERE x.depth = 0) AS since, max(x.record_id) FILTER (WHERE x.depth = 0) AS record,
           coalesce(substr(min(x.depth || x.against) FILTER (WHERE x.against <> ''), 2), '') AS against
    FROM (
        SELECT d.id, l.depth, l.needs, s.granted, s.since, s.record_id, CASE
            WHEN NOT l.active OR l.depth = 8 AND l.parent_id IS NOT NULL THEN 'no_consent'
            WHEN l.enforcement = 'none' THEN ''
            WHEN d.restricted_at IS NOT NULL THEN 'restricted'
            WHEN l.channel NOT IN ('', d.channel) THEN 'no_consent'
            WHEN l.enforcement = 'opt_out' THEN CASE WHEN s.granted IS FALSE THEN 'unsubscribed' ELSE '' END
            WHEN l.enforcement = 'opt_in' AND s.granted AND (s.basis <> 'existing_customer' OR l.existing_customer) THEN ''
            WHEN (SELECT r.decision FROM consent_record r WHERE r.id = s.record_id) = 'withdrawn' THEN 'unsubscribed'
            ELSE 'no_consent' END AS against
        FROM due d JOIN line l ON l.purpose = d.purpose
        LEFT JOIN consent_state s ON s.contact_id = d.contact_id AND s.purpose_id = l.id
    ) x GROUP BY x.id
),
held_out AS MATERIALIZED (
    SELECT w.person, h.journey, min(h.slug) AS slug
    FROM consent_holdout h JOIN consent_holdoutmember m ON m.holdout_id = h.id JOIN who w ON w.id = m.contact_id WHERE h.active GROUP BY 1, 2
),
wish AS MATERIALIZED (
    SELECT w.person, max(p.paused_until) AS paused_until, bool_or(p.frequency = 'less') AS less FROM consent_preference p JOIN who w ON w.id = p.contact_id GROUP BY 1
),
rested AS MATERIALIZED (
    -- who reached a goal a while ago; nobody is looked up while no rest is active
    SELECT DISTINCT ON (w.person) w.person, r.slug, e.left_at + r.hours * interval '1 hour' AS until
    FROM who w JOIN journeys_enrollment e ON e.contact_id = w.id AND e.reason = 'goal' AND e.left_at <= %(now)s
    JOIN journeys_journey j ON j.id = e.journey_id
    JOIN consent_rest r ON r.active AND r.phase IN ('', j.phase) AND e.left_at > %(now)s - r.hours * interval '1 hour'
    WHERE (SELECT count(*) > 0 FROM consent_rest WHERE active)
    ORDER BY w.person, until DESC, r.slug
),
talk AS MATERIALIZED (SELECT h.id, h.contact_id, h.account_id FROM contacts_handover h WHERE h.state IN ('waiting', 'accepted')),
offered AS MATERIALIZED (
    -- of touches that offer something: what, how long offers rest, and what stands against this one
    SELECT k.id, coalesce(o.slug, s.settings ->> 'offer') AS slug, g.state, g.expires_at, rest.until AS rest_until, other.slug AS other,
           CASE
               WHEN g.id IS NULL THEN 'no_grant'
               WHEN g.state <> 'open' OR g.expires_at <= %(now)s THEN 'not_open'
               WHEN o.state = 'draft' OR o.valid_until <= %(now)s THEN 'not_valid'
               WHEN other.slug IS NOT NULL THEN CASE WHEN other.contact_id = k.contact_id THEN 'other_offer' ELSE 'account_promised' END
               WHEN o.segments <> '[]' AND NOT EXISTS (
                   SELECT 1 FROM contacts_segmentmember m JOIN contacts_segment sg ON sg.id = m.segment_id WHERE m.contact_id = k.contact_id AND o.segments ? sg.slug
               ) THEN 'other_segment' END AS against
    FROM due k JOIN journeys_step s ON s.id = k.step_id
    LEFT JOIN journeys_offergrant g ON g.id = k.grant_id LEFT JOIN journeys_offer o ON o.id = g.offer_id
    LEFT JOIN LATERAL (
        SELECT max(r.rest_until) AS until FROM journeys_offergrant r WHERE r.contact_id = k.contact_id AND r.state = 'declined' AND r.rest_until > %(now)s
    ) rest ON true
    LEFT JOIN LATERAL (
        -- another open offer of the person, or of somebody else at the same account
        SELECT x.slug, og.contact_id FROM contacts_contact b
        JOIN journeys_offergrant og ON og.contact_id = b.id AND og.state = 'open' AND og.expires_at > %(now)s
        JOIN journeys_offer x ON x.id = og.offer_id AND x.slug <> coalesce(o.slug, s.settings ->> 'offer')
        WHERE b.id = k.contact_id OR b.account_id = k.account_id ORDER BY b.id = k.contact_id DESC, og.id LIMIT 1
    ) other ON true
    WHERE k.grant_id IS NOT NULL OR s.settings ->> 'offer' IS NOT NULL
),
fact AS MATERIALIZED (
    SELECT d.*, e.left_at, e.reason AS left_reason, e.arm, e.key AS run_key, e.entered_at, b.reason AS suppression, coalesce(a.needed, true) AS needed, a.granted, a.since AS consent_since, a.record AS consent_record, b.since AS suppressed_since,
           coalesce(a.against, 'no_consent') AS against, coalesce(ho.slug, hj.slug) AS holdout, coalesce(hc.id, ha.id) AS handover,
           r.slug AS rest, r.until AS rest_until, p.paused_until, coalesce(p.less, false) AS less, q.until AS quiet_until, pl.zone, o.rest_until AS offer_rest, o.against AS offer_against,
           to_jsonb(o) - 'id' AS offer
    FROM due d JOIN journeys_enrollment e ON e.id = d.enrollment_id JOIN place pl ON pl.place = d.place
    LEFT JOIN asked a ON a.id = d.id
    LEFT JOIN consent_suppression b ON b.channel = d.channel AND b.address = d.address
    LEFT JOIN held_out ho ON ho.person = d.person AND ho.journey = '' LEFT JOIN held_out hj ON hj.person = d.person AND hj.journey = d.journey
    LEFT JOIN (SELECT contact_id, min(id) AS id FROM talk GROUP BY 1) hc ON hc.contact_id = d.contact_id
    LEFT JOIN (SELECT account_id, min(id) AS id FROM talk GROUP BY 1) ha ON ha.account_id = d.account_id
    LEFT JOIN rested r ON r.person = d.person LEFT JOIN wish p ON p.person = d.person
    LEFT JOIN unnest(%(quiet_place)s::int[], %(quiet_channel)s::text[], %(quiet_until)s::timestamptz[]) AS q (place, channel, until) ON q.place = d.place AND q.channel = d.channel
    LEFT JOIN offered o ON o.id = d.id
),
gated AS MATERIALIZED (
    SELECT f.*, gate.reason AS gate FROM fact f CROSS JOIN LATERAL (SELECT CASE
               WHEN f.left_at IS NOT NULL AND f.left_reason NOT IN ('completed', 'moved_version') OR f.journey_state = 'archived' THEN 'left_journey'
               WHEN f.expires_at <= %(now)s THEN 'expired'
               WHEN f.journey_state NOT IN ('live', 'ending') THEN 'journey_paused'
               -- got at this step of a run that was the same person's under another name
               WHEN EXISTS (
                   SELECT 1 FROM journeys_enrollment m
                   JOIN journeys_touch o ON o.enrollment_id = m.id AND o.state IN ('approved', 'sending', 'sent', 'unknown')
                   JOIN journeys_step os ON os.id = o.step_id JOIN journeys_step ts ON ts.id = f.step_id AND ts.key = os.key
                   WHERE m.contact_id = f.contact_id AND m.journey_id = f.journey_id AND m.key = f.run_key AND m.reason = 'merged' AND m.left_at >= f.entered_at
               ) THEN 'sent_before_merge'
               WHEN f.address = '' THEN 'no_address'
               WHEN f.suppression = 'bounced' THEN 'address_bounced'
               WHEN f.suppression = 'complained' AND f.needed THEN 'complained'
               WHEN f.suppression IS NOT NULL AND (f.needed OR f.suppression NOT IN ('complained', 'objected')) THEN 'suppressed'
               WHEN f.against <> '' THEN f.against
               WHEN NOT f.needed THEN ''
               WHEN f.arm = 'holdout' OR f.holdout IS NOT NULL THEN 'holdout'
               WHEN f.handover IS NOT NULL THEN 'sales_conversation'
               WHEN f.rest IS NOT NULL THEN 'rest_after_goal'
               WHEN f.offer_rest IS NOT NULL THEN 'rest_after_decline'
               WHEN f.paused_until > %(now)s THEN 'paused_by_person'
               WHEN f.quiet_until IS NOT NULL THEN 'quiet_hours'
               WHEN f.offer_against IS NOT NULL THEN 'offer_conflict'
               ELSE '' END AS reason) gate
),
ask AS MATERIALIZED (
    -- every limit that a competitor falls under, whose slot it takes (a person's, or with a minus an account's), and since when touches count
    SELECT k.id, k.score, k.proposed_at, l.id AS limit_id, l.slug, l.most, l.overflow, l.lookahead_hours, l.channel, l.purpose, l.phase, l."window", l.calendar,
           CASE l.per WHEN 'account' THEN -k.account_id ELSE k.person END AS holder,
           CASE l.calendar WHEN 'day' THEN pl.day - interval '1 microsecond' WHEN 'week' THEN pl.week - interval '1 microsecond'
                           WHEN 'month' THEN pl.month - interval '1 microsecond' ELSE %(now)s - l."window" END AS after,
           CASE l.calendar WHEN 'day' THEN pl.next_day WHEN 'week' THEN pl.next_week WHEN 'month' THEN pl.next_month END AS next_period
    FROM gated k JOIN place pl ON pl.place = k.place
    JOIN consent_limit l ON l.active AND l.channel IN ('', k.channel) AND l.phase IN ('', k.phase) AND (l.who = '' OR k.less) AND (l.per = 'person' OR k.account_id IS NOT NULL)
        AND (l.purpose = '' OR EXISTS (SELECT 1 FROM line x WHERE x.purpose = k.purpose AND x.slug = l.purpose))
    WHERE k.gate = '' AND k.needed
),
member AS MATERIALIZED (
    SELECT w.id, w.person, c.account_id FROM who w JOIN contacts_contact c ON c.id = w.id
    UNION ALL
    SELECT c.id, NULL, c.account_id FROM contacts_contact c WHERE c.account_id = ANY (%(accounts)s::bigint[]) AND NOT EXISTS (SELECT 1 FROM who w WHERE w.id = c.id)
),
recent AS MATERIALIZED (
    SELECT h.holder, t.channel, t.purpose, j.phase, t.decided_at
    FROM member m JOIN journeys_touch t ON t.contact_id = m.id AND t.state IN ('approved', 'sending', 'sent', 'unknown') AND t.decided_at <= %(now)s
        AND t.decided_at > %(now)s - (SELECT max(CASE calendar WHEN '' THEN "window" ELSE greatest("window", '31 days') END) + interval '2 days' FROM consent_limit WHERE active)
    JOIN journeys_journey j ON j.id = t.journey_id
    CROSS JOIN LATERAL (VALUES (m.person), (CASE WHEN m.account_id = ANY (%(accounts)s::bigint[]) THEN -m.account_id END)) AS h (holder)
    WHERE h.holder IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM line x WHERE x.purpose = t.purpose AND x.depth = 0 AND x.enforcement = 'none')
),
used AS MATERIALIZED (
    SELECT a.limit_id, a.holder, a.after, count(*) AS n, bool_or(r.decided_at = %(now)s) AS at_now, array_agg(r.decided_at) AS times
    FROM (SELECT DISTINCT limit_id, holder, after, channel, purpose, phase FROM ask) a
    JOIN recent r ON r.holder = a.holder AND r.decided_at > a.after AND a.channel IN ('', r.channel) AND a.phase IN ('', r.phase)
        AND (a.purpose IN ('', r.purpose) OR EXISTS (SELECT 1 FROM line x WHERE x.purpose = r.purpose AND x.slug = a.purpose))
    GROUP BY 1, 2, 3
),
foreseen AS MATERIALIZED (
    -- marketing that is known to come, where some limit looks ahead: touches held until then, and runs whose wait ends then before a message
    SELECT c.person, c.account_id, c.channel, c.purpose, j.phase, c.at,
           round(g.base * CASE WHEN f.contact_id IS NOT NULL THEN g.context_factor ELSE 1 END * coalesce(v.value / 100.0, 1), 3) AS score
    FROM (
        SELECT m.person, m.account_id, t.contact_id, t.journey_id, t.channel, t.purpose, t.hold_until AS at
        FROM member m JOIN journeys_touch t ON t.contact_id = m.id AND t.state = 'held' AND t.hold_until > %(now)s AND t.hold_until < t.expires_at
        UNION ALL
        SELECT m.person, m.account_id, e.contact_id, e.journey_id, s.settings ->> 'channel', s.settings ->> 'purpose', e.due_at
        FROM member m JOIN journeys_enrollment e ON e.contact_id = m.id AND e.left_at IS NULL AND e.due_at > %(now)s
        JOIN journeys_step w ON w.id = e.step_id AND w.kind = 'wait'
        JOIN journeys_step s ON s.id = (w.exits ->> 'next')::bigint AND s.kind = 'send'
    ) c
    JOIN line p ON p.purpose = c.purpose AND p.depth = 0 AND p.enforcement <> 'none'
    JOIN journeys_journey j ON j.id = c.journey_id AND j.state IN ('live', 'ending') JOIN weight g ON g.id = c.journey_id
    LEFT JOIN fitting f ON f.journey_id = c.journey_id AND f.contact_id = c.contact_id LEFT JOIN contacts_scorevalue v ON v.score_id = g.score_id AND v.contact_id = c.contact_id
    WHERE (SELECT max(lookahead_hours) > 0 FROM consent_limit WHERE active)
),
reserve AS MATERIALIZED (
    SELECT a.id, a.limit_id, count(*) AS n, min(f.at) AS until
    FROM ask a JOIN foreseen f ON a.holder IN (f.person, -f.account_id) AND f.score > a.score AND f.at <= %(now)s + a.lookahead_hours * interval '1 hour'
        AND a.channel IN ('', f.channel) AND a.phase IN ('', f.phase)
        AND (a.purpose IN ('', f.purpose) OR EXISTS (SELECT 1 FROM line x WHERE x.purpose = f.purpose AND x.slug = a.purpose))
    WHERE a.lookahead_hours > 0 GROUP BY 1, 2
),
queued AS (
    -- what is joined has no row of its own: FULL says LEFT, but is never planned as a loop over rows that were expected to be one
    SELECT a.*, coalesce(u.n, 0) AS used, coalesce(u.at_now, false) AS at_now, u.times, coalesce(v.n, 0) AS reserved, v.until AS reserved_until,
           row_number() OVER (PARTITION BY a.limit_id, a.holder ORDER BY a.score DESC, a.proposed_at, a.id) - 1 AS ahead
    FROM ask a FULL JOIN used u ON u.limit_id = a.limit_id AND u.holder = a.holder AND u.after = a.after
    FULL JOIN reserve v ON v.id = a.id AND v.limit_id = a.limit_id
),
certain AS (SELECT q.*, bool_and(q.used + q.reserved + q.ahead < q.most) OVER (PARTITION BY q.id) AS surely FROM queued q),
placed AS MATERIALIZED (
    SELECT c.*, count(*) FILTER (WHERE c.surely) OVER (
               PARTITION BY c.limit_id, c.holder ORDER BY c.score DESC, c.proposed_at, c.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken
    FROM certain c
),
full_limit AS MATERIALIZED (
    SELECT p.id, p.slug, p.overflow, p.most, p.used + p.taken AS n, p.used + p.taken >= p.most AS capped, p.at_now OR p.taken > 0 AS at_now, p.reserved_until, p.calendar, p."window",
           CASE WHEN p.most = 0 OR p.used + p.taken < p.most THEN NULL WHEN p.next_period IS NOT NULL THEN p.next_period WHEN p.taken >= p.most THEN %(now)s + p."window"
                ELSE (SELECT t FROM unnest(p.times) t ORDER BY t OFFSET p.used + p.taken - p.most LIMIT 1) + p."window" END AS free_at
    FROM placed p WHERE NOT p.surely AND p.used + p.reserved + p.taken >= p.most
),
capped AS MATERIALIZED (
    -- the limit that frees last speaks for all of them; one that drops goes before one that holds
    SELECT DISTINCT ON (id) id, slug, overflow, capped, at_now, free_at, reserved_until,
           jsonb_agg(jsonb_strip_nulls(jsonb_build_object('limit', slug, 'used', n, 'most', most, 'free_at', free_at, 'reserved_until', reserved_until,
               'overflow', overflow, 'at_now', at_now, 'calendar', nullif(calendar, ''), 'seconds', extract(epoch FROM "window")::bigint))) OVER (PARTITION BY id) AS limits
    FROM full_limit ORDER BY id, capped DESC, overflow = 'drop' DESC, overflow = 'next' DESC, free_at DESC, slug
),
judged AS MATERIALIZED (
    SELECT g.*, c.limits, c.free_at, c.reserved_until, c.overflow, nc.name AS next_channel, CASE
               WHEN g.gate <> '' OR c.id IS NULL THEN g.gate
               WHEN NOT c.capped THEN 'slot_reserved'
               WHEN c.at_now AND c.overflow = 'hold' THEN 'outranked'
               ELSE 'cap_' || c.slug END AS reason
    FROM gated g FULL JOIN capped c ON c.id = g.id FULL JOIN (SELECT id FROM placed WHERE NOT surely GROUP BY id) unsure ON unsure.id = g.id
    LEFT JOIN LATERAL (
        -- the next channel that delivers, for which the content has an approved text and the person an address
        SELECT n.name FROM channel n JOIN contacts_contact p ON p.id = g.contact_id
        WHERE c.capped AND c.overflow = 'next' AND n.n > g.channel_n AND contacts_address(p, n.address) <> ''
          AND EXISTS (SELECT 1 FROM journeys_variant v JOIN journeys_block b ON b.id = v.block_id AND b.state = 'approved' WHERE v.block_id = g.block_id AND v.channel = n.name)
        ORDER BY n.n LIMIT 1
    ) nc ON true
    -- neither sure of a slot nor without one: the next pass knows
    WHERE g.gate <> '' OR c.id IS NOT NULL OR unsure.id IS NULL
),
ruled AS MATERIALIZED (
    SELECT j.*,
           CASE
               WHEN j.reason = '' THEN 'approved' WHEN j.reason = 'expired' THEN 'expired'
               WHEN j.reason IN ('journey_paused', 'sales_conversation', 'rest_after_goal', 'paused_by_person', 'quiet_hours', 'outranked', 'slot_reserved') THEN 'held'
               WHEN j.reason LIKE 'cap\_%%' AND (j.overflow = 'hold' OR j.next_channel IS NOT NULL) THEN 'held'
               ELSE 'suppressed'
           END AS outcome,
           CASE
               WHEN j.reason IN ('journey_paused', 'sales_conversation') THEN least(%(now)s + %(retry)s, j.expires_at)
               WHEN j.reason = 'rest_after_goal' THEN least(j.rest_until, j.expires_at) WHEN j.reason = 'paused_by_person' THEN least(j.paused_until, j.expires_at)
               WHEN j.reason = 'quiet_hours' THEN least(j.quiet_until, j.expires_at) WHEN j.reason = 'slot_reserved' THEN least(j.reserved_until, j.expires_at)
               WHEN j.next_channel IS NOT NULL THEN %(now)s
               WHEN j.reason = 'outranked' OR j.reason LIKE 'cap\_%%' AND j.overflow = 'hold' THEN least(j.free_at, j.expires_at)
           END AS until
    FROM judged j
),
written AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, hold_until, gates, at)
    SELECT r.id, r.contact_id, r.outcome, r.reason, r.until,
           jsonb_build_object(
               'journey', jsonb_build_object('slug', r.journey, 'state', r.journey_state, 'left', r.left_reason, 'expires_at', r.expires_at, 'merged', r.reason = 'sent_before_merge'),
               'address', jsonb_build_object('known', r.address <> '', 'suppression', r.suppression, 'since', r.suppressed_since),
               'consent', jsonb_build_object('purpose', r.purpose, 'needed', r.needed, 'granted', r.granted, 'since', r.consent_since, 'against', r.against, 'record', r.consent_record),
               'holdout', jsonb_build_object('arm', r.arm, 'group', r.holdout),
               'sales', jsonb_build_object('handover', r.handover),
               'rest', jsonb_build_object('goal', r.rest, 'until', r.rest_until, 'paused_until', r.paused_until),
               'quiet_hours', jsonb_build_object('zone', r.zone, 'until', r.quiet_until),
               'caps', coalesce(r.limits, '[]'),
               'priority', jsonb_build_object('priority', r.priority, 'value', r.value, 'score', r.score, 'context', r.context, 'propensity', r.propensity)
           ) || CASE WHEN r.offer IS NULL THEN '{}' ELSE jsonb_build_object('offer', r.offer) END
             || CASE WHEN r.next_channel IS NULL THEN '{}' ELSE jsonb_build_object('next_channel', r.next_channel) END, %(now)s
    FROM ruled r
),
changed AS (
    UPDATE journeys_touch t
    SET state = r.outcome, reason = r.reason, hold_until = r.until, decided_at = %(now)s, channel = coalesce(r.next_channel, t.channel),
        address = CASE WHEN r.outcome = 'approved' THEN r.address ELSE t.address END
    FROM ruled r
    WHERE t.id = r.id AND t.state = r.old_state RETURNING t.state, t.reason, t.contact_id, t.enrollment_id
),
told AS (
    -- who waits at a send step for what becomes of the touch
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT c.contact_id, 'touch', %(now)s
    FROM changed c JOIN journeys_enrollment e ON e.id = c.enrollment_id AND e.left_at IS NULL
    JOIN journeys_step s ON s.id = e.step_id AND s.kind IN ('send', 'survey')
    WHERE c.state <> 'held' AND (c.state <> 'approved' OR s.settings ->> 'then' = 'verdict')
    RETURNING 1
)
SELECT state, reason, count(*), (SELECT count(*) FROM due) - (SELECT count(*) FROM ruled WHERE next_channel IS NULL), (SELECT count(*) FROM told) FROM changed GROUP BY 1, 2
