-- quiet_effect: how many messages quiet hours would have held back, by channel and journey.
--
-- Params   since, now timestamptz; channel, country text (empty: every); starts, ends time; weekdays int[] (of the start, 1 Monday);
--          countries text[], days date[]: public holidays that are quiet all day
-- Reads    journeys_touch, contacts_contact, consent_purpose
-- Writes   nothing
-- Returns  channel text, journey bigint, n bigint, held bigint, some contacts that were held bigint[]
-- Index    none: a month of touches is most of what is read; the primary keys
-- Rerun    safe: only reads
WITH message AS (
    SELECT t.channel, t.journey_id, t.contact_id, c.country, t.proposed_at AT TIME ZONE c.time_zone AS here
    FROM journeys_touch t
    JOIN contacts_contact c ON c.id = t.contact_id
    JOIN consent_purpose p ON p.slug = t.purpose AND p.enforcement <> 'none'
    WHERE t.proposed_at > %(since)s AND t.proposed_at <= %(now)s
      AND (t.state IN ('approved', 'sending', 'sent', 'unknown')
           OR t.state IN ('held', 'suppressed') AND (t.reason LIKE 'cap\_%%' OR t.reason IN ('quiet_hours', 'rest_after_goal', 'outranked', 'slot_reserved')))
      AND (%(channel)s = '' OR t.channel = %(channel)s) AND (%(country)s = '' OR c.country = %(country)s)
),
judged AS (
    SELECT m.channel, m.journey_id, m.contact_id,
           CASE WHEN %(starts)s::time < %(ends)s::time
                THEN m.here::time >= %(starts)s AND m.here::time < %(ends)s AND extract(isodow FROM m.here) = ANY (%(weekdays)s::int[])
                ELSE m.here::time >= %(starts)s AND extract(isodow FROM m.here) = ANY (%(weekdays)s::int[])
                  OR m.here::time < %(ends)s AND extract(isodow FROM m.here - interval '1 day') = ANY (%(weekdays)s::int[])
           END OR h.day IS NOT NULL AS held
    FROM message m
    LEFT JOIN unnest(%(countries)s::text[], %(days)s::date[]) AS h (country, day) ON h.country = m.country AND h.day = m.here::date
)
SELECT channel, journey_id, count(*), count(*) FILTER (WHERE held), coalesce((array_agg(contact_id) FILTER (WHERE held))[1:50], '{}')
FROM judged GROUP BY 1, 2
