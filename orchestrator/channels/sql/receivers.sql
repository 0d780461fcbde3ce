-- receivers: keep which webhook steps have a receiver that does not answer, and which one said that it is gone.
--
-- Params   away, well, gone bigint[]: ids of steps; now timestamptz
-- Reads    nothing
-- Writes   orchestrator_receiver
-- Returns  step_id of each that is away or gone
-- Index    orchestrator_receiver_pkey
-- Rerun    safe: since when stays as it was
WITH back AS (
    UPDATE orchestrator_receiver SET away_since = NULL WHERE step_id = ANY (%(well)s::bigint[]) AND away_since IS NOT NULL
)
INSERT INTO orchestrator_receiver AS r (step_id, away_since, tried_at, gone_at)
SELECT step_id, CASE WHEN NOT step_id = ANY (%(gone)s::bigint[]) THEN %(now)s::timestamptz END, %(now)s, CASE WHEN step_id = ANY (%(gone)s::bigint[]) THEN %(now)s::timestamptz END
FROM unnest(%(away)s::bigint[] || %(gone)s::bigint[]) AS u (step_id)
GROUP BY step_id ORDER BY step_id
ON CONFLICT (step_id) DO UPDATE SET away_since = coalesce(r.away_since, EXCLUDED.away_since), tried_at = EXCLUDED.tried_at, gone_at = coalesce(r.gone_at, EXCLUDED.gone_at)
RETURNING r.step_id
