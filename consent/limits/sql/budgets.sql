-- budgets: how much of each limit that applies to a person is used up now.
--
-- Params   contact bigint; now timestamptz
-- Reads    consent_limit, contacts_contact, consent_preference, consent_purpose, journeys_touch, journeys_journey
-- Writes   nothing
-- Returns  limit bigint, used bigint
-- Index    contact_email, touch_contact_decided
-- Rerun    safe: only reads
WITH me AS MATERIALIZED (
    SELECT c.id, c.email, c.account_id, c.time_zone,
           EXISTS (SELECT 1 FROM contacts_contact t JOIN consent_preference f ON f.contact_id = t.id AND f.frequency = 'less'
                   WHERE t.id = c.id OR (t.email = c.email AND t.email <> '')) AS less
    FROM contacts_contact c WHERE c.id = %(contact)s
),
people (id, per) AS MATERIALIZED (
    SELECT id, 'person' FROM me
    UNION SELECT t.id, 'person' FROM me JOIN contacts_contact t ON t.email = me.email AND t.email <> ''
    UNION SELECT t.id, 'account' FROM me JOIN contacts_contact t ON t.account_id = me.account_id
)
SELECT l.id, used.n
FROM consent_limit l
CROSS JOIN me
CROSS JOIN LATERAL (
    SELECT CASE WHEN l.calendar = '' THEN %(now)s - l.window
                ELSE date_trunc(l.calendar, %(now)s AT TIME ZONE me.time_zone) AT TIME ZONE me.time_zone END AS start
) w
CROSS JOIN LATERAL (
    SELECT count(*) AS n
    FROM people p
    JOIN journeys_touch t ON t.contact_id = p.id AND t.decided_at >= w.start AND t.decided_at <= %(now)s
    JOIN journeys_journey j ON j.id = t.journey_id
    JOIN consent_purpose u ON u.slug = t.purpose AND u.enforcement <> 'none'
    LEFT JOIN consent_purpose above ON above.id = u.parent_id
    WHERE p.per = l.per AND t.state IN ('approved', 'sending', 'sent', 'unknown') AND (l.calendar <> '' OR t.decided_at > w.start)
      AND l.channel IN ('', t.channel) AND l.phase IN ('', j.phase) AND (l.purpose IN ('', u.slug) OR l.purpose = above.slug)
) used
WHERE l.active AND (l.who = '' OR me.less) AND (l.per = 'person' OR me.account_id IS NOT NULL)
ORDER BY l.slug
