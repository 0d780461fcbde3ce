-- hold: put off, or bring forward, when people at a step go on.
--
-- Params   wanted  compiled queryset over open enrollments at the step: id, when (null: at once); now timestamptz;
--          over bool: also a time that is over is written as it is
-- Reads    journeys_enrollment and whatever the moment is made of
-- Writes   journeys_enrollment
-- Returns  nothing; the row count is for how many it changed
-- Index    enrollment_due
-- Rerun    safe: guarded by the time that is written
WITH wanted (id, at) AS MATERIALIZED (/*wanted*/),
param AS MATERIALIZED (SELECT /*now*/::timestamptz AS now, /*over*/::boolean AS over),
settled AS (SELECT w.id, CASE WHEN p.over THEN coalesce(w.at, p.now) ELSE greatest(coalesce(w.at, p.now), p.now) END AS at FROM wanted w, param p)
UPDATE journeys_enrollment e SET due_at = w.at
FROM settled w
WHERE e.id = w.id AND e.left_at IS NULL AND e.due_at IS DISTINCT FROM w.at
