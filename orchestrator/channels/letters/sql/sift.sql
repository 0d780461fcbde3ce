-- sift: take out the letters of a batch that must not be printed any more: consent ended, or the person moved.
--
-- Params   batch bigint; now timestamptz
-- Reads    contacts_contact, consent_* (consent_stands_against)
-- Writes   orchestrator_letter, journeys_touch, orchestrator_verdict
-- Returns  reason text of each letter that was taken out
-- Index    letter_batch_order, journeys_touch_pkey
-- Rerun    safe: guarded by the reason; what was taken out stays out
WITH asked AS MATERIALIZED (
    SELECT l.id, t.id AS touch_id, t.contact_id,
           CASE WHEN t.address IS DISTINCT FROM contacts_address(c, 'postal') THEN 'no_address'
                ELSE consent_stands_against(t.contact_id, t.purpose, t.channel, t.address) END AS against
    FROM orchestrator_letter l
    JOIN journeys_touch t ON t.id = l.touch_id
    JOIN contacts_contact c ON c.id = t.contact_id
    WHERE l.batch_id = %(batch)s AND l.reason = ''
),
out AS (
    UPDATE orchestrator_letter l SET reason = a.against FROM asked a WHERE l.id = a.id AND a.against <> '' RETURNING a.touch_id, a.contact_id, a.against
),
told AS (
    UPDATE journeys_touch t SET state = 'suppressed', reason = o.against, sent_at = NULL, decided_at = %(now)s
    FROM out o WHERE t.id = o.touch_id AND t.state IN ('sent', 'unknown')
    RETURNING t.id
),
said AS (
    INSERT INTO orchestrator_verdict (touch_id, contact_id, outcome, reason, gates, at)
    SELECT o.touch_id, o.contact_id, 'suppressed', o.against, jsonb_build_object('moment', 'print', 'consent', jsonb_build_object('against', o.against)), %(now)s
    FROM out o
)
SELECT against FROM out
