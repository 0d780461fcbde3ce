-- record: keep what people said, derive what holds now, and tell the pulse.
--
-- The newest word holds. § 7(3) UWG (existing_customer) counts only for who never refused or withdrew: it revives nothing,
-- and a refusal that comes in late ends it.
--
-- Params   given  json array of {n, contact_id, purpose, decision, at, source, wording, proof}
--          now    timestamptz, when the pulse is told; tell  boolean, whether it is
-- Reads    consent_purpose
-- Writes   consent_record, consent_state, contacts_news
-- Returns  n bigint, id bigint: the record of each choice
-- Index    state_contact_purpose
-- Rerun    not safe: each run is one more thing somebody said (the state stays the same)
WITH given AS (
    SELECT g.*, p.id AS purpose_id
    FROM json_to_recordset(%(given)s::json) AS g(
        n bigint, contact_id bigint, purpose text, decision text, at timestamptz, source text, wording text, proof jsonb)
    JOIN consent_purpose p ON p.slug = g.purpose
),
numbered AS MATERIALIZED (
    -- ids in the order of the choices: of two choices at the same instant the later one holds
    SELECT nextval(pg_get_serial_sequence('consent_record', 'id')) AS id, o.*
    FROM (SELECT * FROM given ORDER BY n) o
),
said AS (
    INSERT INTO consent_record (id, contact_id, purpose_id, decision, at, source, wording, proof)
    SELECT id, contact_id, purpose_id, decision, at, source, wording, proof FROM numbered
),
newest AS (
    SELECT DISTINCT ON (contact_id, purpose_id) * FROM numbered ORDER BY contact_id, purpose_id, at DESC, id DESC
),
basis AS (
    SELECT n.*, CASE decision WHEN 'existing_customer' THEN 'existing_customer' ELSE 'consent' END AS basis FROM newest n
),
held AS (
    INSERT INTO consent_state AS s (contact_id, purpose_id, granted, basis, since, record_id)
    SELECT contact_id, purpose_id, decision IN ('granted', 'existing_customer'), basis, at, id
    FROM basis ORDER BY contact_id, purpose_id
    ON CONFLICT (contact_id, purpose_id) DO UPDATE
        SET granted = EXCLUDED.granted, basis = EXCLUDED.basis, since = EXCLUDED.since, record_id = EXCLUDED.record_id
        WHERE CASE
            WHEN EXCLUDED.basis = 'existing_customer' THEN s.granted AND EXCLUDED.since >= s.since
            WHEN s.basis = 'existing_customer' AND EXISTS (
                SELECT FROM numbered o WHERE o.contact_id = s.contact_id AND o.purpose_id = s.purpose_id
                AND o.decision IN ('refused', 'withdrawn')) THEN true
            ELSE EXCLUDED.since >= s.since  -- a late import of something old changes nothing
        END
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT DISTINCT contact_id, 'consent', %(now)s::timestamptz FROM given WHERE %(tell)s
)
SELECT n, id FROM numbered ORDER BY n
