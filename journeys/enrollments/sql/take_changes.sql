-- take_changes: mark triggers as looked at, so that each opens a journey once.
--
-- Params   now timestamptz; scope bigint[] or null for everybody
-- Reads    contacts_segmentchange
-- Writes   contacts_segmentchange
-- Returns  nothing
-- Index    segmentchange_open
-- Rerun    safe: guarded by taken_at
UPDATE contacts_segmentchange SET taken_at = %(now)s
WHERE taken_at IS NULL AND (%(scope)s::bigint[] IS NULL OR contact_id = ANY (%(scope)s::bigint[]))
