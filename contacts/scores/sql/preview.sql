-- preview: what rules, saved or not, would give some people.
--
-- Params   points  compiled parts of contact id, rule, points, n
-- Reads    contacts_contact, contacts_event and whatever the rules name
-- Writes   nothing
-- Returns  contact_id bigint, rule bigint, points numeric, n bigint
-- Index    event_contact_name_at
-- Rerun    safe: only reads
SELECT points.contact_id, points.rule, points.points, points.n
FROM (/*points*/) points (contact_id, rule, points, n)
