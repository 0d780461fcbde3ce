-- enter: take people into a journey for whom its trigger fired, or say why not.
--
-- Params   triggered  part: contact, key, at, evidence, source, id in the queue or null, retried until or null;
--          people  compiled queryset over contacts among the candidates: id, truth of the condition (three-valued), lacks only
--          profiling consent, excluded, welcome; journey, version, step bigint; state text; due interval (the wait at the first
--          step); never bool; after text ('leaving' or 'start');
--          delay, late, retry interval; exclude text; person, hour, day, total, most_open bigint or null; told text (news of those
--          who enter, or empty); now timestamptz; slug, purpose text, of the journey
-- Reads    contacts_signalfiring, contacts_segmentchange, contacts_contact, journeys_enrollment, journeys_transition,
--          consent_holdout, consent_holdoutmember, consent_purpose
-- Writes   journeys_enrollment, journeys_transition, journeys_refusal, journeys_trigger, contacts_news
-- Returns  reason text ('' when taken in, 'waiting' when tried again), n bigint, who was taken in bigint[]
-- Index    contact_restricted; firing_open, segmentchange_open or trigger_open; enrollment_contact, enrollment_one_open, transition_journey_at,
--          the foreign key of consent_holdoutmember
-- Rerun    safe: triggers are marked as taken in the same transaction
WITH param AS MATERIALIZED (
    SELECT /*journey*/::bigint AS journey, /*version*/::bigint AS version, /*step*/::bigint AS step, /*state*/::text AS state,
           /*due*/::interval AS due, /*never*/::boolean AS never,
           /*after*/::text AS after, /*delay*/::interval AS delay, /*late*/::interval AS late, /*retry*/::interval AS retry,
           /*exclude*/::text AS exclude, /*person*/::bigint AS person, /*hour*/::bigint AS hour, /*day*/::bigint AS day,
           /*total*/::bigint AS total, /*most_open*/::bigint AS most_open, /*told*/::text AS told, /*now*/::timestamptz AS now,
           /*slug*/::text AS slug, /*purpose*/::text AS purpose
),
candidate (contact_id, key, at, evidence, source, queued, retry_until) AS MATERIALIZED (/*triggered*/),
person (id, truth, lacks, excluded, welcome) AS MATERIALIZED (/*people*/),
used AS MATERIALIZED (
    -- counted only where there is such a limit, and no further than it goes
    SELECT CASE WHEN p.hour IS NOT NULL THEN (
               SELECT count(*) FROM journeys_transition t
               WHERE t.journey_id = p.journey AND t.seq = 0 AND t.at > p.now - interval '1 hour' AND t.at <= p.now) END AS hour,
           CASE WHEN p.day IS NOT NULL THEN (
               SELECT count(*) FROM journeys_transition t
               WHERE t.journey_id = p.journey AND t.seq = 0 AND t.at > p.now - interval '1 day' AND t.at <= p.now) END AS day,
           CASE WHEN p.total IS NOT NULL THEN (
               SELECT count(*) FROM (SELECT 1 FROM journeys_enrollment e WHERE e.journey_id = p.journey LIMIT p.total) one) END AS total
    FROM param p
),
judged AS MATERIALIZED (
    SELECT c.contact_id, c.key, least(c.at, p.now) AS at, c.evidence, c.source, c.queued, c.retry_until,
           past.since, past.entered_at, past.left_at, past.runs, elsewhere.n AS elsewhere, who.truth,
           coalesce(held.everywhere, held.here) AS holdout, coalesce(held.walks, false) AS walks,
           CASE WHEN p.state <> 'live' THEN 'paused'
                WHEN EXISTS (SELECT FROM contacts_contact r WHERE r.id = c.contact_id AND r.restricted_at IS NOT NULL) THEN 'restricted'
                WHEN c.retry_until IS NULL AND c.at <= p.now - p.late THEN 'late_event'
                WHEN past.since IS NOT NULL THEN 'already_in'
                WHEN past.entered_at IS NOT NULL AND p.never THEN 'reentry_blocked'
                WHEN p.after = 'leaving' AND p.delay > interval '0' AND past.left_at > p.now - p.delay THEN 'delay_not_over'
                WHEN p.after = 'start' AND past.entered_at > p.now - p.delay THEN 'delay_not_over'
                WHEN who.excluded THEN 'excluded'
                WHEN held.everywhere IS NOT NULL THEN 'holdout_global'
                WHEN held.here IS NOT NULL THEN 'holdout_journey'
                WHEN NOT who.welcome THEN 'no_profiling_consent'
                WHEN NOT who.truth THEN 'condition_unmet'
                WHEN who.truth IS NULL AND coalesce(c.retry_until, p.now + p.retry) > p.now THEN 'waiting'
                WHEN who.truth IS NULL AND who.lacks THEN 'no_profiling_consent'
                WHEN who.truth IS NULL THEN 'condition_unmet'
           END AS reason
    FROM candidate c
    CROSS JOIN param p
    JOIN person who ON who.id = c.contact_id
    LEFT JOIN LATERAL (
        SELECT min(e.entered_at) FILTER (WHERE e.key = c.key AND e.left_at IS NULL) AS since, max(e.entered_at) FILTER (WHERE e.key = c.key) AS entered_at,
               max(e.left_at) FILTER (WHERE e.key = c.key) AS left_at, count(*) AS runs
        FROM journeys_enrollment e
        WHERE e.contact_id = c.contact_id AND e.journey_id = p.journey AND e.reason <> 'merged'
    ) past ON true
    LEFT JOIN LATERAL (
        -- nobody is in one journey more by another run of a journey they are in
        SELECT count(DISTINCT e.journey_id) FILTER (WHERE e.journey_id <> p.journey) * (1 - max((e.journey_id = p.journey)::int)) AS n
        FROM journeys_enrollment e WHERE p.most_open > 0 AND e.contact_id = c.contact_id AND e.left_at IS NULL
    ) elsewhere ON true
    LEFT JOIN LATERAL (
        -- groups held out of everything or of this journey: who stays out is refused, who walks is measured; contracts go on
        SELECT min(h.slug) FILTER (WHERE NOT h.walks AND h.journey = '') AS everywhere, min(h.slug) FILTER (WHERE NOT h.walks AND h.journey <> '') AS here,
               bool_or(h.walks) AS walks
        FROM consent_holdoutmember m JOIN consent_holdout h ON h.id = m.holdout_id AND h.active AND h.journey IN ('', p.slug)
        WHERE m.contact_id = c.contact_id AND NOT EXISTS (SELECT 1 FROM consent_purpose u WHERE u.slug = p.purpose AND u.enforcement = 'none')
    ) held ON true
),
turned AS (
    -- of several triggers for the same run in one tick the first counts
    SELECT j.*, row_number() OVER (PARTITION BY j.contact_id, j.key, j.reason IS NULL ORDER BY j.at, j.source) AS turn FROM judged j
),
personal AS (
    SELECT t.*,
           CASE WHEN t.reason IS NULL AND t.turn = 1 THEN
               CASE WHEN t.runs + row_number() OVER (PARTITION BY t.contact_id, t.reason IS NULL AND t.turn = 1 ORDER BY t.at, t.key) > p.person
                    THEN 'limit_person'
                    WHEN p.most_open > 0 AND t.elsewhere >= p.most_open THEN 'limit_open_journeys' END
           END AS limited
    FROM turned t, param p
),
placed AS (
    SELECT s.*, row_number() OVER (PARTITION BY s.reason IS NULL AND s.turn = 1 AND s.limited IS NULL ORDER BY s.at, s.contact_id, s.key) AS place
    FROM personal s
),
settled AS (
    SELECT q.*, coalesce(q.reason, q.limited,
                         CASE WHEN q.turn = 1 AND q.place > least(p.hour - u.hour, p.day - u.day, p.total - u.total) THEN 'limit_journey' END) AS refused
    FROM placed q, param p, used u
),
verdict AS MATERIALIZED (
    SELECT s.contact_id, s.key, s.at, s.evidence, s.source, s.queued, s.retry_until, s.since, s.entered_at, s.left_at, s.runs, s.elsewhere, s.truth, s.holdout, s.walks,
           CASE WHEN s.reason IS NULL AND s.turn > 1
                THEN coalesce(first_value(s.refused) OVER (PARTITION BY s.contact_id, s.key, s.reason IS NULL ORDER BY s.turn), 'already_in')
                ELSE s.refused END AS reason
    FROM settled s
),
entered AS (
    INSERT INTO journeys_enrollment (contact_id, journey_id, version_id, key, arm, step_id, seq, entered_at, arrived_at, due_at, reason, outcome, evidence)
    SELECT v.contact_id, p.journey, p.version, v.key, CASE WHEN v.walks THEN 'holdout' ELSE '' END, p.step, 0, v.at, v.at,
           v.at + p.due, '', '', v.evidence
    FROM verdict v
    CROSS JOIN param p
    JOIN contacts_contact c ON c.id = v.contact_id
    WHERE v.reason IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id, contact_id, journey_id, step_id, evidence
),
arrived AS (
    INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)
    SELECT e.id, 0, e.contact_id, e.journey_id, NULL, e.step_id, 'entry', '', p.now FROM entered e, param p
),
told AS (
    -- a run that another journey opened tells a moment later: two journeys that open each other never keep one pulse busy
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT e.contact_id, p.told, CASE WHEN jsonb_exists(e.evidence, 'run') THEN p.now + interval '1 second' ELSE p.now END
    FROM entered e, param p WHERE p.told <> ''
),
refused AS (
    INSERT INTO journeys_refusal (contact_id, journey_id, key, reason, details, at)
    SELECT v.contact_id, p.journey, v.key, v.reason,
           jsonb_strip_nulls(jsonb_build_object('source', v.source, 'triggered_at', v.at) || CASE v.reason
               WHEN 'paused' THEN jsonb_build_object('state', p.state)
               WHEN 'late_event' THEN jsonb_build_object('late_after', extract(epoch FROM p.late))
               WHEN 'already_in' THEN jsonb_build_object('since', coalesce(v.since, v.at))
               WHEN 'reentry_blocked' THEN jsonb_build_object('entered_at', v.entered_at)
               WHEN 'delay_not_over' THEN jsonb_build_object('until', CASE WHEN p.after = 'start' THEN v.entered_at ELSE v.left_at END + p.delay)
               WHEN 'excluded' THEN jsonb_build_object('segment', p.exclude)
               WHEN 'holdout_global' THEN jsonb_build_object('holdout', v.holdout)
               WHEN 'holdout_journey' THEN jsonb_build_object('holdout', v.holdout)
               WHEN 'condition_unmet' THEN jsonb_build_object('truth', coalesce(v.truth::text, 'unknown'), 'tried_until', v.retry_until)
               WHEN 'no_profiling_consent' THEN jsonb_build_object('tried_until', v.retry_until)
               WHEN 'limit_person' THEN jsonb_build_object('limit', p.person, 'runs', v.runs)
               WHEN 'limit_journey' THEN jsonb_build_object('hour', p.hour, 'in_hour', u.hour, 'day', p.day, 'in_day', u.day, 'all', p.total, 'in_all', u.total)
               WHEN 'limit_open_journeys' THEN jsonb_build_object('limit', p.most_open, 'open', v.elsewhere)
               ELSE '{}' END),
           p.now
    FROM verdict v, param p, used u WHERE v.reason <> 'waiting'
),
retried AS (
    UPDATE journeys_trigger t SET retry_until = p.now + p.retry
    FROM verdict v, param p WHERE t.id = v.queued AND v.reason = 'waiting' AND t.retry_until IS NULL
),
kept AS (
    INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at, retry_until)
    SELECT p.journey, v.contact_id, v.source, v.key, v.evidence, v.at, p.now + p.retry
    FROM verdict v, param p WHERE v.reason = 'waiting' AND v.queued IS NULL
    ON CONFLICT DO NOTHING
),
taken AS (
    UPDATE journeys_trigger t SET taken_at = p.now
    FROM verdict v, param p WHERE t.id = v.queued AND v.reason IS DISTINCT FROM 'waiting'
)
SELECT '' AS reason, count(*) AS n, coalesce(array_agg(contact_id), '{}') AS people FROM entered
UNION ALL
SELECT v.reason, count(*), '{}' FROM verdict v WHERE v.reason IS NOT NULL GROUP BY 1
