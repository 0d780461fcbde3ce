-- last_seen: when events of each name came last.
--
-- Params   names text[]; since timestamptz
-- Reads    contacts_event
-- Writes   nothing
-- Returns  name, instant; only names that came since
-- Index    event_name_at, one look from its end for each name
-- Rerun    safe: reads only
SELECT n.name, e.occurred_at
FROM unnest(%(names)s::text[]) AS n (name),
LATERAL (
    SELECT occurred_at FROM contacts_event
    WHERE contacts_event.name = n.name AND occurred_at >= %(since)s
    ORDER BY occurred_at DESC LIMIT 1
) e
