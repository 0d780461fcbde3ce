-- restore: give people back what an import changed, where it still stands as the import wrote it.
--
-- Params   job bigint; changes bigint[]: ids of the changes of this batch; now timestamptz; tell boolean
-- Reads    contacts_importchange
-- Writes   contacts_contact, contacts_news
-- Returns  contact_id of everybody who got something back
-- Index    contacts_contact_pkey, contacts_importchange_pkey
-- Rerun    safe: what was given back no longer stands as the import wrote it
WITH given AS MATERIALIZED (
    SELECT contact_id, before, after FROM contacts_importchange
    WHERE job_id = %(job)s AND id = ANY (%(changes)s) AND NOT made
), locked AS MATERIALIZED (
    SELECT c.id FROM contacts_contact c WHERE c.id IN (SELECT contact_id FROM given) ORDER BY c.id FOR NO KEY UPDATE
), wanted AS (
    SELECT c.id,
        CASE WHEN g.after -> 'external_id' = to_jsonb(c.external_id) THEN g.before ->> 'external_id' ELSE c.external_id END AS external_id,
        CASE WHEN g.after -> 'email' = to_jsonb(c.email) THEN g.before ->> 'email' ELSE c.email END AS email,
        CASE WHEN g.after -> 'phone' = to_jsonb(c.phone) THEN g.before ->> 'phone' ELSE c.phone END AS phone,
        CASE WHEN g.after -> 'first_name' = to_jsonb(c.first_name) THEN g.before ->> 'first_name' ELSE c.first_name END AS first_name,
        CASE WHEN g.after -> 'last_name' = to_jsonb(c.last_name) THEN g.before ->> 'last_name' ELSE c.last_name END AS last_name,
        CASE WHEN g.after -> 'language' = to_jsonb(c.language) THEN g.before ->> 'language' ELSE c.language END AS language,
        CASE WHEN g.after -> 'country' = to_jsonb(c.country) THEN g.before ->> 'country' ELSE c.country END AS country,
        CASE WHEN g.after -> 'time_zone' = to_jsonb(c.time_zone) THEN g.before ->> 'time_zone' ELSE c.time_zone END AS time_zone,
        CASE WHEN g.after -> 'job_title' = to_jsonb(c.job_title) THEN g.before ->> 'job_title' ELSE c.job_title END AS job_title,
        CASE WHEN g.after ? 'account_id' AND COALESCE(to_jsonb(c.account_id), 'null') = g.after -> 'account_id'
            THEN (g.before ->> 'account_id')::bigint ELSE c.account_id END AS account_id,
        (c.attributes - own.keys) || own.back AS attributes,
        (c.attributes_at - own.keys) || own.back_at AS attributes_at
    FROM given g
    JOIN locked ON locked.id = g.contact_id
    JOIN contacts_contact c ON c.id = g.contact_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(a.key), '{}') AS keys,
            COALESCE(jsonb_object_agg(a.key, b.value) FILTER (WHERE b.value <> 'null'), '{}') AS back,
            COALESCE(jsonb_object_agg(a.key, %(now)s::timestamptz) FILTER (WHERE b.value <> 'null'), '{}') AS back_at
        FROM jsonb_each(COALESCE(g.after -> 'attributes', '{}')) a
        LEFT JOIN LATERAL (SELECT g.before -> 'attributes' -> a.key AS value) b ON true
        WHERE COALESCE(c.attributes -> a.key, 'null') = a.value
    ) own
), changed AS (
    UPDATE contacts_contact c SET
        external_id = w.external_id, email = w.email, phone = w.phone, first_name = w.first_name, last_name = w.last_name,
        language = w.language, country = w.country, time_zone = w.time_zone, job_title = w.job_title,
        account_id = w.account_id, attributes = w.attributes, attributes_at = w.attributes_at, updated_at = %(now)s
    FROM wanted w
    WHERE c.id = w.id AND (c.external_id, c.email, c.phone, c.first_name, c.last_name, c.language, c.country, c.time_zone,
            c.job_title, c.account_id, c.attributes)
        IS DISTINCT FROM (w.external_id, w.email, w.phone, w.first_name, w.last_name, w.language, w.country, w.time_zone,
            w.job_title, w.account_id, w.attributes)
    RETURNING c.id
), told AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT id, 'profile', %(now)s FROM changed WHERE %(tell)s
)
SELECT id FROM changed
