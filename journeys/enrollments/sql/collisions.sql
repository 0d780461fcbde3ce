-- collisions: which other journeys talk to the people of a journey, and on which days both did.
--
-- Params   audience  part: ids of the people of the journey; journey bigint (0 for one that has none yet); since, now timestamptz
-- Reads    journeys_enrollment, journeys_touch, journeys_journey, contacts_contact
-- Writes   nothing
-- Returns  journey_id bigint, people bigint (of the audience, in that journey now), touched bigint (people it touched since),
--          days bigint (days of a person on which both touched), last_day date (null: none)
-- Index    enrollment_contact, touch_contact_decided
-- Rerun    safe: only reads
WITH param AS MATERIALIZED (SELECT /*journey*/::bigint AS journey, /*since*/::timestamptz AS since, /*now*/::timestamptz AS now),
mine (id) AS MATERIALIZED (/*audience*/),
other AS MATERIALIZED (
    SELECT j.id FROM journeys_journey j, param p WHERE j.state IN ('live', 'ending') AND j.id <> p.journey
),
inside AS (
    SELECT e.journey_id, count(DISTINCT e.contact_id) AS people
    FROM mine m
    JOIN journeys_enrollment e ON e.contact_id = m.id AND e.left_at IS NULL
    JOIN other o ON o.id = e.journey_id
    GROUP BY 1
),
touched AS MATERIALIZED (
    SELECT t.journey_id, t.contact_id, (t.decided_at AT TIME ZONE c.time_zone)::date AS day
    FROM param p
    CROSS JOIN mine m
    JOIN contacts_contact c ON c.id = m.id
    JOIN journeys_touch t ON t.contact_id = m.id AND t.decided_at > p.since AND t.decided_at <= p.now
    WHERE t.state IN ('approved', 'sending', 'sent', 'unknown')
    GROUP BY 1, 2, 3
),
both_days AS (
    SELECT theirs.journey_id, count(*) AS days, max(theirs.day) AS last_day
    FROM touched theirs
    JOIN other o ON o.id = theirs.journey_id
    JOIN touched ours ON ours.contact_id = theirs.contact_id AND ours.day = theirs.day
    JOIN param p ON ours.journey_id = p.journey
    GROUP BY 1
),
reached AS (
    SELECT t.journey_id, count(DISTINCT t.contact_id) AS people FROM touched t JOIN other o ON o.id = t.journey_id GROUP BY 1
)
SELECT o.id, coalesce(i.people, 0), coalesce(r.people, 0), coalesce(b.days, 0), b.last_day
FROM other o
LEFT JOIN inside i ON i.journey_id = o.id
LEFT JOIN reached r ON r.journey_id = o.id
LEFT JOIN both_days b ON b.journey_id = o.id
WHERE coalesce(i.people, 0) + coalesce(r.people, 0) > 0
ORDER BY coalesce(b.days, 0) DESC, coalesce(i.people, 0) DESC, o.id
