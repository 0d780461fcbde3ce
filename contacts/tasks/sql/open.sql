-- open: give sales or service tasks about people, each once for a visit of a step.
--
-- Params   tasks  jsonb, [{contact_id, team, queue, owner, title, text, due_at, journey_slug, enrollment_id, step_key, visit}]; owner: a user's
--                 name, 'last' (who dealt with the person last) or ''; now  timestamptz
-- Reads    contacts_contact, contacts_handover, auth_user
-- Writes   contacts_task
-- Returns  contact_id bigint, id bigint of every task that was opened
-- Index    task_once, contacts_task's and contacts_handover's on the contact
-- Rerun    safe: unique (enrollment, step, visit)
WITH given AS (
    SELECT *
    FROM jsonb_to_recordset(%(tasks)s::jsonb) AS given (
        contact_id bigint, team text, queue text, owner text, title text, text text, due_at timestamptz, journey_slug text,
        enrollment_id bigint, step_key text, visit int
    )
)
INSERT INTO contacts_task (
    contact_id, team, queue, owner_id, title, text, problem, state, outcome, note, created_at, due_at, closed_by, journey_slug, step_key,
    enrollment_id, visit
)
SELECT g.contact_id, g.team, g.queue,
       CASE g.owner
           WHEN '' THEN NULL
           WHEN 'last' THEN (
               SELECT u.id
               FROM (
                   SELECT t.owner_id, coalesce(t.closed_at, t.created_at) AS at
                   FROM contacts_task t WHERE t.contact_id = g.contact_id AND t.team = g.team AND t.owner_id IS NOT NULL
                   UNION ALL
                   SELECT h.owner_id, coalesce(h.answered_at, h.created_at)
                   FROM contacts_handover h WHERE h.contact_id = g.contact_id AND g.team = 'sales' AND h.owner_id IS NOT NULL
               ) dealt
               JOIN auth_user u ON u.id = dealt.owner_id AND u.is_active
               ORDER BY dealt.at DESC, u.id
               LIMIT 1)
           ELSE (SELECT u.id FROM auth_user u WHERE u.username = g.owner AND u.is_active)
       END,
       g.title, g.text, '', 'open', '', '', %(now)s, g.due_at, '', g.journey_slug, g.step_key, g.enrollment_id, g.visit
FROM given g
JOIN contacts_contact c ON c.id = g.contact_id AND c.restricted_at IS NULL
ORDER BY g.contact_id, g.due_at
ON CONFLICT DO NOTHING
RETURNING contact_id, id
