-- prune_triggers: let triggers go that were taken long ago, a portion at a time.
--
-- Params   before timestamptz; most int
-- Reads    journeys_trigger
-- Writes   journeys_trigger
-- Returns  nothing; the row count is the number of rows that went
-- Index    trigger_taken
-- Rerun    safe: what is gone is gone
DELETE FROM journeys_trigger WHERE id IN (SELECT id FROM journeys_trigger WHERE taken_at < %(before)s LIMIT %(most)s)
