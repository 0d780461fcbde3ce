-- remove: take an attribute and everything that is known under its key away from everybody.
--
-- Params   key text; now  timestamptz
-- Reads    contacts_contact
-- Writes   contacts_contact, contacts_apartvalue, contacts_news
-- Returns  n bigint, people who had a value
-- Index    apartvalue_once; contacts_contact is read in whole, once, when a person deletes a definition
-- Rerun    safe: nobody has it any more
WITH apart AS (
    DELETE FROM contacts_apartvalue WHERE key = %(key)s
), cleared AS (
    UPDATE contacts_contact c
       SET attributes = c.attributes - %(key)s::text, attributes_at = c.attributes_at - %(key)s::text, updated_at = %(now)s
     WHERE c.attributes ? %(key)s::text
    RETURNING c.id
), news AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT id, 'profile', %(now)s FROM cleared
)
SELECT count(*) FROM cleared
