-- fire_keyed: write one firing per person and value of a property (a cart, a product) of recent events.
--
-- Params   matched  compiled queryset of contact id, last_at, counts, event; signal bigint; now timestamptz; cooldown interval;
--          key_event text; key_property text; holds_for interval
-- Reads    contacts_contact, contacts_event and whatever the condition names, contacts_signalfiring
-- Writes   contacts_signalfiring
-- Returns  nothing; the row count is the number of firings
-- Index    event_contact_name_at, firing_contact
-- Rerun    safe: the cooldown and the newest event's time guard it
WITH matched (id, last_at, counts, event) AS MATERIALIZED (/*matched*/),
param AS MATERIALIZED (
    SELECT /*signal*/::bigint AS signal, /*now*/::timestamptz AS at, /*cooldown*/::interval AS cooldown,
           /*key_event*/::text AS key_event, /*key_property*/::text AS key_property, /*holds_for*/::interval AS holds_for
),
keyed AS (
    SELECT DISTINCT ON (matched.id, e.properties ->> p.key_property)
           matched.id, e.properties ->> p.key_property AS key, e.occurred_at, e.name, e.properties, matched.counts
    FROM matched, param p, contacts_event e
    WHERE e.contact_id = matched.id AND e.name = p.key_event
      AND e.occurred_at > p.at - p.holds_for AND e.occurred_at <= p.at
      AND e.properties ->> p.key_property <> ''
    ORDER BY matched.id, e.properties ->> p.key_property, e.occurred_at
)
INSERT INTO contacts_signalfiring (signal_id, contact_id, key, fired_at, evidence)
SELECT p.signal, keyed.id, left(keyed.key, 200), p.at,
       jsonb_build_object('at', keyed.occurred_at, 'counts', keyed.counts, 'name', keyed.name, 'properties', keyed.properties)
FROM keyed, param p
WHERE NOT EXISTS (
    SELECT 1 FROM contacts_signalfiring f
    WHERE f.contact_id = keyed.id AND f.signal_id = p.signal AND f.key = left(keyed.key, 200)
      AND (f.fired_at > p.at - p.cooldown OR (f.evidence ->> 'at')::timestamptz >= keyed.occurred_at)
)
