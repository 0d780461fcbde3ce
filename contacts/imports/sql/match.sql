-- match: who is meant by each row of the batch?
--
-- Params   by  text: "external_id", "email", or the kind of an identifier
-- Reads    contacts_contact, contacts_identifier, contacts_blockedidentifier
-- Writes   import_row (temporary)
-- Returns  nothing
-- Index    contacts_contact_external_id_key, contact_email, identifier_once, blockedidentifier_once
-- Rerun    safe: the same people are found
UPDATE import_row r SET contact_id = found.id, rank = found.rank
FROM (
    SELECT given.line, pick.id, pick.rank
    FROM import_row given
    CROSS JOIN LATERAL (
        SELECT 1 AS rank, c.id FROM contacts_contact c WHERE %(by)s = 'external_id' AND c.external_id = given.external_id
        UNION ALL
        -- ids of people who were merged into this one, or the ids of a source
        SELECT 2, i.contact_id FROM contacts_identifier i
        WHERE i.kind = CASE %(by)s WHEN 'external_id' THEN 'user' WHEN 'email' THEN NULL ELSE %(by)s END AND i.value = given.key
        UNION ALL
        -- an address belongs to whoever has it, unless two different ids say that these are two people, or it is
        -- one that says nothing about a person (info@...)
        SELECT 3, c.id FROM contacts_contact c
        WHERE c.email = given.email AND c.email <> '' AND (%(by)s = 'email' OR NOT EXISTS (
                SELECT FROM contacts_blockedidentifier b
                WHERE b.kind = '*' AND b.value = given.email OR b.kind = 'email' AND b.value IN (
                    given.email, split_part(given.email, '@', 1) || '@*', '*@' || split_part(given.email, '@', 2),
                    split_part(given.email, '@', 1) || '@' || split_part(split_part(given.email, '@', 2), '.', 1) || '.*'))
            AND CASE %(by)s WHEN 'external_id' THEN c.external_id IS NULL
                ELSE NOT EXISTS (SELECT FROM contacts_identifier i WHERE i.contact_id = c.id AND i.kind = %(by)s) END)
        UNION ALL
        SELECT 4, i.contact_id FROM contacts_identifier i
        WHERE %(by)s = 'email' AND i.kind = 'email' AND i.value = given.email
        ORDER BY 1, 2 LIMIT 1
    ) pick
) found
WHERE r.line = found.line
