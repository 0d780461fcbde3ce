-- slot: one slot as the door needs it.
--
-- Params   slot text
-- Reads    orchestrator_slot, journeys_block
-- Writes   nothing
-- Returns  id bigint, kind text, active bool, texts jsonb ({} where the fallback is not approved any more)
-- Index    orchestrator_slot_slug_key, journeys_block_pkey
-- Rerun    safe: reads only
SELECT s.id, s.kind, s.active, CASE WHEN b.state = 'approved' THEN s.fallback_texts ELSE '{}' END
FROM orchestrator_slot s LEFT JOIN journeys_block b ON b.id = s.fallback_id
WHERE s.slug = %(slot)s
