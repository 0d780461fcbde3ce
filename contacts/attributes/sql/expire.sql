-- expire: remove values that are older than their definition allows to keep them.
--
-- Params   now  timestamptz; most  bigint, people at once
-- Reads    contacts_attribute, contacts_contact
-- Writes   contacts_contact, contacts_apartvalue, contacts_news
-- Returns  n bigint, people who lost a value
-- Index    contacts_contact_pkey; contacts_contact is read in whole, once a day
-- Rerun    safe: what is removed is not there again
WITH kept AS MATERIALIZED (
    SELECT key, %(now)s::timestamptz - keep_days * interval '1 day' AS since FROM contacts_attribute WHERE keep_days IS NOT NULL
), old AS MATERIALIZED (
    SELECT c.id, array_agg(kept.key) AS keys
    FROM contacts_contact c JOIN kept ON c.attributes ? kept.key
    -- nobody noted when a value came that is older than the notes: not after the last change of the person
    WHERE COALESCE((c.attributes_at ->> kept.key)::timestamptz, c.updated_at) < kept.since
    GROUP BY c.id LIMIT %(most)s
), locked AS MATERIALIZED (
    SELECT c.id FROM contacts_contact c WHERE c.id IN (SELECT id FROM old) ORDER BY c.id FOR NO KEY UPDATE
), cleared AS (
    UPDATE contacts_contact c
       SET attributes = c.attributes - old.keys, attributes_at = c.attributes_at - old.keys, updated_at = %(now)s
      FROM old JOIN locked USING (id) WHERE c.id = old.id
    RETURNING c.id
), apart AS (
    DELETE FROM contacts_apartvalue apart USING kept WHERE apart.key = kept.key AND apart.at < kept.since
), news AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT id, 'profile', %(now)s FROM cleared
)
SELECT count(*) FROM cleared
