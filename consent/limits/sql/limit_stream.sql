-- limit_stream: the messages that a limit would be about, in order of time, for the effect of a limit that is being edited.
--
-- Params   since, now timestamptz; channel, purpose, phase text (empty: every); less, accounts boolean; calendar text (empty: sliding);
--          parts int: one person (or account) in so many is read
-- Reads    journeys_touch, journeys_journey, contacts_contact, consent_purpose, consent_preference
-- Writes   nothing
-- Returns  whose limit bigint (people with one address are one), at double precision (epoch), its calendar window bigint, channel text,
--          journey bigint, contact bigint
-- Index    none: a month of touches is most of what is read; the primary keys
-- Rerun    safe: only reads
SELECT w.whose, extract(epoch FROM t.proposed_at)::float8,
       CASE WHEN %(calendar)s = '' THEN 0
            ELSE extract(epoch FROM date_trunc(%(calendar)s, t.proposed_at AT TIME ZONE c.time_zone))::bigint END,
       t.channel, t.journey_id, t.contact_id
FROM journeys_touch t
JOIN contacts_contact c ON c.id = t.contact_id
JOIN journeys_journey j ON j.id = t.journey_id
JOIN consent_purpose p ON p.slug = t.purpose AND p.enforcement <> 'none'
LEFT JOIN consent_purpose above ON above.id = p.parent_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN %(accounts)s THEN c.account_id WHEN c.email <> '' THEN hashtextextended(c.email, 0) ELSE c.id END AS whose
) w
WHERE t.proposed_at > %(since)s AND t.proposed_at <= %(now)s
  AND (t.state IN ('approved', 'sending', 'sent', 'unknown')
       OR t.state IN ('held', 'suppressed') AND (t.reason LIKE 'cap\_%%' OR t.reason IN ('quiet_hours', 'rest_after_goal', 'outranked', 'slot_reserved')))
  AND (%(channel)s = '' OR t.channel = %(channel)s)
  AND (%(purpose)s = '' OR p.slug = %(purpose)s OR above.slug = %(purpose)s)
  AND (%(phase)s = '' OR j.phase = %(phase)s)
  AND (NOT %(less)s OR EXISTS (SELECT 1 FROM consent_preference f WHERE f.contact_id = c.id AND f.frequency = 'less'))
  AND w.whose IS NOT NULL AND (%(parts)s = 1 OR mod(hashint8(w.whose), %(parts)s) = 0)
ORDER BY t.proposed_at, t.id
