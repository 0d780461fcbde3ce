-- compare: what would be written for each row of the batch, and what is there before.
--
-- Params   now  timestamptz; updates  boolean: whether known people are changed
-- Reads    import_row (temporary), contacts_contact
-- Writes   import_next (temporary)
-- Returns  nothing
-- Index    contacts_contact_pkey
-- Rerun    safe: the caller drops import_next first
CREATE TEMPORARY TABLE import_next AS
WITH wanted AS (
    SELECT r.line, o.id AS contact_id, o.id IS NULL AS made, o.external_id AS o_external_id, o.email AS o_email, o.phone AS o_phone, o.first_name AS o_first_name, o.last_name AS o_last_name,
        o.language AS o_language, o.country AS o_country, o.time_zone AS o_time_zone, o.job_title AS o_job_title, o.account_id AS o_account_id, o.attributes AS o_attributes, r.dated,
        COALESCE(r.external_id, o.external_id) AS external_id,
        CASE WHEN r.rank = 4 THEN o.email ELSE COALESCE(r.email, o.email, '') END AS email,
        COALESCE(r.phone, o.phone, '') AS phone,
        COALESCE(r.first_name, o.first_name, '') AS first_name,
        COALESCE(r.last_name, o.last_name, '') AS last_name,
        COALESCE(r.language, o.language, r.default_language) AS language,
        COALESCE(r.country, o.country, '') AS country,
        -- somebody who moved lives by the new country's clock, unless the zone was said too
        COALESCE(r.time_zone, CASE WHEN r.country <> o.country AND r.country <> '' THEN r.default_zone END, o.time_zone, r.default_zone) AS time_zone,
        COALESCE(r.job_title, o.job_title, '') AS job_title,
        CASE WHEN r.account_said THEN r.account_id ELSE o.account_id END AS account_id,
        (COALESCE(o.attributes, '{}') || COALESCE(r.attributes, '{}')) - COALESCE(r.removed, '{}') AS attributes
    FROM import_row r LEFT JOIN contacts_contact o ON o.id = r.contact_id
), judged AS (
    SELECT w.*, NOT w.made AND %(updates)s AND (
        (w.external_id, w.email, w.phone, w.first_name, w.last_name, w.language, w.country, w.time_zone, w.job_title, w.account_id, w.attributes)
        IS DISTINCT FROM (w.o_external_id, w.o_email, w.o_phone, w.o_first_name, w.o_last_name, w.o_language,
            w.o_country, w.o_time_zone, w.o_job_title, w.o_account_id, w.o_attributes)
    ) AS changed
    FROM wanted w
)
SELECT j.line, j.contact_id, j.made, j.changed, j.external_id, j.email, j.phone, j.first_name, j.last_name, j.language,
    j.country, j.time_zone, j.job_title, j.account_id, j.attributes,
    CASE WHEN j.made THEN j.dated WHEN j.changed THEN (
        SELECT COALESCE(jsonb_object_agg(said.key, %(now)s::timestamptz), '{}') FROM jsonb_each(j.attributes) said
        WHERE j.o_attributes -> said.key IS DISTINCT FROM said.value
    ) END AS dated,
    -- a subquery, since a join would do the work for everybody and then throw it away
    CASE WHEN j.changed THEN (
    SELECT jsonb_build_object('before', COALESCE(fields_before, '{}') || CASE WHEN own_after IS NULL THEN '{}' ELSE jsonb_build_object('attributes', own_before) END,
        'after', COALESCE(fields_after, '{}') || CASE WHEN own_after IS NULL THEN '{}' ELSE jsonb_build_object('attributes', own_after) END)
    FROM (
        SELECT jsonb_object_agg(key, before) FILTER (WHERE NOT own) AS fields_before,
            jsonb_object_agg(key, after) FILTER (WHERE NOT own) AS fields_after,
            jsonb_object_agg(key, before) FILTER (WHERE own) AS own_before,
            jsonb_object_agg(key, after) FILTER (WHERE own) AS own_after
        FROM (
            SELECT false AS own, key, before, after FROM (VALUES
                ('external_id', to_jsonb(j.o_external_id), to_jsonb(j.external_id)),
                ('email', to_jsonb(j.o_email), to_jsonb(j.email)),
                ('phone', to_jsonb(j.o_phone), to_jsonb(j.phone)),
                ('first_name', to_jsonb(j.o_first_name), to_jsonb(j.first_name)),
                ('last_name', to_jsonb(j.o_last_name), to_jsonb(j.last_name)),
                ('language', to_jsonb(j.o_language), to_jsonb(j.language)),
                ('country', to_jsonb(j.o_country), to_jsonb(j.country)),
                ('time_zone', to_jsonb(j.o_time_zone), to_jsonb(j.time_zone)),
                ('job_title', to_jsonb(j.o_job_title), to_jsonb(j.job_title)),
                ('account_id', to_jsonb(j.o_account_id), to_jsonb(j.account_id))
            ) AS fields (key, before, after) WHERE before IS DISTINCT FROM after
            UNION ALL
            -- an attribute that was not there, or goes away, is null on that side
            SELECT true, COALESCE(b.key, a.key), b.value, a.value
            FROM jsonb_each(j.o_attributes) b FULL JOIN jsonb_each(j.attributes) a USING (key)
            WHERE b.value IS DISTINCT FROM a.value
        ) differing
    ) gathered
    ) END AS moved, j.o_account_id
FROM judged j
