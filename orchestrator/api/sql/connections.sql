-- connections: for every source with a key, when it was last seen and what came in within a day.
--
-- Params   since  timestamptz, a day ago; kept  int, how many of the newest requests are looked at
-- Reads    orchestrator_apikey, orchestrator_arrival
-- Writes   nothing
-- Returns  source, last seen, items taken, items refused (both since), whether there may have been more, last problem, its time
-- Index    arrival_source
-- Rerun    safe: reads only
SELECT s.source, recent.*
FROM (SELECT DISTINCT source FROM orchestrator_apikey) s
LEFT JOIN LATERAL (
    SELECT max(a.at) AS last_at,
        COALESCE(sum(a.accepted) FILTER (WHERE a.at > %(since)s), 0) AS accepted,
        COALESCE(sum(a.rejected) FILTER (WHERE a.at > %(since)s), 0) AS rejected,
        COALESCE(count(*) = %(kept)s AND min(a.at) > %(since)s, false) AS more,
        (array_agg(a.problem ORDER BY a.id DESC) FILTER (WHERE a.problem <> ''))[1] AS problem,
        max(a.at) FILTER (WHERE a.problem <> '') AS problem_at
    FROM (
        SELECT * FROM orchestrator_arrival WHERE source = s.source ORDER BY id DESC LIMIT %(kept)s
    ) a
) recent ON true
ORDER BY recent.last_at DESC NULLS LAST, s.source
