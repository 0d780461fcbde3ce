-- stage: a place for the people of one batch, and for what was found out about them.
--
-- Params   none
-- Reads    nothing
-- Writes   import_row (temporary)
-- Returns  nothing
-- Index    none
-- Rerun    safe: what was staged before is dropped
DROP TABLE IF EXISTS import_row, import_next;
CREATE TEMPORARY TABLE import_row (
    line int, key text, external_id text, email text, phone text, first_name text, last_name text, language text,
    country text, time_zone text, job_title text, account_id bigint, account_said boolean, attributes jsonb, removed text[], dated jsonb,
    default_language text, default_zone text, contact_id bigint, rank int)
