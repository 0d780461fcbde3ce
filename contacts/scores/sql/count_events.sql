-- count_events: what the events of one rule give each person: at most so many a day, less the older the day is.
--
-- Params   rule bigint; points numeric; most bigint, null for no quota; decay text; span integer, days of the decay;
--          horizon integer, days in which events count;
--          now timestamptz; days  compiled queryset of contact id, UTC day, count of events; allowed  compiled queryset
--          of the ids of people whose events may be looked at
-- Reads    contacts_event, contacts_contact, consent_state
-- Writes   nothing
-- Returns  contact_id bigint, rule bigint, points numeric, n bigint: a part of a larger statement
-- Index    event_name_at for everybody, event_contact_name_at for some people
-- Rerun    safe: only reads
SELECT counted.contact_id, counted.rule, counted.points, counted.n
FROM (
    -- what is left of a point stands in millionths: whole numbers add up exactly, and faster than decimals
    SELECT d.contact_id, p.rule, p.points * sum(least(d.n, p.most) * aged.millionths) * 0.000001 AS points,
           sum(least(d.n, p.most))::bigint AS n
    FROM (SELECT /*rule*/::bigint AS rule, /*points*/::numeric AS points, /*most*/::bigint AS most) p,
         (/*days*/) d (contact_id, day, n)
    JOIN (
        SELECT q.today - age AS day,
               CASE q.decay
                   WHEN 'linear' THEN round(greatest(0, 1 - age::numeric / q.span) * 1000000)::bigint
                   WHEN 'half_life' THEN (round(power(0.5::float8, age::float8 / q.span)::numeric, 6) * 1000000)::bigint
                   ELSE 1000000 END AS millionths
        FROM (
            SELECT /*decay*/::text AS decay, /*span*/::integer AS span, /*horizon*/::integer AS horizon,
                   (/*now*/::timestamptz AT TIME ZONE 'UTC')::date AS today
        ) q, generate_series(0, q.horizon - 1) age
    ) aged ON aged.day = d.day
    GROUP BY d.contact_id, p.rule, p.points
) counted
-- IS TRUE keeps the set a hash: nobody knows beforehand how many people will have been counted
WHERE (counted.contact_id IN (/*allowed*/)) IS TRUE
