-- rest_effect: how many messages a rest after a goal would have held back, by channel and journey.
--
-- Params   since, now timestamptz; rest interval; phase text, of the journey whose goal was reached (empty: any)
-- Reads    journeys_touch, journeys_enrollment, journeys_journey, contacts_contact, consent_purpose
-- Writes   nothing
-- Returns  channel text, journey bigint, n bigint, held bigint, some contacts that were held bigint[]
-- Index    none: a month of touches is most of what is read; the primary keys
-- Rerun    safe: only reads
WITH goal AS MATERIALIZED (
    SELECT coalesce(nullif(c.email, ''), c.id::text) AS whose, e.left_at
    FROM journeys_enrollment e
    JOIN journeys_journey j ON j.id = e.journey_id AND (%(phase)s = '' OR j.phase = %(phase)s)
    JOIN contacts_contact c ON c.id = e.contact_id
    WHERE e.reason = 'goal' AND e.left_at > %(since)s - %(rest)s AND e.left_at <= %(now)s
),
message AS MATERIALIZED (
    SELECT t.id, t.channel, t.journey_id, t.contact_id, t.proposed_at, coalesce(nullif(c.email, ''), c.id::text) AS whose
    FROM journeys_touch t
    JOIN contacts_contact c ON c.id = t.contact_id
    JOIN consent_purpose p ON p.slug = t.purpose AND p.enforcement <> 'none'
    WHERE t.proposed_at > %(since)s AND t.proposed_at <= %(now)s
      AND (t.state IN ('approved', 'sending', 'sent', 'unknown')
           OR t.state IN ('held', 'suppressed') AND (t.reason LIKE 'cap\_%%' OR t.reason IN ('quiet_hours', 'rest_after_goal', 'outranked', 'slot_reserved')))
),
held AS MATERIALIZED (
    SELECT DISTINCT m.id FROM message m JOIN goal g ON g.whose = m.whose AND g.left_at <= m.proposed_at AND g.left_at > m.proposed_at - %(rest)s
)
SELECT m.channel, m.journey_id, count(*), count(h.id), coalesce((array_agg(m.contact_id) FILTER (WHERE h.id IS NOT NULL))[1:50], '{}')
FROM message m LEFT JOIN held h ON h.id = m.id GROUP BY 1, 2
