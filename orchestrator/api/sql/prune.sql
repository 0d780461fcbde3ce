-- prune: forget all but the newest requests of each source.
--
-- Params   kept  int, how many of each source stay
-- Reads    orchestrator_arrival
-- Writes   orchestrator_arrival
-- Returns  nothing
-- Index    arrival_source
-- Rerun    safe: nothing is left to forget
WITH RECURSIVE sources (source) AS (
    -- from source to source along the index, however many requests each of them has
    (SELECT source FROM orchestrator_arrival ORDER BY source LIMIT 1)
    UNION ALL
    SELECT (SELECT a.source FROM orchestrator_arrival a WHERE a.source > sources.source ORDER BY a.source LIMIT 1)
    FROM sources WHERE sources.source IS NOT NULL
), oldest AS (
    SELECT source, (
        SELECT a.id FROM orchestrator_arrival a WHERE a.source = sources.source ORDER BY a.id DESC OFFSET %(kept)s LIMIT 1
    ) AS id FROM sources WHERE source IS NOT NULL
)
DELETE FROM orchestrator_arrival a USING oldest WHERE a.source = oldest.source AND a.id <= oldest.id
