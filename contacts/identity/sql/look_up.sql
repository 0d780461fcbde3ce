-- look_up: who holds these identifiers, in a column or as a further one, and which of them say nothing about a person?
--
-- Params   kinds, vals  text[], one identifier each
-- Reads    contacts_contact, contacts_identifier, contacts_blockedidentifier
-- Writes   nothing
-- Returns  kind, value, blocked, id (null: nobody), external_id, email, phone; the first holders first
-- Index    contacts_contact_external_id_key, contact_email, contact_phone, identifier_once, blockedidentifier_once
-- Rerun    safe: reads only
WITH given AS MATERIALIZED (
    SELECT kind, value, n, lower(value) AS low FROM unnest(%(kinds)s::text[], %(vals)s::text[]) WITH ORDINALITY AS item (kind, value, n)
), nobodys AS MATERIALIZED (
    -- joined, not looked up for each: the list is short
    SELECT g.kind, g.value FROM given g JOIN contacts_blockedidentifier b ON b.value = g.low AND b.kind IN ('*', g.kind)
    UNION
    SELECT g.kind, g.value FROM given g CROSS JOIN LATERAL (VALUES
        (split_part(g.low, '@', 1) || '@*'), ('*@' || split_part(g.low, '@', 2)),
        (split_part(g.low, '@', 1) || '@' || split_part(split_part(g.low, '@', 2), '.', 1) || '.*')
    ) AS pattern (value)
    JOIN contacts_blockedidentifier b ON b.kind = 'email' AND b.value = pattern.value
    WHERE g.kind = 'email'
)
SELECT g.kind, g.value,
    nobodys.kind IS NOT NULL AS blocked,
    held.id, held.external_id, held.email, held.phone
FROM given g
LEFT JOIN LATERAL (
    SELECT found.* FROM (
        SELECT 1 AS rank, c.id, c.external_id, c.email, c.phone FROM contacts_contact c
        WHERE g.kind = 'user' AND c.external_id = g.value
        UNION ALL
        (SELECT 1, c.id, c.external_id, c.email, c.phone FROM contacts_contact c
         WHERE g.kind = 'email' AND c.email = g.value AND c.email <> '' ORDER BY c.id LIMIT 6)
        UNION ALL
        (SELECT 1, c.id, c.external_id, c.email, c.phone FROM contacts_contact c
         WHERE g.kind = 'phone' AND c.phone = g.value AND c.phone <> '' ORDER BY c.id LIMIT 6)
        UNION ALL
        SELECT 2, c.id, c.external_id, c.email, c.phone FROM contacts_identifier i JOIN contacts_contact c ON c.id = i.contact_id
        WHERE i.kind = g.kind AND i.value = g.value
    ) found ORDER BY found.rank, found.id
) held ON true
LEFT JOIN nobodys ON nobodys.kind = g.kind AND nobodys.value = g.value
ORDER BY g.n, held.rank, held.id
