-- competitors: pairs of live journeys that have people in common now, with how many.
--
-- Params   none
-- Reads    journeys_enrollment, journeys_journey
-- Writes   nothing
-- Returns  one bigint, other bigint (one < other), people bigint; most people first
-- Index    enrollment_contact
-- Rerun    safe: only reads
WITH inside AS (
    SELECT DISTINCT e.contact_id, e.journey_id
    FROM journeys_enrollment e
    JOIN journeys_journey j ON j.id = e.journey_id AND j.state IN ('live', 'ending')
    WHERE e.left_at IS NULL
),
together AS (
    SELECT ids, count(*) AS n
    FROM (SELECT array_agg(journey_id ORDER BY journey_id) AS ids FROM inside GROUP BY contact_id HAVING count(*) > 1) one
    GROUP BY ids
)
SELECT one.id, other.id, sum(t.n)::bigint
FROM together t CROSS JOIN LATERAL unnest(t.ids) one (id) JOIN LATERAL unnest(t.ids) other (id) ON one.id < other.id
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
