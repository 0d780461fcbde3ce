-- in_turn: count the bounces of an address one transaction at a time, so that of two that come at once the second sees the first.
--
-- Params   addresses  text[]
-- Reads    nothing
-- Writes   nothing (advisory locks until the transaction ends)
-- Returns  one row an address
-- Index    none
-- Rerun    safe: only locks
SELECT pg_advisory_xact_lock(hashtextextended('soft bounce ' || a.address, 0))
FROM (SELECT DISTINCT address FROM unnest(%(addresses)s::text[]) AS u (address) ORDER BY address) a
