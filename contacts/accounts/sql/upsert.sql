-- upsert: make the companies that are new and change those that differ.
--
-- Params   accounts  json list of external_id, name, domain, industry, country; now  timestamptz
-- Reads    contacts_account
-- Writes   contacts_account
-- Returns  nothing
-- Index    contacts_account_external_id_key
-- Rerun    safe: equal rows stay untouched
INSERT INTO contacts_account AS old (external_id, name, domain, industry, country, created_at)
SELECT external_id, COALESCE(name, external_id), COALESCE(domain, ''), COALESCE(industry, ''), COALESCE(country, ''), %(now)s
FROM json_to_recordset(%(accounts)s::json)
    AS item (external_id text, name text, domain text, industry text, country text)
ORDER BY external_id
ON CONFLICT (external_id) DO UPDATE SET
    -- a name that is only the external id was nobody's word: the old one stays
    name     = CASE WHEN excluded.name = excluded.external_id THEN old.name ELSE excluded.name END,
    domain   = COALESCE(NULLIF(excluded.domain, ''), old.domain),
    industry = COALESCE(NULLIF(excluded.industry, ''), old.industry),
    country  = COALESCE(NULLIF(excluded.country, ''), old.country)
WHERE (CASE WHEN excluded.name = excluded.external_id THEN old.name ELSE excluded.name END,
       COALESCE(NULLIF(excluded.domain, ''), old.domain), COALESCE(NULLIF(excluded.industry, ''), old.industry),
       COALESCE(NULLIF(excluded.country, ''), old.country))
    IS DISTINCT FROM (old.name, old.domain, old.industry, old.country)
