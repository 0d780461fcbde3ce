-- worn_out: find the addresses that mail could not be delivered to so often in so short a time that it is over.
--
-- Params   addresses  text[]; first, last  timestamptz[], the span of the bounces that are new: those of long ago were counted then
--          people     bigint[], whose bounces are counted: everybody who has one of the addresses or had it
--          most       int; within  interval
-- Reads    contacts_event
-- Writes   nothing
-- Returns  address text, at timestamptz: the bounce that was one too many, the first such
-- Index    event_contact_name_at
-- Rerun    safe: reads only; the order in which the bounces came in does not matter
WITH bounce AS (
    SELECT e.properties ->> 'address' AS address, e.occurred_at AS at,
           lag(e.occurred_at, %(most)s - 1) OVER (PARTITION BY e.properties ->> 'address' ORDER BY e.occurred_at, e.id) AS since
    FROM contacts_event e
    WHERE e.contact_id = ANY (%(people)s) AND e.name = 'email_bounced'
      AND e.properties ->> 'kind' = 'soft' AND e.properties ->> 'address' = ANY (%(addresses)s)
)
SELECT b.address, min(b.at)
FROM bounce b JOIN unnest(%(addresses)s::text[], %(first)s::timestamptz[], %(last)s::timestamptz[]) AS n (address, first, last) USING (address)
WHERE b.since > b.at - %(within)s::interval AND b.at >= n.first AND b.since <= n.last
GROUP BY b.address
