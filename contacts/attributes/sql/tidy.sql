-- tidy: drop what is kept apart for no reason any more: keys that are ignored or go, values that a later one has replaced.
--
-- Params   none
-- Reads    contacts_attribute, contacts_contact
-- Writes   contacts_apartvalue
-- Returns  nothing
-- Index    apartvalue_once, contacts_contact_pkey
-- Rerun    safe: what is dropped is not there again
DELETE FROM contacts_apartvalue apart
USING contacts_attribute known, contacts_contact c
WHERE known.key = apart.key AND c.id = apart.contact_id
  AND (known.state <> 'active' OR (c.attributes_at ->> apart.key)::timestamptz > apart.at)
