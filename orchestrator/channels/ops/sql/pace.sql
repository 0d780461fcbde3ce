-- pace: how many messages of each channel went out in the last minutes.
--
-- Params   now, since timestamptz
-- Reads    journeys_touch
-- Writes   nothing
-- Returns  channel text, n bigint, seconds float: since the first of them
-- Index    touch_sent_brin
-- Rerun    safe: reads only
SELECT channel, count(*), extract(epoch FROM %(now)s - min(sent_at))::float
FROM journeys_touch WHERE sent_at > %(since)s AND sent_at <= %(now)s GROUP BY channel
