-- open: hand leads over to sales, at most one open handover a person.
--
-- Params   leads  jsonb, [{contact_id, team, due_at, journey_slug, enrollment_id, snapshot}]
--          now    timestamptz, the tick's time
-- Reads    contacts_contact
-- Writes   contacts_handover, contacts_handoverlog, contacts_news
-- Returns  contact_id bigint, id bigint of every handover that was opened
-- Index    handover_one_open
-- Rerun    safe: who has an open handover keeps that one
WITH lead AS (
    SELECT *
    FROM jsonb_to_recordset(%(leads)s::jsonb) AS given (
        contact_id bigint, team text, due_at timestamptz, journey_slug text, enrollment_id bigint, snapshot jsonb
    )
),
opened AS (
    INSERT INTO contacts_handover (
        contact_id, account_id, team, state, created_at, due_at, reason, snapshot, journey_slug, enrollment_id
    )
    SELECT lead.contact_id, contact.account_id, lead.team, 'waiting', %(now)s, lead.due_at, '',
           lead.snapshot, lead.journey_slug, lead.enrollment_id
    FROM lead
    JOIN contacts_contact contact ON contact.id = lead.contact_id
    ORDER BY lead.contact_id, lead.due_at
    ON CONFLICT DO NOTHING
    RETURNING id, contact_id, journey_slug
),
logged AS (
    INSERT INTO contacts_handoverlog (handover_id, at, by, state, reason, note)
    SELECT id, %(now)s, journey_slug, 'waiting', '', '' FROM opened
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT contact_id, 'handover', %(now)s FROM opened
)
SELECT contact_id, id FROM opened
