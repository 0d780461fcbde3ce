-- find: who is meant, and does what is said differ from what is known?
--
-- Params   people  json list of place, external_id, email, ... as in upsert
-- Reads    contacts_contact
-- Writes   nothing
-- Returns  place, id (null: nobody yet), differs
-- Index    contacts_contact_external_id_key, contact_email
-- Rerun    safe: reads only
WITH given AS (
    SELECT * FROM json_to_recordset(%(people)s::json) AS item (
        place int, external_id text, email text, phone text, first_name text, last_name text, language text,
        country text, time_zone text, job_title text, account_id bigint, attributes jsonb, removed text[], contact_id bigint)
)
SELECT given.place, old.id,
    old.id IS NOT NULL AND (
        given.external_id <> COALESCE(old.external_id, '') OR given.email <> old.email OR given.phone <> old.phone
        OR given.first_name <> old.first_name OR given.last_name <> old.last_name OR given.language <> old.language
        OR given.country <> old.country OR given.time_zone <> old.time_zone OR given.job_title <> old.job_title
        OR given.account_id IS DISTINCT FROM old.account_id AND given.account_id IS NOT NULL
        OR (old.attributes || COALESCE(given.attributes, '{}')) - COALESCE(given.removed, '{}') <> old.attributes
    ) IS TRUE AS differs
FROM given
LEFT JOIN LATERAL (
    SELECT found.* FROM (
        SELECT 0 AS rank, c.* FROM contacts_contact c WHERE c.id = given.contact_id
        UNION ALL
        SELECT 1, c.* FROM contacts_contact c WHERE c.external_id = given.external_id AND given.contact_id IS NULL
        UNION ALL
        -- an address belongs to whoever has it, unless two different external ids say that these are two people
        SELECT 2, c.* FROM contacts_contact c
        WHERE c.email = given.email AND c.email <> '' AND given.contact_id IS NULL AND (given.external_id IS NULL OR c.external_id IS NULL)
    ) found ORDER BY rank, id LIMIT 1
) old ON true
