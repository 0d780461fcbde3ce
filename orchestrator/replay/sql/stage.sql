-- stage: a place for the lines of a file and for who they are about, gone with the connection.
--
-- Params   none
-- Reads    nothing
-- Writes   replay_line, replay_person (temporary)
-- Returns  nothing
-- Index    none
-- Rerun    safe: what was staged before is dropped
DROP TABLE IF EXISTS replay_line, replay_person;
CREATE TEMPORARY TABLE replay_line (
    number bigint, person text, name text, occurred_at timestamptz, properties jsonb, message_id text);
CREATE TEMPORARY TABLE replay_person (person text PRIMARY KEY, contact_id bigint NOT NULL)
