-- roll up journeys: people in each journey at the end of each local day, entries, goals, exits, messages, clicks.
--
-- Params   zone     text, the team's time zone
--          first    date, the first local day
--          last     date, the last local day
-- Reads    journeys_journey, journeys_enrollment, journeys_transition, journeys_touch, contacts_event
-- Writes   reporting_dailyvalue
-- Returns  nothing
-- Index    dailyvalue_once, transition_journey_at, event_name_at; enrollments and touches of the days are scanned
-- Rerun    safe: the same figures are written over
WITH day AS (
    SELECT d::date AS on_day, (d::date + 1)::timestamp AT TIME ZONE %(zone)s AS ends
      FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d
),
span AS (
    SELECT (%(first)s::date)::timestamp AT TIME ZONE %(zone)s AS starts,
           (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s AS ends
),
counted AS (
    SELECT d.on_day, e.journey_id, 'people' AS metric, count(*) AS n
      FROM day d
      JOIN journeys_enrollment e ON e.entered_at < d.ends AND (e.left_at IS NULL OR e.left_at >= d.ends)
     GROUP BY 1, 2
    UNION ALL
    SELECT (t.at AT TIME ZONE %(zone)s)::date, t.journey_id, m.metric, count(*)
      FROM journeys_transition t
      JOIN span ON t.at >= span.starts AND t.at < span.ends
      JOIN (VALUES ('entered'), ('goals'), ('left')) AS m (metric)
        ON (m.metric = 'entered' AND t.seq = 0)
        OR (m.metric = 'goals' AND t.to_step_id IS NULL AND t.reason = 'goal')
        OR (m.metric = 'left' AND t.to_step_id IS NULL)
     GROUP BY 1, 2, 3
    UNION ALL
    SELECT (t.sent_at AT TIME ZONE %(zone)s)::date, t.journey_id, 'sent', count(*)
      FROM journeys_touch t
      JOIN span ON t.sent_at >= span.starts AND t.sent_at < span.ends
     GROUP BY 1, 2
    UNION ALL
    -- a message counts once a day, machines that follow links do not count
    SELECT (e.occurred_at AT TIME ZONE %(zone)s)::date, t.journey_id, 'clicked', count(DISTINCT t.id)
      FROM contacts_event e
      JOIN span ON e.occurred_at >= span.starts AND e.occurred_at < span.ends
      -- the name of an event is free to everybody who may write events: its properties may be anything
      JOIN journeys_touch t ON t.id = CASE WHEN e.properties ->> 'touch' ~ '^[0-9]{1,18}$' THEN (e.properties ->> 'touch')::bigint END
                           AND t.contact_id = e.contact_id
     WHERE e.name = 'email_clicked' AND coalesce(e.properties ->> 'likely_machine', 'false') <> 'true'
     GROUP BY 1, 2
)
INSERT INTO reporting_dailyvalue ("on", metric, phase, journey_id, value)
SELECT d.on_day, m.metric, '', j.id, coalesce(c.n, 0)
  FROM journeys_journey j
 CROSS JOIN day d
 CROSS JOIN (VALUES ('people'), ('entered'), ('goals'), ('left'), ('sent'), ('clicked')) AS m (metric)
  LEFT JOIN counted c ON c.on_day = d.on_day AND c.metric = m.metric AND c.journey_id = j.id
ON CONFLICT ("on", metric, phase, journey_id) DO UPDATE SET value = EXCLUDED.value
 WHERE reporting_dailyvalue.value IS DISTINCT FROM EXCLUDED.value
