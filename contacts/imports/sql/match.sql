-- match: who is meant by the rows that nobody was found for yet, by what they are called?
--
-- Params   by  text: "external_id", "email", or the kind of an identifier
-- Reads    contacts_contact, contacts_identifier
-- Writes   import_row (temporary)
-- Returns  nothing
-- Index    contacts_contact_external_id_key, contact_email, identifier_once
-- Rerun    safe: the same people are found
WITH by_id AS (
    SELECT r.line, c.id, 1 AS rank FROM import_row r JOIN contacts_contact c ON c.external_id = r.external_id
    WHERE %(by)s = 'external_id'
    UNION ALL
    -- ids of people who were merged into this one, the ids of a source, addresses of people who were merged
    SELECT r.line, i.contact_id, CASE WHEN %(by)s = 'email' THEN 4 ELSE 2 END
    FROM import_row r JOIN contacts_identifier i ON i.value = r.key
    WHERE i.kind = CASE %(by)s WHEN 'external_id' THEN 'user' ELSE %(by)s END
    UNION ALL
    SELECT r.line, c.id, 3 FROM import_row r JOIN contacts_contact c ON c.email = r.email AND c.email <> ''
    WHERE %(by)s = 'email'
), best AS (
    SELECT DISTINCT ON (line) line, id, rank FROM by_id ORDER BY line, rank, id
)
UPDATE import_row r SET contact_id = best.id, rank = best.rank FROM best WHERE r.line = best.line
