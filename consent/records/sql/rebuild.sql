-- rebuild: derive the state of every person from the records alone.
--
-- The newest word holds; § 7(3) UWG (existing_customer) only for who never refused or withdrew.
--
-- Params   none
-- Reads    consent_record, contacts_contact
-- Writes   consent_state
-- Returns  nothing; the row count is the number of states
-- Index    record_contact_purpose
-- Rerun    safe: the same records give the same states
WITH newest AS (
    SELECT DISTINCT ON (r.contact_id, r.purpose_id) r.id, r.contact_id, r.purpose_id, r.decision, r.at
    FROM consent_record r
    JOIN contacts_contact c ON c.id = r.contact_id  -- records outlive a person who was erased
    WHERE r.decision <> 'existing_customer' OR NOT EXISTS (
        SELECT FROM consent_record o WHERE o.contact_id = r.contact_id AND o.purpose_id = r.purpose_id
        AND o.decision IN ('refused', 'withdrawn'))
    ORDER BY r.contact_id, r.purpose_id, r.at DESC, r.id DESC
),
gone AS (
    DELETE FROM consent_state s
    WHERE NOT EXISTS (SELECT FROM newest n WHERE n.contact_id = s.contact_id AND n.purpose_id = s.purpose_id)
)
INSERT INTO consent_state (contact_id, purpose_id, granted, basis, since, record_id)
SELECT contact_id, purpose_id, decision IN ('granted', 'existing_customer'),
       CASE decision WHEN 'existing_customer' THEN 'existing_customer' ELSE 'consent' END, at, id
FROM newest
ON CONFLICT (contact_id, purpose_id) DO UPDATE
    SET granted = EXCLUDED.granted, basis = EXCLUDED.basis, since = EXCLUDED.since, record_id = EXCLUDED.record_id
