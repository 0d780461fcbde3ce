-- upsert: make the people who are new and change those who differ.
--
-- Params   people  json list of place, id (null: new), the fields (null: leave), defaults of the country; now  timestamptz
-- Reads    contacts_contact
-- Writes   contacts_contact, contacts_news
-- Returns  place, id
-- Index    contacts_contact_pkey
-- Rerun    safe: the caller has looked again under the locks of these keys
WITH given AS MATERIALIZED (
    SELECT item.*, COALESCE(item.id, nextval(pg_get_serial_sequence('contacts_contact', 'id'))) AS contact_id
    FROM json_to_recordset(%(people)s::json) AS item (
        place int, id bigint, external_id text, email text, phone text, first_name text, last_name text, language text,
        country text, time_zone text, job_title text, account_id bigint, attributes jsonb, removed text[],
        default_language text, default_zone text)
), locked AS MATERIALIZED (
    -- in the order of the ids, so that two batches about the same people never wait in a circle
    SELECT c.id FROM contacts_contact c WHERE c.id IN (SELECT given.id FROM given) ORDER BY c.id FOR NO KEY UPDATE
), changed AS (
    UPDATE contacts_contact old SET
        external_id = COALESCE(old.external_id, given.external_id),
        email       = COALESCE(given.email, old.email),
        phone       = COALESCE(given.phone, old.phone),
        first_name  = COALESCE(given.first_name, old.first_name),
        last_name   = COALESCE(given.last_name, old.last_name),
        language    = COALESCE(given.language, old.language),
        country     = COALESCE(given.country, old.country),
        -- somebody who moved lives by the new country's clock, unless the zone was said too
        time_zone   = COALESCE(given.time_zone, CASE WHEN given.country <> old.country THEN given.default_zone END, old.time_zone),
        job_title   = COALESCE(given.job_title, old.job_title),
        account_id  = COALESCE(given.account_id, old.account_id),
        attributes  = (old.attributes || COALESCE(given.attributes, '{}')) - COALESCE(given.removed, '{}'),
        attributes_at = CASE WHEN given.attributes IS NULL AND given.removed IS NULL THEN old.attributes_at ELSE
            (old.attributes_at || (
                SELECT COALESCE(jsonb_object_agg(said.key, %(now)s::timestamptz), '{}') FROM jsonb_each(given.attributes) said
                WHERE old.attributes -> said.key IS DISTINCT FROM said.value
            )) - COALESCE(given.removed, '{}') END,
        updated_at  = %(now)s
    FROM given JOIN locked USING (id)
    WHERE old.id = given.id
    RETURNING old.id
), made AS (
    INSERT INTO contacts_contact (id, external_id, email, phone, first_name, last_name, language, country, time_zone,
        job_title, account_id, attributes, attributes_at, created_at, updated_at)
    SELECT contact_id, external_id, COALESCE(email, ''), COALESCE(phone, ''), COALESCE(first_name, ''), COALESCE(last_name, ''),
        COALESCE(language, default_language), COALESCE(country, ''), COALESCE(time_zone, default_zone),
        COALESCE(job_title, ''), account_id, COALESCE(attributes, '{}') - COALESCE(removed, '{}'),
        (SELECT COALESCE(jsonb_object_agg(said.key, %(now)s::timestamptz), '{}') FROM jsonb_each(given.attributes) said), %(now)s, %(now)s
    FROM given WHERE given.id IS NULL ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING id
), news AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT id, 'profile', %(now)s FROM (SELECT id FROM changed UNION ALL SELECT id FROM made) touched
)
SELECT given.place, given.contact_id FROM given
WHERE given.contact_id IN (SELECT id FROM changed UNION ALL SELECT id FROM made)
