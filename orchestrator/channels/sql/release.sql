-- release: end the claims of workers that did not come back.
--
-- Params   now timestamptz
-- Reads    nothing
-- Writes   journeys_touch
-- Returns  state text, n bigint: "approved" is tried again, "unknown" was with the provider and never sent again blindly
-- Index    touch_to_deliver
-- Rerun    safe: guarded by the old state
WITH over AS (
    SELECT id FROM journeys_touch WHERE state = 'sending' AND lease_until <= %(now)s ORDER BY id FOR UPDATE SKIP LOCKED
),
released AS (
    UPDATE journeys_touch t
    SET state = CASE WHEN t.called_at IS NULL THEN 'approved' ELSE 'unknown' END,
        reason = CASE WHEN t.called_at IS NULL THEN '' ELSE 'unknown_outcome' END,
        claim = NULL,
        lease_until = NULL
    FROM over WHERE t.id = over.id
    RETURNING t.state
)
SELECT state, count(*) FROM released GROUP BY state
