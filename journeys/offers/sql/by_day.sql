-- by_day: what became of an offer, day by day in the team's zone.
--
-- Params   offer bigint; since timestamptz; zone text
-- Reads    journeys_offergrant
-- Writes   nothing
-- Returns  day date, what text (made, or the state it came to), n bigint
-- Index    the foreign key of journeys_offergrant
-- Rerun    safe: only reads
SELECT (at AT TIME ZONE %(zone)s)::date AS day, what, count(*)
FROM journeys_offergrant g
CROSS JOIN LATERAL (VALUES ('made', g.granted_at), (g.state, CASE WHEN g.state <> 'open' THEN g.answered_at END)) AS one (what, at)
WHERE g.offer_id = %(offer)s AND at >= %(since)s
GROUP BY 1, 2 ORDER BY 1, 2
