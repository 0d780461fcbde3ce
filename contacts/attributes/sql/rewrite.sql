-- rewrite: bring the values of an attribute into the one form of its new type.
--
-- Params   key text; changed  json object of values as text -> their one form; now  timestamptz
-- Reads    contacts_contact
-- Writes   contacts_contact, contacts_news
-- Returns  nothing
-- Index    none: reads everybody, once, when a person changes a definition
-- Rerun    safe: a value in its one form is not listed
WITH changed AS (
    UPDATE contacts_contact c
       SET attributes = c.attributes || jsonb_build_object(%(key)s::text, %(changed)s::jsonb -> (c.attributes -> %(key)s::text)::text),
           updated_at = %(now)s
     WHERE %(changed)s::jsonb ? (c.attributes -> %(key)s::text)::text
    RETURNING c.id
)
INSERT INTO contacts_news (contact_id, name, since) SELECT id, 'profile', %(now)s FROM changed
