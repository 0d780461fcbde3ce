-- find: who is meant, and does what is said differ from what is known?
--
-- Params   people  json list of place, external_id, email, ... as in upsert
-- Reads    contacts_contact, contacts_identifier, contacts_merge, contacts_blockedidentifier
-- Writes   nothing
-- Returns  place, id (null: nobody yet), differs, former (found by what somebody was called before: main names stay as they are)
-- Index    contacts_contact_external_id_key, contact_email, identifier_once, merge_once, blockedidentifier_once
-- Rerun    safe: reads only
WITH given AS (
    SELECT * FROM json_to_recordset(%(people)s::json) AS item (
        place int, external_id text, email text, phone text, first_name text, last_name text, language text,
        country text, time_zone text, job_title text, account_id bigint, attributes jsonb, removed text[], contact_id bigint)
)
SELECT given.place, old.id,
    old.id IS NOT NULL AND (
        NOT name.former AND (
            old.external_id IS NULL AND given.external_id <> '' OR given.email <> old.email OR given.phone <> old.phone)
        OR given.first_name <> old.first_name OR given.last_name <> old.last_name OR given.language <> old.language
        OR given.country <> old.country OR given.time_zone <> old.time_zone OR given.job_title <> old.job_title
        OR given.account_id IS DISTINCT FROM old.account_id AND given.account_id IS NOT NULL
        OR (old.attributes || COALESCE(given.attributes, '{}')) - COALESCE(given.removed, '{}') <> old.attributes
    ) IS TRUE AS differs,
    name.former
FROM given
LEFT JOIN LATERAL (
    SELECT found.* FROM (
        SELECT 0 AS rank, c.* FROM contacts_contact c WHERE c.id = COALESCE(
            (SELECT m.survivor_id FROM contacts_merge m WHERE m.loser_id = given.contact_id AND m.undone_at IS NULL), given.contact_id)
        UNION ALL
        SELECT 1, c.* FROM contacts_contact c WHERE c.external_id = given.external_id AND given.contact_id IS NULL
        UNION ALL
        SELECT 2, c.* FROM contacts_identifier i JOIN contacts_contact c ON c.id = i.contact_id
        WHERE i.kind = 'user' AND i.value = given.external_id AND given.contact_id IS NULL
        UNION ALL
        -- an address belongs to whoever has it, unless two different external ids say that these are two people;
        -- one that says nothing about a person (info@...) belongs to whoever has no external id
        SELECT mail.* FROM (
            SELECT 3, c.* FROM contacts_contact c WHERE c.email = given.email AND c.email <> ''
            UNION ALL
            SELECT 4, c.* FROM contacts_identifier i JOIN contacts_contact c ON c.id = i.contact_id
            WHERE i.kind = 'email' AND i.value = given.email
        ) mail
        WHERE given.contact_id IS NULL AND (given.external_id IS NULL OR mail.external_id IS NULL) AND (
            given.external_id IS NULL AND mail.external_id IS NULL
            OR NOT EXISTS (
                SELECT 1 FROM contacts_blockedidentifier b
                WHERE b.kind = '*' AND b.value = given.email OR b.kind = 'email' AND b.value IN (
                    given.email, split_part(given.email, '@', 1) || '@*', '*@' || split_part(given.email, '@', 2),
                    split_part(given.email, '@', 1) || '@' || split_part(split_part(given.email, '@', 2), '.', 1) || '.*')))
    ) found ORDER BY rank, id LIMIT 1
) old ON true
CROSS JOIN LATERAL (
    SELECT COALESCE(
        given.external_id <> old.external_id
        OR given.external_id IS NULL AND given.email <> old.email AND EXISTS (
            SELECT 1 FROM contacts_identifier i WHERE i.kind = 'email' AND i.value = given.email AND i.contact_id = old.id),
        false) AS former
) name
