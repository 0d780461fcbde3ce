-- best: what a person gets to see in a slot now: the message with the highest score, then the oldest; may we, asked again.
--
-- A message is shown from its verdict until it expires, is clicked or closed. Who does not agree to profiling is recognised
-- for nothing, whatever the message is for.
--
-- Params   contact bigint, slot text, fitting bool (messages for any slot may be shown here), now timestamptz
-- Reads    orchestrator_showing, journeys_touch, contacts_contact, journeys_block, journeys_journey, journeys_enrollment, consent_purpose,
--          consent_preference, consent_* (consent_stands_against), consent_limit (orchestrator_over_limit)
-- Writes   nothing
-- Returns  touch bigint, journey bigint, content jsonb, language text; no row: nothing
-- Index    orchestrator_showing_contact_id, journeys_touch_pkey, state_contact_purpose
-- Rerun    safe: reads only
SELECT t.id, t.journey_id, s.content, s.language
FROM orchestrator_showing s
JOIN journeys_touch t ON t.id = s.touch_id AND t.contact_id = s.contact_id
JOIN contacts_contact c ON c.id = t.contact_id
JOIN journeys_block b ON b.id = t.block_id AND b.state = 'approved' AND b.version = s.version
JOIN journeys_journey j ON j.id = t.journey_id AND j.state IN ('live', 'ending')
LEFT JOIN journeys_enrollment e ON e.id = t.enrollment_id
WHERE s.contact_id = %(contact)s AND (s.slot = %(slot)s OR s.slot = '' AND %(fitting)s)
  AND s.dismissed_at IS NULL AND s.clicked_at IS NULL
  AND t.state IN ('approved', 'sent') AND t.channel = 'onsite' AND t.expires_at > %(now)s
  AND e.id IS NOT NULL AND (e.left_at IS NULL OR e.reason IN ('completed', 'moved_version'))
  AND NOT EXISTS (SELECT FROM consent_preference w WHERE w.contact_id = t.contact_id AND w.paused_until > %(now)s)
  AND consent_stands_against(t.contact_id, 'profiling', t.channel, contacts_address(c, 'id')) = ''
  AND (t.purpose = 'profiling' OR consent_stands_against(t.contact_id, t.purpose, t.channel, contacts_address(c, 'id')) = '')
  AND (t.state = 'sent' OR orchestrator_over_limit(t.id) = '')
ORDER BY s.score DESC, t.proposed_at, t.id
LIMIT 1
