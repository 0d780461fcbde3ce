-- collision counts: for every live journey, how many others have some of its people in them now.
--
-- Params   none
-- Reads    journeys_enrollment, journeys_journey
-- Writes   nothing
-- Returns  journey_id bigint, n bigint; journeys that share nobody are left out
-- Index    enrollment_contact
-- Rerun    safe: only reads
WITH inside AS (
    SELECT DISTINCT e.contact_id, e.journey_id
    FROM journeys_enrollment e
    JOIN journeys_journey j ON j.id = e.journey_id AND j.state IN ('live', 'ending')
    WHERE e.left_at IS NULL
),
together AS (  -- few: people are alike in where they are
    SELECT DISTINCT array_agg(journey_id ORDER BY journey_id) AS ids FROM inside GROUP BY contact_id HAVING count(*) > 1
)
SELECT one.id, count(DISTINCT other.id)
FROM together t
CROSS JOIN LATERAL unnest(t.ids) one (id)
JOIN LATERAL unnest(t.ids) other (id) ON other.id <> one.id
GROUP BY one.id
