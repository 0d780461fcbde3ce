-- enter: take people into a journey for whom its trigger fired, or say why not.
--
-- Params   triggered  part: contact id, key, at, evidence, trigger id; matched  compiled queryset of contact ids that meet the condition of entry;
--          journey, version, step bigint; due interval; zones text[], releases timestamptz[] (first step with a local time, else empty);
--          paused bool; never bool; after text ('leaving' or 'start'); delay interval; late interval; now timestamptz
-- Reads    contacts_signalfiring or contacts_segmentchange, contacts_contact, journeys_enrollment
-- Writes   journeys_enrollment, journeys_transition, journeys_refusal
-- Returns  reason text ('' when taken in), n bigint
-- Index    firing_open or segmentchange_open, enrollment_contact, enrollment_one_open
-- Rerun    safe: triggers are marked as taken in the same statement
WITH param AS MATERIALIZED (
    SELECT /*journey*/::bigint AS journey, /*version*/::bigint AS version, /*step*/::bigint AS step, /*due*/::interval AS due,
           /*zones*/::text[] AS zones, /*releases*/::timestamptz[] AS releases, /*paused*/::boolean AS paused, /*never*/::boolean AS never,
           /*after*/::text AS after, /*delay*/::interval AS delay, /*late*/::interval AS late, /*now*/::timestamptz AS now
),
triggered (contact_id, key, at, evidence) AS MATERIALIZED (/*triggered*/),
matched (id) AS MATERIALIZED (/*matched*/),
candidate AS (
    -- two triggers of one tick for the same run: the first counts
    SELECT DISTINCT ON (contact_id, key) contact_id, key, at, evidence FROM triggered ORDER BY contact_id, key, at
),
judged AS MATERIALIZED (
    SELECT c.contact_id, c.key, least(c.at, p.now) AS at, c.evidence,
           CASE WHEN p.paused THEN 'paused'
                WHEN c.at <= p.now - p.late THEN 'late_event'
                WHEN last.left_at IS NULL AND last.entered_at IS NOT NULL THEN 'already_in'
                WHEN last.entered_at IS NOT NULL AND p.never THEN 'reentry_blocked'
                WHEN last.entered_at IS NOT NULL AND p.after = 'leaving' AND p.delay > interval '0' AND last.left_at > p.now - p.delay THEN 'delay_not_over'
                WHEN last.entered_at IS NOT NULL AND p.after = 'start' AND last.entered_at > p.now - p.delay THEN 'delay_not_over'
                WHEN NOT EXISTS (SELECT 1 FROM matched WHERE matched.id = c.contact_id) THEN 'condition_unmet'
           END AS reason
    FROM candidate c
    CROSS JOIN param p
    LEFT JOIN LATERAL (
        SELECT e.entered_at, e.left_at FROM journeys_enrollment e
        WHERE e.contact_id = c.contact_id AND e.journey_id = p.journey AND e.key = c.key
        ORDER BY e.left_at DESC NULLS FIRST LIMIT 1
    ) last ON true
),
entered AS (
    INSERT INTO journeys_enrollment (contact_id, journey_id, version_id, key, arm, step_id, seq, entered_at, arrived_at, due_at, reason, outcome, evidence)
    SELECT j.contact_id, p.journey, p.version, j.key, '', p.step, 0, j.at, j.at,
           coalesce(zone.release, j.at + p.due), '', '', j.evidence
    FROM judged j
    CROSS JOIN param p
    JOIN contacts_contact c ON c.id = j.contact_id
    LEFT JOIN LATERAL unnest(p.zones, p.releases) AS zone (name, release) ON zone.name = c.time_zone
    WHERE j.reason IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id, contact_id, journey_id, step_id, entered_at
),
arrived AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT id, 0, contact_id, journey_id, NULL, step_id, 'entry', '', p.now FROM entered, param p
),
refused AS (
    INSERT INTO journeys_refusal (contact_id, journey_id, key, reason, at)
    SELECT j.contact_id, p.journey, j.key, j.reason, p.now FROM judged j, param p WHERE j.reason IS NOT NULL
)
SELECT '' AS reason, count(*) AS n FROM entered
UNION ALL
SELECT j.reason, count(*) FROM judged j WHERE j.reason IS NOT NULL GROUP BY 1
