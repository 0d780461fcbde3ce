-- judge: say of everybody in an audience's sources what stands against handing them over, and as what they would be known.
--
-- Params   source, allowed  compiled querysets of contact ids; purposes bigint[], the purpose and what it is a topic of; dialect text
-- Reads    contacts_segmentmember, contacts_contact, consent_state, consent_suppression
-- Writes   nothing
-- Returns  contact_id, against ('' when nothing does), email_hash, phone_hash
-- Index    segmentmember_once, contact_email, state_contact_purpose, suppression_address
-- Rerun    safe: reads only
WITH source (id) AS MATERIALIZED (/*source*/),
allowed (id) AS MATERIALIZED (/*allowed*/),
param AS MATERIALIZED (SELECT /*purposes*/::bigint[] AS purposes, /*dialect*/::text AS dialect),
written AS MATERIALIZED (
    -- Google: no white space at all; Meta: none around it
    SELECT c.id, c.email, c.phone, c.restricted_at, a.id IS NOT NULL AS allowed, p.dialect, p.purposes,
           CASE WHEN p.dialect = 'google' THEN regexp_replace(lower(c.email), '\s', '', 'g') ELSE lower(btrim(c.email)) END AS mail,
           regexp_replace(c.phone, '[\s()./-]', '', 'g') AS number
    FROM source s
    JOIN contacts_contact c ON c.id = s.id
    LEFT JOIN allowed a ON a.id = s.id
    CROSS JOIN param p
),
known AS MATERIALIZED (
    -- Google: the dots and the +tag of a Gmail address are dropped; phone numbers are E.164, for Meta without the +
    SELECT w.*,
           CASE WHEN w.dialect = 'google' AND w.mail ~ '@(gmail|googlemail)\.com$'
                THEN replace(split_part(split_part(w.mail, '@', 1), '+', 1), '.', '') || '@' || split_part(w.mail, '@', 2)
                ELSE w.mail END AS address,
           CASE WHEN w.number !~ '^\+[1-9][0-9]{6,14}$' THEN '' WHEN w.dialect = 'meta' THEN substr(w.number, 2) ELSE w.number END AS digits
    FROM written w
)
SELECT k.id AS contact_id,
       CASE
           WHEN k.restricted_at IS NOT NULL THEN 'restricted'
           WHEN NOT k.allowed THEN CASE WHEN EXISTS (
               SELECT FROM consent_state s WHERE s.contact_id = k.id AND s.purpose_id = ANY (k.purposes) AND NOT s.granted
           ) THEN 'withdrawn' ELSE 'no_consent' END
           WHEN EXISTS (SELECT FROM consent_suppression b WHERE b.channel = 'email' AND k.email <> '' AND b.address = lower(btrim(k.email)))
             OR EXISTS (SELECT FROM consent_suppression b WHERE b.channel = 'sms' AND k.phone <> '' AND b.address = lower(btrim(k.phone)))
             THEN 'suppressed'
           WHEN EXISTS (
               SELECT FROM contacts_contact o
               WHERE o.email = k.email AND o.email <> '' AND o.id <> k.id AND (o.restricted_at IS NOT NULL OR EXISTS (
                   SELECT FROM consent_state s WHERE s.contact_id = o.id AND s.purpose_id = ANY (k.purposes) AND NOT s.granted))
           ) THEN 'same_address'
           WHEN k.address !~ '^[^@]+@[^@]+$' AND k.digits = '' THEN 'no_address'
           ELSE '' END AS against,
       CASE WHEN k.address ~ '^[^@]+@[^@]+$' THEN encode(sha256(convert_to(k.address, 'UTF8')), 'hex') ELSE '' END AS email_hash,
       CASE WHEN k.digits <> '' THEN encode(sha256(convert_to(k.digits, 'UTF8')), 'hex') ELSE '' END AS phone_hash
FROM known k
