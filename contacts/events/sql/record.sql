-- record: store what is new, once, and tell the pulse whom it is about.
--
-- Params   events  json list of place, contact_id, name, occurred_at, properties, message_id
--          source  text, who says it; now  timestamptz, when it came in
-- Reads    nothing
-- Writes   contacts_messageid, contacts_event, contacts_news
-- Returns  place of each event that was new
-- Index    contacts_messageid_pkey
-- Rerun    safe: a message id counts once
WITH given AS (
    SELECT item.*, md5(%(source)s || chr(31) || item.message_id)::uuid AS key
    FROM json_to_recordset(%(events)s::json)
        AS item (place int, contact_id bigint, name text, occurred_at timestamptz, properties jsonb, message_id text)
), first AS (
    SELECT DISTINCT ON (key) * FROM given ORDER BY key, place
), new AS (
    -- in the order of the key, so that two batches with the same messages wait for each other and never in a circle
    INSERT INTO contacts_messageid (key) SELECT key FROM first ORDER BY key ON CONFLICT DO NOTHING RETURNING key
), stored AS MATERIALIZED (
    SELECT first.* FROM first JOIN new USING (key) ORDER BY first.place
), facts AS (
    INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)
    SELECT contact_id, name, occurred_at, %(now)s, properties, %(source)s, message_id FROM stored
), news AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT contact_id, name, %(now)s FROM stored
)
SELECT place FROM stored
