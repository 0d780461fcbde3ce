-- lost: find what holds for people by a record that is not there any more: the end of a chain was cut off.
--
-- Params   contacts bigint[] or null for everybody; most int, how many are named
-- Reads    consent_state, consent_record, consent_purpose
-- Writes   nothing
-- Returns  record, contact bigint; purpose text; at timestamptz; n bigint, how many there are in all
-- Index    the primary key of consent_record
-- Rerun    safe: it writes nothing
SELECT s.record_id, s.contact_id, p.slug, s.since, count(*) OVER ()
FROM consent_state s
JOIN consent_purpose p ON p.id = s.purpose_id
WHERE NOT EXISTS (SELECT FROM consent_record r WHERE r.id = s.record_id)
  AND (%(contacts)s::bigint[] IS NULL OR s.contact_id = ANY (%(contacts)s::bigint[]))
ORDER BY s.record_id
LIMIT %(most)s
