-- reconcile: settle what is in doubt by what came back about it: who opened it has it, what bounced did not arrive.
--
-- An open, a click, an answer outweighs a bounce, and a bounce outweighs "delivered", which a server says too early at times.
--
-- Params   now, since timestamptz: older doubts are left to people; names text[] of events that come back
-- Reads    journeys_touch, contacts_event, journeys_enrollment, journeys_step
-- Writes   journeys_touch, orchestrator_attempt, contacts_news
-- Returns  state text, n bigint
-- Index    touch_trouble, event_contact_name_at
-- Rerun    safe: guarded by the old state
WITH doubt AS MATERIALIZED (
    SELECT id, contact_id, called_at FROM journeys_touch
    WHERE state = 'unknown' AND called_at > %(since)s ORDER BY id FOR UPDATE SKIP LOCKED
),
heard AS MATERIALIZED (
    SELECT d.id, CASE WHEN bool_or(v.name NOT IN ('email_bounced', 'sms_failed', 'email_delivered', 'sms_delivered')) THEN 'sent'
                      WHEN bool_or(v.name IN ('email_bounced', 'sms_failed')) THEN 'failed' ELSE 'sent' END AS state
    FROM doubt d
    JOIN contacts_event v ON v.contact_id = d.contact_id AND v.occurred_at >= d.called_at - interval '1 minute'
        AND v.name = ANY (%(names)s) AND v.properties ->> 'touch' = d.id::text
    GROUP BY d.id
),
settled AS (
    UPDATE journeys_touch t
    SET state = h.state, reason = CASE WHEN h.state = 'failed' THEN 'provider_rejected' ELSE '' END,
        sent_at = CASE WHEN h.state = 'sent' THEN t.called_at END, claim = NULL
    FROM heard h WHERE t.id = h.id AND t.state = 'unknown'
    RETURNING t.id, t.contact_id, t.enrollment_id, t.channel, t.state
),
noted AS (
    INSERT INTO orchestrator_attempt (touch_id, at, channel, provider, outcome, code, words, by)
    SELECT id, %(now)s, channel, '', CASE WHEN state = 'sent' THEN 'arrived' ELSE 'rejected' END, '', '', '' FROM settled
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT t.contact_id, 'touch', %(now)s
    FROM settled t
    JOIN journeys_enrollment e ON e.id = t.enrollment_id AND e.left_at IS NULL
    JOIN journeys_step s ON s.id = e.step_id AND s.kind IN ('send', 'survey')
    WHERE t.state = 'failed'
)
SELECT state, count(*) FROM settled GROUP BY state
