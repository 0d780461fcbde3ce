-- take_firings: mark triggers as looked at, so that each opens a journey once.
--
-- Params   now timestamptz; scope bigint[] or null for everybody
-- Reads    contacts_signalfiring
-- Writes   contacts_signalfiring
-- Returns  nothing
-- Index    firing_open
-- Rerun    safe: guarded by taken_at
UPDATE contacts_signalfiring SET taken_at = %(now)s
WHERE taken_at IS NULL AND (%(scope)s::bigint[] IS NULL OR contact_id = ANY (%(scope)s::bigint[]))
