-- count: add up what was asked and answered since the last time.
--
-- Params   slots bigint[], days date[], answers text[], journeys bigint[] (0: none), asked, shown, clicked, dismissed bigint[]
-- Reads    orchestrator_slot, journeys_journey
-- Writes   orchestrator_slotday
-- Returns  nothing
-- Index    slotday_once
-- Rerun    counts twice: each count is handed over once
INSERT INTO orchestrator_slotday AS d (slot_id, "on", answer, journey_id, asked, shown, clicked, dismissed)
SELECT g.slot, g.day, g.answer, nullif(g.journey, 0), g.asked, g.shown, g.clicked, g.dismissed
FROM unnest(%(slots)s::bigint[], %(days)s::date[], %(answers)s::text[], %(journeys)s::bigint[], %(asked)s::bigint[], %(shown)s::bigint[],
            %(clicked)s::bigint[], %(dismissed)s::bigint[]) AS g (slot, day, answer, journey, asked, shown, clicked, dismissed)
JOIN orchestrator_slot s ON s.id = g.slot  -- one that was deleted meanwhile counts no more
LEFT JOIN journeys_journey j ON j.id = nullif(g.journey, 0)
WHERE g.journey = 0 OR j.id IS NOT NULL
ORDER BY g.slot, g.day, g.answer, g.journey  -- processes that count at once wait for each other and never in a circle
ON CONFLICT (slot_id, "on", answer, journey_id) DO UPDATE
SET asked = d.asked + excluded.asked, shown = d.shown + excluded.shown, clicked = d.clicked + excluded.clicked,
    dismissed = d.dismissed + excluded.dismissed
