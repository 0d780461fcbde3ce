-- refresh: write the difference between what a score comes to and what is stored.
--
-- Params   points  compiled parts of contact id, rule, points, n; score bigint; now timestamptz;
--          scope   bigint[] or null for everybody; most bigint
-- Reads    contacts_contact, contacts_event and whatever the rules name, contacts_scorevalue
-- Writes   contacts_scorevalue
-- Returns  n bigint: for how many people the value changed (0 is a value, also without a row);
--          contacts bigint[]: who they are, as many as `most`
-- Index    scorevalue_once
-- Rerun    safe: only differences are written
WITH points (contact_id, rule, points, n) AS (/*points*/),
param AS MATERIALIZED (SELECT /*score*/::bigint AS score, /*now*/::timestamptz AS at, /*scope*/::bigint[] AS scope),
summed AS (
    SELECT contact_id, least(100, greatest(0, round(sum(points))))::smallint AS value,
           coalesce(
               jsonb_agg(
                   jsonb_build_object('rule', rule, 'points', trim_scale(round(points, 2)), 'n', n)
                   ORDER BY abs(round(points, 2)) DESC, rule
               ) FILTER (WHERE round(points, 2) <> 0),
               '[]'
           ) AS factors
    FROM points
    GROUP BY contact_id
),
wanted AS (
    SELECT * FROM summed WHERE value > 0 OR factors <> '[]'
),
stored AS (
    SELECT v.contact_id, v.value, v.factors
    FROM param p JOIN contacts_scorevalue v ON v.score_id = p.score
    WHERE p.scope IS NULL
    UNION ALL  -- one look-up a person: "= ANY (scope)" as a filter would compare every row with every id
    SELECT v.contact_id, v.value, v.factors
    FROM param p CROSS JOIN LATERAL (SELECT DISTINCT unnest(p.scope) AS id) one
    JOIN contacts_scorevalue v ON v.score_id = p.score AND v.contact_id = one.id
),
differing AS MATERIALIZED (
    SELECT coalesce(wanted.contact_id, stored.contact_id) AS contact_id, wanted.value, wanted.factors, stored.value AS before
    FROM wanted FULL JOIN stored ON stored.contact_id = wanted.contact_id
    WHERE (wanted.value, wanted.factors) IS DISTINCT FROM (stored.value, stored.factors)
),
gone AS (
    DELETE FROM contacts_scorevalue v USING differing d, param p
    WHERE v.score_id = p.score AND v.contact_id = d.contact_id AND d.value IS NULL
),
kept AS (
    UPDATE contacts_scorevalue v
    SET value = d.value, factors = d.factors, since = CASE WHEN d.value = d.before THEN v.since ELSE p.at END
    FROM differing d, param p
    WHERE v.score_id = p.score AND v.contact_id = d.contact_id AND d.value IS NOT NULL AND d.before IS NOT NULL
),
made AS (
    INSERT INTO contacts_scorevalue (score_id, contact_id, value, factors, since)
    SELECT p.score, d.contact_id, d.value, d.factors, p.at FROM differing d, param p WHERE d.before IS NULL
    ON CONFLICT (score_id, contact_id) DO NOTHING
)
SELECT count(*),
       ARRAY(SELECT contact_id FROM differing WHERE coalesce(value, 0) <> coalesce(before, 0) LIMIT /*most*/::bigint)
FROM differing
WHERE coalesce(value, 0) <> coalesce(before, 0)
