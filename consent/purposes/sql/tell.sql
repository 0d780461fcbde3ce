-- tell: make news of a purpose that was changed, for everybody whom it is about: rules that ask for it look again.
--
-- Params   purpose bigint; everybody boolean: also people who never said anything; now timestamptz
-- Reads    consent_state, consent_purpose, contacts_contact
-- Writes   contacts_news
-- Returns  nothing; the row count is the number of people
-- Index    none: the states are read once through
-- Rerun    safe: news twice are looked at once
INSERT INTO contacts_news (contact_id, name, since)
SELECT c.id, 'consent', %(now)s FROM contacts_contact c
WHERE %(everybody)s OR c.id IN (
    SELECT s.contact_id FROM consent_state s JOIN consent_purpose p ON p.id = s.purpose_id
    WHERE p.id = %(purpose)s OR p.parent_id = %(purpose)s)
