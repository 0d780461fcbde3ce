-- queue: count what waits in each channel, by where it stands, and since when the oldest could have gone.
--
-- Params   now timestamptz, slow timestamptz: called before this and without an answer
-- Reads    journeys_touch
-- Writes   nothing
-- Returns  channel text, place text, n bigint, oldest timestamptz (of what is due), slow bigint: with a provider for too long
-- Index    touch_to_deliver, touch_open
-- Rerun    safe: reads only
SELECT channel,
       CASE WHEN state = 'sending' THEN 'sending'
            WHEN lease_until IS NULL OR lease_until <= %(now)s THEN 'due'
            WHEN reason = 'rate_limited' THEN 'rate_limited' ELSE 'retried' END AS place,
       count(*) AS n,
       min(coalesce(lease_until, decided_at)) FILTER (WHERE state = 'approved' AND (lease_until IS NULL OR lease_until <= %(now)s)) AS oldest,
       count(*) FILTER (WHERE state = 'sending' AND called_at <= %(slow)s) AS slow
FROM journeys_touch WHERE state IN ('approved', 'sending') GROUP BY 1, 2
UNION ALL
SELECT channel, state, count(*), min(hold_until) FILTER (WHERE hold_until <= %(now)s), 0
FROM journeys_touch WHERE state IN ('proposed', 'held') GROUP BY 1, 2
