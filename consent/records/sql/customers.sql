-- customers: read what decides whether people may be written to as existing customers (§ 7(3) UWG).
--
-- Who shares an address is one reader: what one of them refused is refused.
--
-- Params   contacts bigint[]; purpose bigint
-- Reads    contacts_contact, consent_record, consent_state, consent_suppression
-- Writes   nothing
-- Returns  id bigint; email text; objected boolean; granted boolean or null; basis text
-- Index    the primary key, the index on the address, record_contact_purpose, state_contact_purpose, suppression_address
-- Rerun    safe: it writes nothing
SELECT c.id, c.email,
       EXISTS (
           SELECT FROM contacts_contact t
           JOIN consent_record r ON r.contact_id = t.id AND r.purpose_id = %(purpose)s AND r.decision IN ('refused', 'withdrawn')
           WHERE t.id = c.id OR t.email <> '' AND t.email = c.email)
       OR EXISTS (
           SELECT FROM consent_suppression x
           WHERE x.channel = 'email' AND x.address = lower(c.email) AND x.reason IN ('complained', 'objected', 'blocked')),
       s.granted, coalesce(s.basis, '')
FROM contacts_contact c
LEFT JOIN consent_state s ON s.contact_id = c.id AND s.purpose_id = %(purpose)s
WHERE c.id = ANY (%(contacts)s)
