-- roll up phases: people in each phase at the end of each local day, who came, who went on, who fell back.
--
-- Params   zone     text, the team's time zone
--          first    date, the first local day
--          last     date, the last local day
--          phases   text[], the phases in their order
-- Reads    contacts_contact, contacts_stage, contacts_stagechange
-- Writes   reporting_dailyvalue
-- Returns  nothing
-- Index    dailyvalue_once; contacts_contact is read once, contacts_stagechange from the first day on
-- Rerun    safe: the same figures are written over
WITH phase AS (SELECT name AS phase, place FROM unnest(%(phases)s::text[]) WITH ORDINALITY AS p (name, place)),
day AS (SELECT generate_series(%(first)s::date, %(last)s::date, interval '1 day')::date AS on_day),
move AS (
    SELECT (c.at AT TIME ZONE %(zone)s)::date AS on_day, p.phase AS from_phase, p.place AS from_place,
           q.phase AS to_phase, q.place AS to_place, count(*) AS n
      FROM contacts_stagechange c
      JOIN contacts_stage t ON t.id = c.to_stage_id
      JOIN phase q ON q.phase = t.phase
      LEFT JOIN contacts_stage f ON f.id = c.from_stage_id
      LEFT JOIN phase p ON p.phase = f.phase
     WHERE c.at >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
       AND p.phase IS DISTINCT FROM q.phase
     GROUP BY 1, 2, 3, 4, 5
),
present AS (
    SELECT s.phase, count(*) AS n FROM contacts_contact c JOIN contacts_stage s ON s.id = c.stage_id GROUP BY s.phase
),
-- who is there now, less what happened after the day: right for past days too
people AS (
    SELECT d.on_day, p.phase,
           coalesce((SELECT n FROM present WHERE present.phase = p.phase), 0)
         - coalesce((SELECT sum(n) FROM move WHERE to_phase = p.phase AND move.on_day > d.on_day), 0)
         + coalesce((SELECT sum(n) FROM move WHERE from_phase = p.phase AND move.on_day > d.on_day), 0) AS n
      FROM day d CROSS JOIN phase p
),
figure AS (
    SELECT on_day, phase, 'people' AS metric, n FROM people
    UNION ALL
    SELECT d.on_day, p.phase, m.metric,
           coalesce(sum(v.n) FILTER (WHERE m.metric = 'arrived' AND v.to_phase = p.phase), 0)
         + coalesce(sum(v.n) FILTER (WHERE m.metric = 'moved_on' AND v.from_phase = p.phase AND v.to_place > v.from_place), 0)
         + coalesce(sum(v.n) FILTER (WHERE m.metric = 'moved_back' AND v.from_phase = p.phase AND v.to_place < v.from_place), 0)
      FROM day d
     CROSS JOIN phase p
     CROSS JOIN (VALUES ('arrived'), ('moved_on'), ('moved_back')) AS m (metric)
      LEFT JOIN move v ON v.on_day = d.on_day
     GROUP BY d.on_day, p.phase, m.metric
)
INSERT INTO reporting_dailyvalue ("on", metric, phase, journey_id, value)
SELECT on_day, metric, phase, NULL, n FROM figure
ON CONFLICT ("on", metric, phase, journey_id) DO UPDATE SET value = EXCLUDED.value
 WHERE reporting_dailyvalue.value IS DISTINCT FROM EXCLUDED.value
