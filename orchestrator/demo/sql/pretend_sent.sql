-- pretend_sent: in the invented past of the demo, what was approved counts as sent at that time.
--
-- Params   none
-- Reads    journeys_touch, contacts_contact, journeys_variant, journeys_block, journeys_journey
-- Writes   journeys_touch
-- Returns  id, contact_id, sent_at, purpose, journey's slug, block's slug
-- Index    touch_to_deliver
-- Rerun    safe: guarded by the old state
UPDATE journeys_touch touch
   SET state = 'sent',
       called_at = touch.decided_at,
       sent_at = touch.decided_at,
       address = person.email,
       language = variant.language,
       subject = variant.subject,
       content_version = block.version
  FROM contacts_contact person, journeys_block block, journeys_variant variant, journeys_journey journey
 WHERE touch.state = 'approved'
   AND person.id = touch.contact_id
   AND journey.id = touch.journey_id
   AND block.id = touch.block_id
   AND variant.block_id = block.id
   AND variant.language = person.language
RETURNING touch.id, touch.contact_id, touch.sent_at, touch.purpose, journey.slug, block.slug
