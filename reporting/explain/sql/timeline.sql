-- timeline: what happened to one person, newest first, one page of it.
--
-- Params   contact  bigint
--          kinds    text[], what is wanted
--          at       timestamptz, with kind and id: the last row of the page before (a moment ahead for the first)
--          kind     text
--          id       bigint
--          most     int, how many rows
-- Reads    contacts_event, contacts_signalfiring, contacts_signal, contacts_stagechange, contacts_stage, journeys_enrollment,
--          journeys_journey, journeys_refusal, journeys_touch, journeys_step, journeys_block, orchestrator_verdict,
--          contacts_handover, contacts_handoverlog, consent_record, consent_purpose
-- Writes   nothing
-- Returns  at timestamptz, kind text, id bigint, facts jsonb
-- Index    event_contact_name_at, firing_contact, enrollment_contact, touch_contact_decided, verdict_contact_at,
--          record_contact_purpose, and the foreign keys to the contact
-- Rerun    safe: reads only
WITH place AS (SELECT %(at)s::timestamptz AS at, %(kind)s::text AS kind, %(id)s::bigint AS id)
SELECT * FROM (
    (SELECT e.occurred_at AS at, 'event' AS kind, e.id,
            jsonb_build_object('name', e.name, 'properties', e.properties, 'source', e.source) AS facts
       FROM contacts_event e, place p
      WHERE 'event' = ANY(%(kinds)s) AND e.contact_id = %(contact)s AND (e.occurred_at, 'event', e.id) < (p.at, p.kind, p.id)
      ORDER BY e.occurred_at DESC, e.id DESC LIMIT %(most)s)
    UNION ALL
    -- what came back to a message of ours belongs to the touches as well
    (SELECT e.occurred_at, 'feedback', e.id,
            jsonb_build_object('name', e.name, 'properties', e.properties, 'source', e.source)
       FROM contacts_event e, place p
      WHERE 'feedback' = ANY(%(kinds)s) AND NOT 'event' = ANY(%(kinds)s) AND e.contact_id = %(contact)s
        AND (e.name LIKE 'email\_%%' OR e.name = 'unsubscribed') AND (e.occurred_at, 'feedback', e.id) < (p.at, p.kind, p.id)
      ORDER BY e.occurred_at DESC, e.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT f.fired_at, 'signal', f.id,
            jsonb_build_object('name_en', s.name_en, 'name_de', s.name_de, 'strength', s.strength, 'condition', s.condition,
                               'evidence', f.evidence, 'key', f.key)
       FROM contacts_signalfiring f JOIN contacts_signal s ON s.id = f.signal_id, place p
      WHERE 'signal' = ANY(%(kinds)s) AND f.contact_id = %(contact)s AND (f.fired_at, 'signal', f.id) < (p.at, p.kind, p.id)
      ORDER BY f.fired_at DESC, f.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT c.at, 'stage', c.id,
            jsonb_build_object('from_en', f.name_en, 'from_de', f.name_de, 'name_en', t.name_en, 'name_de', t.name_de,
                               'by', c.by, 'condition', t.condition)
       FROM contacts_stagechange c JOIN contacts_stage t ON t.id = c.to_stage_id
       LEFT JOIN contacts_stage f ON f.id = c.from_stage_id, place p
      WHERE 'stage' = ANY(%(kinds)s) AND c.contact_id = %(contact)s AND (c.at, 'stage', c.id) < (p.at, p.kind, p.id)
      ORDER BY c.at DESC, c.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT e.entered_at, 'entered', e.id,
            jsonb_build_object('name_en', j.name_en, 'name_de', j.name_de, 'slug', j.slug, 'key', e.key, 'arm', e.arm)
       FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id, place p
      WHERE 'entered' = ANY(%(kinds)s) AND e.contact_id = %(contact)s AND (e.entered_at, 'entered', e.id) < (p.at, p.kind, p.id)
      ORDER BY e.entered_at DESC, e.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT e.left_at, 'left', e.id,
            jsonb_build_object('name_en', j.name_en, 'name_de', j.name_de, 'slug', j.slug, 'reason', e.reason, 'outcome', e.outcome)
       FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id, place p
      WHERE 'left' = ANY(%(kinds)s) AND e.contact_id = %(contact)s AND e.left_at IS NOT NULL
        AND (e.left_at, 'left', e.id) < (p.at, p.kind, p.id)
      ORDER BY e.left_at DESC, e.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT r.at, 'refusal', r.id,
            jsonb_build_object('name_en', j.name_en, 'name_de', j.name_de, 'slug', j.slug, 'reason', r.reason)
       FROM journeys_refusal r JOIN journeys_journey j ON j.id = r.journey_id, place p
      WHERE 'refusal' = ANY(%(kinds)s) AND r.contact_id = %(contact)s AND (r.at, 'refusal', r.id) < (p.at, p.kind, p.id)
      ORDER BY r.at DESC, r.id DESC LIMIT %(most)s)
    UNION ALL
    -- the newest known moment of a touch: sent, decided or proposed; beside verdicts only what they do not say
    (SELECT coalesce(t.sent_at, t.decided_at, t.proposed_at), 'touch', t.id,
            jsonb_build_object('state', t.state, 'reason', t.reason, 'channel', t.channel, 'subject', t.subject,
                               'name_en', b.name_en, 'name_de', b.name_de, 'step_en', s.name_en, 'step_de', s.name_de,
                               'journey_en', j.name_en, 'journey_de', j.name_de, 'slug', j.slug, 'hold_until', t.hold_until,
                               'content_version', t.content_version, 'language', t.language, 'block', b.slug)
       FROM journeys_touch t
       JOIN journeys_journey j ON j.id = t.journey_id
       JOIN journeys_step s ON s.id = t.step_id
       JOIN journeys_block b ON b.id = t.block_id, place p
      WHERE 'touch' = ANY(%(kinds)s) AND t.contact_id = %(contact)s
        AND (NOT 'verdict' = ANY(%(kinds)s) OR t.state NOT IN ('held', 'approved', 'suppressed', 'expired'))
        AND (coalesce(t.sent_at, t.decided_at, t.proposed_at), 'touch', t.id) < (p.at, p.kind, p.id)
      ORDER BY 1 DESC, t.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT v.at, 'verdict', v.id,
            jsonb_build_object('outcome', v.outcome, 'reason', v.reason, 'gates', v.gates, 'hold_until', v.hold_until,
                               'channel', t.channel, 'name_en', b.name_en, 'name_de', b.name_de,
                               'journey_en', j.name_en, 'journey_de', j.name_de, 'slug', j.slug)
       FROM orchestrator_verdict v
       JOIN journeys_touch t ON t.id = v.touch_id
       JOIN journeys_journey j ON j.id = t.journey_id
       JOIN journeys_block b ON b.id = t.block_id, place p
      WHERE 'verdict' = ANY(%(kinds)s) AND v.contact_id = %(contact)s AND (v.at, 'verdict', v.id) < (p.at, p.kind, p.id)
      ORDER BY v.at DESC, v.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT l.at, 'handover', l.id,
            jsonb_build_object('state', l.state, 'reason', l.reason, 'by', l.by, 'note', l.note, 'team', h.team)
       FROM contacts_handover h JOIN contacts_handoverlog l ON l.handover_id = h.id, place p
      WHERE 'handover' = ANY(%(kinds)s) AND h.contact_id = %(contact)s AND (l.at, 'handover', l.id) < (p.at, p.kind, p.id)
      ORDER BY l.at DESC, l.id DESC LIMIT %(most)s)
    UNION ALL
    (SELECT r.at, 'consent', r.id,
            jsonb_build_object('decision', r.decision, 'source', r.source, 'name_en', u.name_en, 'name_de', u.name_de)
       FROM consent_record r JOIN consent_purpose u ON u.id = r.purpose_id, place p
      WHERE 'consent' = ANY(%(kinds)s) AND r.contact_id = %(contact)s AND (r.at, 'consent', r.id) < (p.at, p.kind, p.id)
      ORDER BY r.at DESC, r.id DESC LIMIT %(most)s)
) line
 ORDER BY at DESC, kind DESC, id DESC
 LIMIT %(most)s
