-- store: keep the events of the staged lines that are new to their source.
--
-- Params   source text; now timestamptz, when they came in
-- Reads    replay_line, replay_person
-- Writes   contacts_messageid, contacts_event
-- Returns  number of lines, number of events stored
-- Index    contacts_messageid_pkey
-- Rerun    safe: a message id counts once
WITH given AS (
    SELECT line.*, person.contact_id, md5(%(source)s || chr(31) || line.message_id)::uuid AS key
    FROM replay_line line JOIN replay_person person USING (person)
), first AS (
    SELECT DISTINCT ON (key) * FROM given ORDER BY key, number
), new AS (
    INSERT INTO contacts_messageid (key) SELECT key FROM first ORDER BY key ON CONFLICT DO NOTHING RETURNING key
), facts AS (
    INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)
    SELECT contact_id, name, occurred_at, %(now)s, properties, %(source)s, message_id
    FROM first JOIN new USING (key) ORDER BY occurred_at, number
    RETURNING 1
)
SELECT (SELECT count(*) FROM given), (SELECT count(*) FROM facts)
