-- unfill: take from the survivor what came from the loser, where it has not changed since.
--
-- Params   merge bigint; now timestamptz
-- Reads    contacts_merge, contacts_account, contacts_stage
-- Writes   contacts_contact
-- Returns  nothing
-- Index    contacts_contact_pkey
-- Rerun    safe: only values that are still the loser's
UPDATE contacts_contact s SET
    external_id = CASE WHEN s.external_id = l.external_id THEN b.external_id ELSE s.external_id END,
    email = CASE WHEN b.email = '' AND s.email = l.email THEN '' ELSE s.email END,
    phone = CASE WHEN b.phone = '' AND s.phone = l.phone THEN '' ELSE s.phone END,
    first_name = CASE WHEN b.first_name = '' AND s.first_name = l.first_name THEN '' ELSE s.first_name END,
    last_name = CASE WHEN b.last_name = '' AND s.last_name = l.last_name THEN '' ELSE s.last_name END,
    country = CASE WHEN b.country = '' AND s.country = l.country THEN '' ELSE s.country END,
    language = CASE WHEN b.country = '' AND s.language = l.language THEN b.language ELSE s.language END,
    time_zone = CASE WHEN b.country = '' AND s.time_zone = l.time_zone THEN b.time_zone ELSE s.time_zone END,
    job_title = CASE WHEN b.job_title = '' AND s.job_title = l.job_title THEN '' ELSE s.job_title END,
    account_id = CASE WHEN b.account_id IS NULL AND s.account_id = l.account_id THEN NULL ELSE s.account_id END,
    stage_id = CASE WHEN b.stage_id IS NULL AND s.stage_id = l.stage_id THEN NULL ELSE s.stage_id END,
    stage_since = CASE WHEN b.stage_id IS NULL AND s.stage_id = l.stage_id THEN NULL ELSE s.stage_since END,
    attributes = s.attributes - mine.taken || mine.before,
    attributes_at = s.attributes_at - mine.taken || mine.before_at,
    created_at = b.created_at,
    updated_at = %(now)s
FROM contacts_merge m
CROSS JOIN LATERAL jsonb_populate_record(NULL::contacts_contact, m.loser) l
CROSS JOIN LATERAL jsonb_populate_record(NULL::contacts_contact, m.survivor_before) b
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(v.key), '{}') AS taken,
           COALESCE(jsonb_object_agg(v.key, b.attributes -> v.key) FILTER (WHERE b.attributes ? v.key), '{}') AS before,
           COALESCE(jsonb_object_agg(v.key, b.attributes_at -> v.key) FILTER (WHERE b.attributes_at ? v.key), '{}') AS before_at
    FROM contacts_contact now_is CROSS JOIN LATERAL jsonb_each(now_is.attributes) AS v (key, value)
    WHERE now_is.id = m.survivor_id AND l.attributes -> v.key = v.value AND b.attributes -> v.key IS DISTINCT FROM v.value
      AND now_is.attributes_at -> v.key IS NOT DISTINCT FROM l.attributes_at -> v.key
) mine
WHERE m.id = %(merge)s AND s.id = m.survivor_id
