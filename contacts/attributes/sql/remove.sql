-- remove: take attributes that are being deleted, and all that is known under their keys, away from a portion of people.
--
-- Params   most  bigint, people at once; now  timestamptz
-- Reads    contacts_attribute, contacts_contact, contacts_apartvalue
-- Writes   contacts_contact, contacts_apartvalue, contacts_news
-- Returns  people bigint, who lost a value; apart bigint, values that were kept apart
-- Index    apartvalue_once; contacts_contact is read until a portion is found
-- Rerun    safe: what is removed is not there again
WITH leaving AS MATERIALIZED (
    SELECT key FROM contacts_attribute WHERE state = 'leaving'
), had AS MATERIALIZED (
    SELECT c.id FROM contacts_contact c WHERE c.attributes ?| ARRAY(SELECT key::text FROM leaving) LIMIT %(most)s
), locked AS MATERIALIZED (
    -- in the order of the ids, as everywhere, so that nobody waits in a circle
    SELECT c.id FROM contacts_contact c WHERE c.id IN (SELECT id FROM had) ORDER BY c.id FOR NO KEY UPDATE
), cleared AS (
    UPDATE contacts_contact c
       SET attributes = c.attributes - ARRAY(SELECT key::text FROM leaving),
           attributes_at = c.attributes_at - ARRAY(SELECT key::text FROM leaving), updated_at = %(now)s
      FROM locked WHERE c.id = locked.id
    RETURNING c.id
), apart AS (
    DELETE FROM contacts_apartvalue WHERE id IN (
        SELECT id FROM contacts_apartvalue WHERE key IN (SELECT key FROM leaving) LIMIT %(most)s
    ) RETURNING 1
), news AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT id, 'profile', %(now)s FROM cleared
)
SELECT (SELECT count(*) FROM cleared), (SELECT count(*) FROM apart)
