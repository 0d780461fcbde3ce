-- keep_names: let what the losers were called lead to the survivors from now on.
--
-- Params   merges bigint[]; now timestamptz
-- Reads    contacts_merge, contacts_contact
-- Writes   contacts_identifier, contacts_mergedrow
-- Returns  nothing
-- Index    identifier_once
-- Rerun    safe: an identifier is there once
WITH name AS (
    SELECT m.id AS merge, s.id AS contact, item.kind, item.value
    FROM contacts_merge m
    JOIN contacts_contact s ON s.id = m.survivor_id
    CROSS JOIN LATERAL (VALUES
        ('user', m.loser ->> 'external_id', s.external_id), ('email', m.loser ->> 'email', s.email), ('phone', m.loser ->> 'phone', s.phone)
    ) AS item (kind, value, main)
    WHERE m.id = ANY (%(merges)s::bigint[]) AND item.value <> '' AND item.value IS DISTINCT FROM item.main
),
made AS (
    INSERT INTO contacts_identifier (kind, value, contact_id, source, first_seen_at, last_seen_at)
    SELECT kind, value, contact, 'merge', %(now)s, %(now)s FROM name
    ON CONFLICT (kind, value) DO NOTHING
    RETURNING id, kind, value
)
INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
SELECT name.merge, 'contacts_identifier', made.id, '{}' FROM made JOIN name USING (kind, value)
