-- match_address: who of those that no id found has the address?
--
-- Params   by  text: "external_id" or the kind of an identifier
-- Reads    contacts_contact, contacts_identifier, contacts_blockedidentifier
-- Writes   import_row (temporary)
-- Returns  nothing
-- Index    contact_email, identifier_contact_id, blockedidentifier_once
-- Rerun    safe: the same people are found
WITH candidates AS (
    SELECT r.line, r.email, c.id, c.external_id FROM import_row r JOIN contacts_contact c ON c.email = r.email AND c.email <> ''
    WHERE r.contact_id IS NULL
), best AS (
    SELECT DISTINCT ON (line) line, id FROM candidates c
    -- an address belongs to whoever has it, unless two different ids say that these are two people, or it is one that
    -- says nothing about a person (info@...)
    WHERE CASE %(by)s WHEN 'external_id' THEN c.external_id IS NULL
            ELSE NOT EXISTS (SELECT FROM contacts_identifier i WHERE i.contact_id = c.id AND i.kind = %(by)s) END
        AND NOT EXISTS (
            SELECT FROM contacts_blockedidentifier b
            WHERE b.kind = '*' AND b.value = c.email OR b.kind = 'email' AND b.value IN (
                c.email, split_part(c.email, '@', 1) || '@*', '*@' || split_part(c.email, '@', 2),
                split_part(c.email, '@', 1) || '@' || split_part(split_part(c.email, '@', 2), '.', 1) || '.*'))
    ORDER BY line, id
)
UPDATE import_row r SET contact_id = best.id, rank = 3 FROM best WHERE r.line = best.line
