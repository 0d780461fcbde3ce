-- take_over: move values that were kept apart to their people, now that the key is defined.
--
-- Params   key text; source text, whose values alone count (empty: anybody's); refused  json list of values as text that do not
--          fit; changed  json object of values as text -> their one form; most  bigint, people at once; now  timestamptz
-- Reads    contacts_apartvalue, contacts_contact
-- Writes   contacts_contact, contacts_apartvalue, contacts_news
-- Returns  n bigint, people who have a value by this
-- Index    apartvalue_once, contacts_contact_pkey
-- Rerun    safe: what was moved is apart no longer
WITH fitting AS MATERIALIZED (
    SELECT apart.id, apart.contact_id, apart.at, COALESCE(%(changed)s::jsonb -> apart.value::text, apart.value) AS value
    FROM contacts_apartvalue apart
    WHERE apart.key = %(key)s AND apart.value <> 'null' AND (%(source)s = '' OR apart.source = %(source)s)
      AND NOT EXISTS (SELECT 1 FROM json_array_elements_text(%(refused)s::json) AS no (value) WHERE no.value = apart.value::text)
    ORDER BY apart.contact_id LIMIT %(most)s
), locked AS MATERIALIZED (
    -- in the order of the ids, as everywhere, so that nobody waits in a circle
    SELECT c.id FROM contacts_contact c WHERE c.id IN (SELECT contact_id FROM fitting) ORDER BY c.id FOR NO KEY UPDATE
), moved AS (
    UPDATE contacts_contact c SET
        attributes    = c.attributes || jsonb_build_object(%(key)s::text, fitting.value),
        attributes_at = c.attributes_at || jsonb_build_object(%(key)s::text, fitting.at),
        updated_at    = %(now)s
    FROM fitting JOIN locked ON locked.id = fitting.contact_id
    WHERE c.id = fitting.contact_id
      -- a value that came later, by the definition, is the better one
      AND (NOT c.attributes ? %(key)s::text OR COALESCE((c.attributes_at ->> %(key)s::text)::timestamptz, '-infinity') < fitting.at)
    RETURNING c.id
), gone AS (
    DELETE FROM contacts_apartvalue apart USING fitting WHERE apart.id = fitting.id
), news AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT id, 'profile', %(now)s FROM moved
)
SELECT count(*) FROM moved
