-- stay by step: how long half of the people stayed at some steps of a journey at most, of those who moved on since.
--
-- Params   journey  bigint
--          steps    bigint[]
--          since    timestamptz
-- Reads    journeys_transition
-- Writes   nothing
-- Returns  step_id bigint, seconds float
-- Index    transition_journey_at, transition_once
-- Rerun    safe: reads only
SELECT went.from_step_id,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM went.at - came.at)::float)
  FROM journeys_transition went
  JOIN journeys_transition came ON came.enrollment_id = went.enrollment_id AND came.seq = went.seq - 1 AND came.journey_id = went.journey_id
 WHERE went.journey_id = %(journey)s
   AND went.at >= %(since)s
   AND went.from_step_id = ANY (%(steps)s)
   AND went.to_step_id IS NOT NULL
 GROUP BY went.from_step_id
