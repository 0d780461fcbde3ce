-- people_behind: find the people behind e-mail addresses and external ids.
--
-- Params   lines text[]
-- Reads    contacts_contact
-- Writes   nothing
-- Returns  line, contact id; a line that two people share comes twice
-- Index    contact_email, contacts_contact_external_id_key
-- Rerun    safe: reads only
WITH line (given) AS MATERIALIZED (SELECT DISTINCT unnest(%(lines)s::text[]))
SELECT given, c.id FROM line JOIN contacts_contact c ON c.email = lower(given) AND c.email <> ''
UNION
SELECT given, c.id FROM line JOIN contacts_contact c ON c.external_id = given
