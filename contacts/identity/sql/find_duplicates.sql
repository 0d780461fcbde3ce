-- find_duplicates: ask about people who have an address, a phone number, or name and company in common.
--
-- Params   most int, people who may share something before it says nothing; new int, questions at most; now timestamptz
-- Reads    contacts_contact, contacts_blockedidentifier, contacts_mergeproposal
-- Writes   contacts_mergeproposal
-- Returns  nothing; the row count is the number of new questions
-- Index    contact_email, contact_phone, mergeproposal_once, blockedidentifier_once
-- Rerun    safe: a pair is asked about once
WITH same AS (
    SELECT 'email' AS kind, email AS value, 'same_email' AS reason, array_agg(id ORDER BY id) AS ids
    FROM contacts_contact WHERE email <> '' GROUP BY email HAVING count(*) BETWEEN 2 AND %(most)s
    UNION ALL
    SELECT 'phone', phone, 'same_phone', array_agg(id ORDER BY id)
    FROM contacts_contact WHERE phone <> '' GROUP BY phone HAVING count(*) BETWEEN 2 AND %(most)s
    UNION ALL
    SELECT 'name', left(min(first_name) || ' ' || min(last_name), 320), 'same_name', array_agg(id ORDER BY id)
    FROM contacts_contact WHERE account_id IS NOT NULL AND first_name <> '' AND last_name <> ''
    GROUP BY account_id, lower(first_name), lower(last_name) HAVING count(*) BETWEEN 2 AND %(most)s
),
pair AS (
    SELECT DISTINCT ON (one, other) s.ids[1] AS one, other, s.kind, s.value, s.reason
    FROM same s CROSS JOIN LATERAL unnest(s.ids[2:]) AS other
    WHERE NOT EXISTS (SELECT 1 FROM contacts_mergeproposal p WHERE p.first_id = s.ids[1] AND p.second_id = other)
      AND NOT EXISTS (
          SELECT 1 FROM contacts_blockedidentifier b
          WHERE b.kind IN ('*', s.kind) AND b.value = lower(s.value) OR s.kind = 'email' AND b.kind = 'email' AND b.value IN (
              split_part(s.value, '@', 1) || '@*', '*@' || split_part(s.value, '@', 2),
              split_part(s.value, '@', 1) || '@' || split_part(split_part(s.value, '@', 2), '.', 1) || '.*'))
    ORDER BY one, other, s.kind
    LIMIT %(new)s
)
INSERT INTO contacts_mergeproposal (first_id, second_id, kind, value, reason, state, at, decided_by)
SELECT pair.one, pair.other, pair.kind, pair.value,
       CASE WHEN a.external_id <> b.external_id THEN 'user_ids' ELSE pair.reason END, 'open', %(now)s, ''
FROM pair JOIN contacts_contact a ON a.id = pair.one JOIN contacts_contact b ON b.id = pair.other
ON CONFLICT (first_id, second_id) DO NOTHING
