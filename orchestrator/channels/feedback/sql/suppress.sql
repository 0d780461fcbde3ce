-- suppress: have nobody write to addresses any more; of two reasons the one that stops more stays, whichever came first.
--
-- Params   given    json array of {address, reason, at}
--          channel  text
-- Reads    nothing
-- Writes   consent_suppression
-- Returns  address of each that is new or has another reason than before
-- Index    suppression_address
-- Rerun    safe: the same reports give the same row in any order (the strongest reason, and when it held first)
WITH given AS (
    SELECT g.address, g.reason, g.at, array_position(ARRAY['complained', 'objected', 'bounced', 'blocked'], g.reason) AS strength
    FROM json_to_recordset(%(given)s::json) AS g (address text, reason text, at timestamptz)
), strongest AS (
    SELECT DISTINCT ON (address) * FROM given ORDER BY address, strength DESC, at
)
INSERT INTO consent_suppression AS s (channel, address, reason, since)
SELECT %(channel)s, address, reason, at FROM strongest ORDER BY address  -- two batches wait for each other, never in a circle
ON CONFLICT (channel, address) DO UPDATE SET reason = EXCLUDED.reason, since = EXCLUDED.since
WHERE array_position(ARRAY['complained', 'objected', 'bounced', 'blocked'], EXCLUDED.reason::text)
      > array_position(ARRAY['complained', 'objected', 'bounced', 'blocked'], s.reason::text)
   OR (EXCLUDED.reason = s.reason AND EXCLUDED.since < s.since)
RETURNING s.address
