-- call: mark that the provider is called now for a few touches, where the claim still holds and nothing stands against them any more.
--
-- The people are locked first, in the order of their ids, then what they said: a withdrawal that is just being written is waited for.
-- Then the trigger journeys_touch_called asks again, with a view of the data that is younger than the locks; what it refuses is an
-- IntegrityError, and nothing of the group is marked.
--
-- Params   ids bigint[], claim uuid, now timestamptz, kind text: of address
-- Reads    consent_* (consent_stands_against), consent_limit (orchestrator_over_limit), consent_preference, journeys_enrollment,
--          journeys_journey, orchestrator_stop
-- Writes   journeys_touch
-- Returns  id bigint: marked; for what is missing the claim is over, or something that allowed it ended after the claim
-- Index    journeys_touch_pkey, state_contact_purpose, touch_contact_decided
-- Rerun    safe: called once for a claim
WITH person AS MATERIALIZED (
    SELECT c.id FROM contacts_contact c WHERE c.id = ANY (ARRAY(SELECT t.contact_id FROM journeys_touch t WHERE t.id = ANY (%(ids)s)))
    ORDER BY c.id FOR SHARE
),
said AS MATERIALIZED (
    SELECT s.id FROM consent_state s WHERE s.contact_id = ANY (ARRAY(SELECT id FROM person)) ORDER BY s.contact_id, s.purpose_id FOR SHARE
)
UPDATE journeys_touch t
SET called_at = %(now)s
WHERE (SELECT count(*) FROM person) >= 1 AND (SELECT count(*) FROM said) >= 0  -- all are held before anything is read
  AND t.id = ANY (%(ids)s) AND t.claim = %(claim)s AND t.state = 'sending' AND t.called_at IS NULL AND t.lease_until > %(now)s AND t.expires_at > %(now)s
  -- the person may have moved, or be another one since a merge: nobody is written to where they were
  AND t.address = (SELECT contacts_address(c, %(kind)s) FROM contacts_contact c WHERE c.id = t.contact_id)
  AND consent_stands_against(t.contact_id, t.purpose, t.channel, t.address) = ''
  AND NOT EXISTS (SELECT FROM orchestrator_stop s WHERE s.ended_at IS NULL AND s.channel IN ('', t.channel))
  AND EXISTS (SELECT FROM journeys_journey j WHERE j.id = t.journey_id AND j.state IN ('live', 'ending'))
  AND NOT EXISTS (SELECT FROM journeys_enrollment e WHERE e.id = t.enrollment_id AND e.left_at IS NOT NULL
                  AND e.reason NOT IN ('completed', 'moved_version'))
  AND (EXISTS (SELECT FROM consent_purpose p WHERE p.slug = t.purpose AND p.enforcement = 'none')
       OR NOT EXISTS (SELECT FROM consent_preference w WHERE w.contact_id = t.contact_id AND w.paused_until > %(now)s)
          AND orchestrator_over_limit(t.id) = '')
RETURNING t.id
