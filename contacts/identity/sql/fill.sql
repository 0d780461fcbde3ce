-- fill: give each survivor what only the loser had; of attributes the value that was set later.
--
-- Params   merges bigint[]; now timestamptz
-- Reads    contacts_merge
-- Writes   contacts_contact, contacts_news
-- Returns  nothing
-- Index    contacts_contact_pkey
-- Rerun    safe: what is filled is not empty any more
WITH changed AS (
    UPDATE contacts_contact s SET
        external_id = COALESCE(s.external_id, l.external_id),
        email = COALESCE(NULLIF(s.email, ''), l.email),
        phone = COALESCE(NULLIF(s.phone, ''), l.phone),
        -- a name is one thing: nobody gets the first name of one and the last name of another
        first_name = CASE WHEN s.first_name = '' AND s.last_name IN ('', l.last_name) THEN l.first_name ELSE s.first_name END,
        last_name = CASE WHEN s.last_name = '' AND s.first_name IN ('', l.first_name) THEN l.last_name ELSE s.last_name END,
        country = COALESCE(NULLIF(s.country, ''), l.country),
        -- never empty: they are a guess where nobody knows the country
        language = CASE WHEN s.country = '' AND l.country <> '' THEN l.language ELSE s.language END,
        time_zone = CASE WHEN s.country = '' AND l.country <> '' THEN l.time_zone ELSE s.time_zone END,
        job_title = COALESCE(NULLIF(s.job_title, ''), l.job_title),
        account_id = COALESCE(s.account_id, l.account_id),
        stage_id = COALESCE(s.stage_id, l.stage_id),
        -- who was restricted under one name is under both
        restricted_at = LEAST(s.restricted_at, l.restricted_at),
        stage_since = CASE WHEN s.stage_id IS NULL THEN l.stage_since ELSE s.stage_since END,
        attributes = both_sides.attributes,
        attributes_at = both_sides.attributes_at,
        created_at = LEAST(s.created_at, l.created_at),
        updated_at = %(now)s
    FROM contacts_merge m
    CROSS JOIN LATERAL jsonb_populate_record(NULL::contacts_contact, m.loser) l
    CROSS JOIN LATERAL jsonb_populate_record(NULL::contacts_contact, m.survivor_before) b
    CROSS JOIN LATERAL (
        SELECT COALESCE(jsonb_object_agg(side.key, side.value), '{}') AS attributes,
               COALESCE(jsonb_object_agg(side.key, side.at) FILTER (WHERE side.at IS NOT NULL), '{}') AS attributes_at
        FROM (
            SELECT DISTINCT ON (key) key, value, at FROM (
                SELECT 0 AS rank, key, value, b.attributes_at ->> key AS at FROM jsonb_each(b.attributes)
                UNION ALL
                SELECT 1, key, value, l.attributes_at ->> key FROM jsonb_each(l.attributes)
            ) every ORDER BY key, at::timestamptz DESC NULLS LAST, rank
        ) side
    ) both_sides
    WHERE m.id = ANY (%(merges)s::bigint[]) AND s.id = m.survivor_id
    RETURNING s.id
)
INSERT INTO contacts_news (contact_id, name, since) SELECT id, 'profile', %(now)s FROM changed
