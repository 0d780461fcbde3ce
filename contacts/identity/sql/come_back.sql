-- come_back: put a merged person back among the contacts, under the old id.
--
-- Params   merge bigint; now timestamptz; columns, values: names put in by the caller
-- Reads    contacts_merge
-- Writes   contacts_contact, contacts_news
-- Returns  id
-- Index    contacts_contact_pkey
-- Rerun    safe: fails when the person is there already
WITH made AS (
    INSERT INTO contacts_contact (/*columns*/)
    SELECT /*values*/ FROM contacts_merge m CROSS JOIN LATERAL jsonb_populate_record(NULL::contacts_contact, m.loser) AS old
    WHERE m.id = %(merge)s
    RETURNING id
),
refreshed AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT id, 'profile', %(now)s::timestamptz FROM made UNION ALL
    SELECT survivor_id, 'profile', %(now)s FROM contacts_merge WHERE id = %(merge)s
)
SELECT id FROM made
