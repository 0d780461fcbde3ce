-- claim_news: take the oldest news, each row by one pulse only.
--
-- Params   batch int; now timestamptz, news of the future (a replay's) waits
-- Reads    contacts_news
-- Writes   contacts_news
-- Returns  contact_id, name
-- Index    contacts_news_pkey
-- Rerun    safe: rows are deleted in the transaction that acts on them
DELETE FROM contacts_news
WHERE id IN (SELECT id FROM contacts_news WHERE since <= %(now)s ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
RETURNING contact_id, name
