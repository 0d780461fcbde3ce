-- awarded: what the points that journeys gave come to for each person, less the older they are.
--
-- Params   score bigint; decay text; span integer, days of the decay; horizon integer, days in which points count;
--          scope bigint[] or null for everybody; now timestamptz
-- Reads    contacts_scoreaward
-- Writes   nothing
-- Returns  contact_id bigint, rule bigint (0), points numeric, n bigint: a part of a larger statement
-- Index    the foreign keys of contacts_scoreaward
-- Rerun    safe: only reads
SELECT w.contact_id, 0::bigint, sum(w.points * CASE p.decay
           WHEN 'linear' THEN round(greatest(0, 1 - w.age::numeric / p.span), 6)
           WHEN 'half_life' THEN round(power(0.5::float8, w.age::float8 / p.span)::numeric, 6)
           ELSE 1 END), count(*)
FROM (
    SELECT /*score*/::bigint AS score, /*decay*/::text AS decay, /*span*/::integer AS span, /*horizon*/::integer AS horizon,
           /*scope*/::bigint[] AS scope, /*now*/::timestamptz AS now
) p
CROSS JOIN LATERAL (
    SELECT a.contact_id, a.points, (p.now AT TIME ZONE 'UTC')::date - (a.at AT TIME ZONE 'UTC')::date AS age
    FROM contacts_scoreaward a
    WHERE a.score_id = p.score AND a.at <= p.now AND (p.scope IS NULL OR a.contact_id = ANY (p.scope))
) w
WHERE w.age < p.horizon
GROUP BY w.contact_id
