-- identify: make the people who are new, fill empty columns of others, keep their identifiers, and what is asked about them.
--
-- Params   people     json list of place, id (null: new), external_id, email, phone (null: nothing to fill), defaults
--          links      json list of place, kind, value
--          questions  json list of base, other (places), kind, value, reason (empty: rules have decided)
--          source     text, who says it; now  timestamptz
-- Reads    contacts_contact
-- Writes   contacts_contact, contacts_identifier, contacts_mergeproposal, contacts_news
-- Returns  place, id of everybody who is still there
-- Index    contacts_contact_pkey, identifier_once, mergeproposal_once
-- Rerun    safe: the caller has looked again under the locks of these identifiers
WITH given AS MATERIALIZED (
    SELECT item.*, COALESCE(item.id, nextval(pg_get_serial_sequence('contacts_contact', 'id'))) AS contact_id
    FROM json_to_recordset(%(people)s::json) AS item (
        place int, id bigint, external_id text, email text, phone text, default_language text, default_zone text)
), locked AS MATERIALIZED (
    -- in the order of the ids, so that two batches never wait in a circle; a merge waits too, or has happened already
    SELECT c.id FROM contacts_contact c WHERE c.id IN (SELECT given.id FROM given) ORDER BY c.id FOR NO KEY UPDATE
), filled AS (
    UPDATE contacts_contact old SET
        external_id = COALESCE(old.external_id, given.external_id),
        email = COALESCE(NULLIF(old.email, ''), given.email, ''),
        phone = COALESCE(NULLIF(old.phone, ''), given.phone, ''),
        updated_at = %(now)s
    FROM given JOIN locked USING (id)
    WHERE old.id = given.id AND COALESCE(given.external_id, given.email, given.phone) IS NOT NULL
    RETURNING old.id
), made AS (
    INSERT INTO contacts_contact (id, external_id, email, phone, first_name, last_name, language, country, time_zone,
        job_title, attributes, created_at, updated_at)
    SELECT contact_id, external_id, COALESCE(email, ''), COALESCE(phone, ''), '', '', default_language, '', default_zone,
        '', '{}', %(now)s, %(now)s
    FROM given WHERE given.id IS NULL ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING id
), there AS MATERIALIZED (
    SELECT given.place, given.contact_id FROM given
    WHERE given.contact_id IN (SELECT id FROM locked UNION ALL SELECT id FROM made)
), linked AS (
    INSERT INTO contacts_identifier (kind, value, contact_id, source, first_seen_at, last_seen_at)
    SELECT DISTINCT ON (item.kind, item.value) item.kind, item.value, there.contact_id, %(source)s, %(now)s, %(now)s
    FROM json_to_recordset(%(links)s::json) AS item (n int, place int, kind text, value text) JOIN there USING (place)
    ORDER BY item.kind, item.value, item.n DESC
    ON CONFLICT (kind, value) DO UPDATE SET contact_id = EXCLUDED.contact_id, last_seen_at = EXCLUDED.last_seen_at
), asked AS (
    INSERT INTO contacts_mergeproposal AS old (first_id, second_id, kind, value, reason, state, at, decided_by)
    SELECT DISTINCT ON (1, 2) least(base.contact_id, other.contact_id) AS one, greatest(base.contact_id, other.contact_id) AS two,
        item.kind, item.value, item.reason, CASE WHEN item.reason = '' THEN 'due' ELSE 'open' END, %(now)s, ''
    FROM json_to_recordset(%(questions)s::json) AS item (base int, other int, kind text, value text, reason text)
    JOIN there base ON base.place = item.base JOIN there other ON other.place = item.other
    WHERE base.contact_id <> other.contact_id
    ORDER BY 1, 2, item.reason
    ON CONFLICT (first_id, second_id) DO UPDATE SET state = EXCLUDED.state, reason = '', at = EXCLUDED.at
        WHERE old.state = 'open' AND EXCLUDED.state = 'due'
    RETURNING old.first_id, old.second_id, old.state
), news AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT id, 'profile', %(now)s FROM (
        SELECT id FROM filled UNION SELECT id FROM made UNION SELECT first_id FROM asked WHERE asked.state = 'due'
    ) touched
)
SELECT place, contact_id FROM there
