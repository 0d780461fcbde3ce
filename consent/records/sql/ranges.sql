-- ranges: hold the newest seal of each range against the records that are there now.
--
-- Params   contacts bigint[] or null: only ranges with records of these people
-- Reads    consent_seal, consent_record
-- Writes   nothing
-- Returns  after, up_to, sealed, records bigint; intact boolean; at timestamptz: of the seal
-- Index    the primary key; record_contact_id for some people
-- Rerun    safe: it writes nothing
WITH newest AS (
    SELECT DISTINCT ON (s.after, s.up_to) s.* FROM consent_seal s ORDER BY s.after, s.up_to, s.id DESC
)
SELECT n.after, n.up_to, n.records, now_is.records, n.records = now_is.records AND n.content = now_is.content, n.at
FROM newest n
CROSS JOIN LATERAL (
    SELECT count(*) AS records, encode(sha256(convert_to(coalesce(string_agg(r.digest, '' ORDER BY r.id), ''), 'UTF8')), 'hex') AS content
    FROM consent_record r WHERE r.id > n.after AND r.id <= n.up_to
) now_is
WHERE %(contacts)s::bigint[] IS NULL OR EXISTS (
    SELECT FROM consent_record r WHERE r.contact_id = ANY (%(contacts)s::bigint[]) AND r.id > n.after AND r.id <= n.up_to)
ORDER BY n.after
