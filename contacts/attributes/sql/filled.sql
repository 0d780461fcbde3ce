-- filled: count how many people have each attribute; of a large table a sample of its pages is read.
--
-- Params   share  real, percent of the pages to read, 100 for all
-- Reads    contacts_contact
-- Writes   nothing
-- Returns  key text, n bigint (of those read)
-- Index    none: reads the table, or a sample of it
-- Rerun    safe: reads only
SELECT said.key, count(*)
FROM contacts_contact TABLESAMPLE SYSTEM (%(share)s) REPEATABLE (7), jsonb_object_keys(attributes) AS said (key)
GROUP BY said.key
