-- count_events: what the events of one rule give each person: at most so many a day, less the older the day is.
--
-- Params   rule bigint; points numeric; most bigint, null for no quota; decay text; span integer, days of the decay;
--          now timestamptz; days  compiled queryset of contact id, UTC day, count of events; allowed  compiled queryset
--          of the ids of people whose events may be looked at
-- Reads    contacts_event, contacts_contact, consent_state
-- Writes   nothing
-- Returns  contact_id bigint, rule bigint, points numeric, n bigint: a part of a larger statement
-- Index    event_name_at for everybody, event_contact_name_at for some people
-- Rerun    safe: only reads
SELECT counted.contact_id, counted.rule, counted.points, counted.n
FROM (
    SELECT d.contact_id, p.rule,
           p.points * sum(least(d.n, p.most) * CASE p.decay
               WHEN 'linear' THEN round(greatest(0, 1 - (p.today - d.day)::numeric / p.span), 6)
               WHEN 'half_life' THEN round(power(0.5::float8, (p.today - d.day)::float8 / p.span)::numeric, 6)
               ELSE 1 END) AS points,
           sum(least(d.n, p.most))::bigint AS n
    FROM (
        SELECT /*rule*/::bigint AS rule, /*points*/::numeric AS points, /*most*/::bigint AS most, /*decay*/::text AS decay,
               /*span*/::integer AS span, (/*now*/::timestamptz AT TIME ZONE 'UTC')::date AS today
    ) p, (/*days*/) d (contact_id, day, n)
    GROUP BY d.contact_id, p.rule, p.points
) counted
WHERE EXISTS (SELECT 1 FROM (/*allowed*/) allowed (id) WHERE allowed.id = counted.contact_id)
