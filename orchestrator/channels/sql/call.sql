-- call: mark that the provider is called now, if the claim still holds and the person still agrees.
--
-- Params   id bigint, claim uuid, now timestamptz
-- Reads    consent_state, consent_purpose, journeys_enrollment
-- Writes   journeys_touch
-- Returns  nothing; row count 0: the claim is over, or consent or journey ended after the claim
-- Index    journeys_touch_pkey, state_contact_purpose
-- Rerun    safe: called once for a claim
WITH agreed AS MATERIALIZED (
    -- A withdrawal that is just being written is waited for: whoever was told "done" gets nothing that starts later.
    SELECT s.granted
    FROM journeys_touch t
    JOIN consent_purpose p ON p.slug = t.purpose
    JOIN consent_state s ON s.contact_id = t.contact_id AND s.purpose_id = p.id
    WHERE t.id = %(id)s
    FOR SHARE OF s
)
UPDATE journeys_touch t
SET called_at = %(now)s
WHERE t.id = %(id)s AND t.claim = %(claim)s AND t.state = 'sending' AND t.called_at IS NULL AND t.lease_until > %(now)s
  AND (EXISTS (SELECT FROM agreed WHERE granted)
       OR EXISTS (SELECT FROM consent_purpose p WHERE p.slug = t.purpose AND p.enforcement = 'none'))
  AND NOT EXISTS (SELECT FROM journeys_enrollment e WHERE e.id = t.enrollment_id AND e.left_at IS NOT NULL
                  AND e.reason NOT IN ('completed', 'moved_version'))
