-- tell: put people whose grade may change on the list of the pulse.
--
-- Params   score bigint, null for everybody; name text; now timestamptz
-- Reads    contacts_scorevalue, contacts_contact
-- Writes   contacts_news
-- Returns  nothing; the row count is the number of people
-- Index    scorevalue_once
-- Rerun    safe: news about somebody may come twice
INSERT INTO contacts_news (contact_id, name, since)
SELECT c.id, %(name)s, %(now)s FROM contacts_contact c WHERE %(score)s::bigint IS NULL
UNION ALL
SELECT v.contact_id, %(name)s, %(now)s FROM contacts_scorevalue v WHERE v.score_id = %(score)s::bigint
