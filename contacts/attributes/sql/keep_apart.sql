-- keep_apart: put values that nobody defined beside their people, the last one of each key; take away those that are gone.
--
-- Params   values  json list of contact_id, key, value, stored (false: note the key only), gone; source text; now  timestamptz
-- Reads    contacts_apartvalue
-- Writes   contacts_apartvalue
-- Returns  nothing
-- Index    apartvalue_once
-- Rerun    safe: the same value again changes nothing
WITH given AS MATERIALIZED (
    SELECT contact_id, key, gone, CASE WHEN stored THEN value ELSE 'null' END AS value
    FROM json_to_recordset(%(values)s::json) AS item (contact_id bigint, key text, value jsonb, stored bool, gone bool)
), taken AS (
    DELETE FROM contacts_apartvalue old USING given
    WHERE given.gone AND old.key = given.key AND old.contact_id = given.contact_id
)
INSERT INTO contacts_apartvalue AS old (contact_id, key, value, source, at)
-- in one order, so that two calls about the same people never wait in a circle
SELECT contact_id, key, value, %(source)s, %(now)s FROM given WHERE NOT gone ORDER BY contact_id, key
ON CONFLICT (key, contact_id) DO UPDATE SET value = EXCLUDED.value, source = EXCLUDED.source, at = EXCLUDED.at
WHERE (old.value, old.source) IS DISTINCT FROM (EXCLUDED.value, EXCLUDED.source)
