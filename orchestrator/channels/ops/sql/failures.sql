-- failures: count what providers refused or did not take, by channel and their words.
--
-- Params   since timestamptz; most int
-- Reads    orchestrator_attempt
-- Writes   nothing
-- Returns  channel, provider, outcome, code, words text; n bigint; last timestamptz
-- Index    attempt_at_brin
-- Rerun    safe: reads only
SELECT channel, provider, outcome, code, words, count(*) AS n, max(at) AS last
FROM orchestrator_attempt WHERE at > %(since)s AND outcome IN ('rejected', 'unavailable', 'unknown')
GROUP BY channel, provider, outcome, code, words
ORDER BY n DESC, last DESC LIMIT %(most)s
