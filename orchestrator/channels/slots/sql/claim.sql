-- claim: take an approved on-site message that is being shown, if nothing stands against it; journeys_touch_claimed asks again.
--
-- Params   id bigint, claim uuid, now, lease_until timestamptz
-- Reads    journeys_journey, journeys_enrollment, contacts_contact, consent_purpose, consent_preference, consent_* (consent_stands_against),
--          consent_limit (orchestrator_over_limit)
-- Writes   journeys_touch
-- Returns  nothing; row count 0: it is not approved any more, or something stands against it
-- Index    journeys_touch_pkey, state_contact_purpose
-- Rerun    safe: a claimed touch is not approved any more
UPDATE journeys_touch t
SET state = 'sending', reason = '', claim = %(claim)s, lease_until = %(lease_until)s, called_at = NULL, address = contacts_address(c, 'id')
FROM contacts_contact c
WHERE c.id = t.contact_id AND t.id = %(id)s AND t.state = 'approved' AND t.channel = 'onsite' AND t.expires_at > %(now)s
  AND EXISTS (SELECT FROM journeys_journey j WHERE j.id = t.journey_id AND j.state IN ('live', 'ending'))
  AND EXISTS (SELECT FROM journeys_enrollment e WHERE e.id = t.enrollment_id AND (e.left_at IS NULL OR e.reason IN ('completed', 'moved_version')))
  AND consent_stands_against(t.contact_id, 'profiling', t.channel, contacts_address(c, 'id')) = ''
  AND consent_stands_against(t.contact_id, t.purpose, t.channel, contacts_address(c, 'id')) = ''
  AND (EXISTS (SELECT FROM consent_purpose p WHERE p.slug = t.purpose AND p.enforcement = 'none')
       OR NOT EXISTS (SELECT FROM consent_preference w WHERE w.contact_id = t.contact_id AND w.paused_until > %(now)s)
          AND orchestrator_over_limit(t.id) = '')
