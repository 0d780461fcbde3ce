-- find_people: whom machines mean by our id, their id or an address; nobody is made.
--
-- Params   places int[]; ids bigint[]; user_ids, emails text[] (null where it is not said)
-- Reads    contacts_contact, contacts_identifier, contacts_merge
-- Writes   nothing
-- Returns  place, contact id; only of those who are known
-- Index    contacts_contact_pkey, contacts_contact_external_id_key, contact_email, identifier_once, merge_once
-- Rerun    safe: reads only
SELECT DISTINCT ON (given.place) given.place, found.id
FROM unnest(%(places)s::int[], %(ids)s::bigint[], %(user_ids)s::text[], %(emails)s::text[]) AS given (place, id, user_id, email)
CROSS JOIN LATERAL (
    SELECT 0 AS rank, c.id FROM contacts_contact c WHERE c.id = coalesce(
        (SELECT m.survivor_id FROM contacts_merge m WHERE m.loser_id = given.id AND m.undone_at IS NULL), given.id)
    UNION ALL
    SELECT 1, c.id FROM contacts_contact c WHERE c.external_id = given.user_id AND given.id IS NULL
    UNION ALL
    SELECT 2, i.contact_id FROM contacts_identifier i WHERE i.kind = 'user' AND i.value = given.user_id AND given.id IS NULL
    UNION ALL
    SELECT 3, c.id FROM contacts_contact c
    WHERE c.email = given.email AND c.email <> '' AND given.id IS NULL AND given.user_id IS NULL
    UNION ALL
    SELECT 4, i.contact_id FROM contacts_identifier i
    WHERE i.kind = 'email' AND i.value = given.email AND given.id IS NULL AND given.user_id IS NULL
) found
ORDER BY given.place, found.rank, found.id
