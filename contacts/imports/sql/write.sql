-- write: make the people who are new, change those who differ, and keep what was there before for the undo.
--
-- Params   job bigint; now timestamptz; tell boolean: give the pulse news of each person
-- Reads    import_next (temporary)
-- Writes   contacts_contact, contacts_importchange, contacts_news
-- Returns  line, contact_id, made, changed
-- Index    contacts_contact_pkey, importchange_once
-- Rerun    safe: the caller has looked under the locks of all keys, in the same transaction
WITH given AS MATERIALIZED (
    SELECT *, CASE WHEN made THEN nextval(pg_get_serial_sequence('contacts_contact', 'id')) ELSE contact_id END AS id
    FROM (SELECT * FROM import_next ORDER BY line) ordered
), changed AS (
    UPDATE contacts_contact old SET
        external_id = given.external_id, email = given.email, phone = given.phone, first_name = given.first_name,
        last_name = given.last_name, language = given.language, country = given.country, time_zone = given.time_zone,
        job_title = given.job_title, account_id = given.account_id, attributes = given.attributes,
        attributes_at = (old.attributes_at || given.dated) - ARRAY(
            SELECT gone.key FROM jsonb_each(old.attributes_at) gone WHERE NOT given.attributes ? gone.key),
        updated_at = %(now)s
    FROM given WHERE old.id = given.id AND given.changed
), made AS (
    INSERT INTO contacts_contact (id, external_id, email, phone, first_name, last_name, language, country, time_zone,
        job_title, account_id, attributes, attributes_at, created_at, updated_at)
    SELECT id, external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, account_id,
        attributes, dated, %(now)s, %(now)s
    FROM given WHERE given.made
), kept AS (
    INSERT INTO contacts_importchange AS known (job_id, contact_id, made, before, after)
    SELECT %(job)s, id, given.made, COALESCE(given.moved -> 'before', '{}'), COALESCE(given.moved -> 'after', '{}')
    FROM given WHERE given.made OR given.changed
    ON CONFLICT (job_id, contact_id) DO UPDATE SET
        -- a person twice in the file: the first value before and the last after count, attribute by attribute
        before = excluded.before || known.before || CASE WHEN excluded.before ? 'attributes' OR known.before ? 'attributes' THEN jsonb_build_object(
            'attributes', COALESCE(excluded.before -> 'attributes', '{}') || COALESCE(known.before -> 'attributes', '{}')) ELSE '{}' END,
        after = known.after || excluded.after || CASE WHEN excluded.after ? 'attributes' OR known.after ? 'attributes' THEN jsonb_build_object(
            'attributes', COALESCE(known.after -> 'attributes', '{}') || COALESCE(excluded.after -> 'attributes', '{}')) ELSE '{}' END
), told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT id, 'profile', %(now)s FROM given WHERE %(tell)s AND (given.made OR given.changed)
)
SELECT line, id, made, changed FROM given
