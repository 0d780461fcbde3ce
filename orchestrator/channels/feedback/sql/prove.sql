-- prove: messages whose fate was not known went out, since the provider has news of them.
--
-- Params   ids  bigint[], touches that a provider told something about
-- Reads    nothing
-- Writes   journeys_touch
-- Returns  nothing; the row count is how many are known now
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by the old state
UPDATE journeys_touch SET state = 'sent', reason = '', sent_at = called_at
WHERE id = ANY (%(ids)s) AND state = 'unknown'
