-- hold: lock the person of an on-site message and what they said, before anything is read about them.
--
-- Params   id bigint
-- Reads    journeys_touch, contacts_contact, consent_state
-- Writes   nothing
-- Returns  contact bigint; no row: the touch or the person is gone
-- Index    journeys_touch_pkey, state_contact_purpose
-- Rerun    safe: locks only, until the end of the transaction
WITH person AS MATERIALIZED (
    SELECT c.id FROM contacts_contact c WHERE c.id = (SELECT t.contact_id FROM journeys_touch t WHERE t.id = %(id)s AND t.channel = 'onsite') FOR SHARE
),
said AS MATERIALIZED (
    SELECT s.id FROM consent_state s WHERE s.contact_id = (SELECT id FROM person) ORDER BY s.purpose_id FOR SHARE
)
SELECT id FROM person WHERE (SELECT count(*) FROM said) >= 0
