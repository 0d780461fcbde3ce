-- candidates: people to show a draft of a score with: those who last did something that counts, and the newest.
--
-- Params   names  text[], events; now timestamptz; most integer, of each
-- Reads    contacts_event, contacts_contact
-- Writes   nothing
-- Returns  id bigint
-- Index    event_name_at, the primary key of contacts_contact
-- Rerun    safe: only reads
SELECT latest.contact_id
FROM unnest(%(names)s::text[]) AS given (name)
CROSS JOIN LATERAL (
    SELECT e.contact_id FROM contacts_event e
    WHERE e.name = given.name AND e.occurred_at <= %(now)s
    ORDER BY e.occurred_at DESC
    LIMIT %(most)s
) latest
UNION
(SELECT id FROM contacts_contact ORDER BY id DESC LIMIT %(most)s)
