-- visitor: who has this browser or device?
--
-- Params   value text, an anonymous id
-- Reads    contacts_identifier, contacts_contact
-- Writes   nothing
-- Returns  id bigint, known bool: more than a visitor without a name; no row: nobody
-- Index    identifier_once, contacts_contact_pkey
-- Rerun    safe: reads only
SELECT c.id, coalesce(c.external_id, '') <> '' OR c.email <> ''
FROM contacts_identifier i JOIN contacts_contact c ON c.id = i.contact_id
WHERE i.kind = 'anonymous' AND i.value = %(value)s
