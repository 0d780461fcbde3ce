-- snapshots: why now: the signals that hold, the last events, stage and account of people.
--
-- Params   contacts  bigint[], whom
--          now       timestamptz, the tick's time
--          profiled  bigint[], whose behaviour may be looked at
--          events    int, how many of the last events
-- Reads    contacts_contact, contacts_account, contacts_stage, contacts_signalfiring, contacts_signal, contacts_event,
--          contacts_eventtype
-- Writes   nothing
-- Returns  contact_id bigint, snapshot jsonb
-- Index    firing_contact, event_contact_name_at
-- Rerun    safe: reads only
SELECT contact.id, jsonb_build_object(
    'signals', coalesce(held.list, '[]'),
    'events', coalesce(recent.list, '[]'),
    'stage', CASE WHEN stage.id IS NOT NULL THEN
        jsonb_build_object('slug', stage.slug, 'phase', stage.phase, 'since', contact.stage_since,
                           'name', jsonb_build_object('en', stage.name_en, 'de', stage.name_de)) END,
    'account', CASE WHEN account.id IS NOT NULL THEN
        jsonb_build_object('name', account.name, 'industry', account.industry, 'country', account.country) END
)
FROM contacts_contact contact
LEFT JOIN contacts_stage stage ON stage.id = contact.stage_id
LEFT JOIN contacts_account account ON account.id = contact.account_id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(item ORDER BY item ->> 'fired_at' DESC) AS list
    FROM (
        SELECT DISTINCT ON (firing.signal_id, firing.key) jsonb_build_object(
            'slug', signal.slug, 'strength', signal.strength, 'fired_at', firing.fired_at, 'evidence', firing.evidence,
            'name', jsonb_build_object('en', signal.name_en, 'de', signal.name_de)) AS item
        FROM contacts_signalfiring firing
        JOIN contacts_signal signal ON signal.id = firing.signal_id
        WHERE firing.contact_id = contact.id
          AND firing.fired_at <= %(now)s AND firing.fired_at > %(now)s - signal.holds_for
        ORDER BY firing.signal_id, firing.key, firing.fired_at DESC
    ) newest
) held ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(item ORDER BY item ->> 'occurred_at' DESC) AS list
    FROM (
        SELECT jsonb_build_object(
            'name', CASE WHEN type.id IS NOT NULL THEN jsonb_build_object('en', type.name_en, 'de', type.name_de) END,
            'event', event.name, 'occurred_at', event.occurred_at) AS item
        FROM contacts_event event
        LEFT JOIN contacts_eventtype type ON type.slug = event.name
        WHERE event.contact_id = contact.id AND event.occurred_at <= %(now)s
          -- an event that nobody described is behaviour, and behaviour is unknown without profiling consent
          AND (type.kind <> 'behaviour' OR contact.id = ANY(%(profiled)s))
        ORDER BY event.occurred_at DESC
        LIMIT %(events)s
    ) last
) recent ON true
WHERE contact.id = ANY(%(contacts)s)
