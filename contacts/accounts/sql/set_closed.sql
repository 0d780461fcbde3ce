-- set_closed: close companies or open them again, and tell the pulse about their people.
--
-- Params   accounts bigint[]; closed_at timestamptz or null; news text; now timestamptz
-- Reads    contacts_contact
-- Writes   contacts_account, contacts_news
-- Returns  how many companies changed
-- Index    contacts_account_pkey, contacts_contact_account_id
-- Rerun    safe: what is so already does not change
WITH changed AS (
    UPDATE contacts_account SET closed_at = %(closed_at)s::timestamptz
    WHERE id = ANY (%(accounts)s::bigint[]) AND (closed_at IS NULL) <> (%(closed_at)s::timestamptz IS NULL)
    RETURNING id
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT c.id, %(news)s, %(now)s::timestamptz FROM contacts_contact c JOIN changed ON c.account_id = changed.id
)
SELECT count(*) FROM changed
