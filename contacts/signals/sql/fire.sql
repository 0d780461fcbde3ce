-- fire: write one firing for everybody for whom a signal holds and who is past its cooldown.
--
-- Params   matched  compiled queryset of contact id, last_at, counts, event; signal bigint; now timestamptz; cooldown interval
-- Reads    contacts_contact, contacts_event and whatever the condition names, contacts_signalfiring
-- Writes   contacts_signalfiring
-- Returns  nothing; the row count is the number of firings
-- Index    firing_contact
-- Rerun    safe: the cooldown and the newest event's time guard it
WITH found (id, last_at, counts, event) AS MATERIALIZED (/*matched*/),
-- a signal without events has neither time nor counts: its NULL and {} are texts until somebody says what they are
matched AS (SELECT id, last_at::timestamptz AS last_at, counts::jsonb AS counts, event::jsonb AS event FROM found),
param AS MATERIALIZED (SELECT /*signal*/::bigint AS signal, /*now*/::timestamptz AS at, /*cooldown*/::interval AS cooldown)
INSERT INTO contacts_signalfiring (signal_id, contact_id, key, fired_at, evidence)
SELECT p.signal, matched.id, '', p.at,
       jsonb_build_object('at', coalesce(matched.last_at, p.at), 'counts', matched.counts) || coalesce(matched.event, '{}')
FROM matched, param p
WHERE NOT EXISTS (
    SELECT 1 FROM contacts_signalfiring f
    WHERE f.contact_id = matched.id AND f.signal_id = p.signal AND f.key = ''
      AND (f.fired_at > p.at - p.cooldown OR (f.evidence ->> 'at')::timestamptz >= matched.last_at)
)
