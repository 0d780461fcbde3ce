-- take: take tokens for the touches of a claim; who has none is approved as before, and waits until there is one.
--
-- A touch needs a token of each bucket that is about it: its recipient's domain, then the provider, then the channel. What fails at one
-- takes nothing from the next. Service messages come first, then who waited already, then the older. Who comes new stands behind those
-- to whom a token is promised (queue_until).
--
-- Params   claim uuid, provider text, now timestamptz
-- Reads    journeys_touch, consent_purpose
-- Writes   journeys_touch, orchestrator_bucket
-- Returns  id bigint of each touch that has to wait
-- Index    touch_to_deliver, bucket_name
-- Rerun    safe: called once for a claim; buckets are locked in the order of their ids until the end of the transaction
WITH bucket AS MATERIALIZED (
    SELECT b.id, b.kind, b.name, b.per_second, b.queue_until, greatest(b.filled_at, %(now)s) AS filled_at,
           least(b.most, b.tokens + greatest(0, extract(epoch FROM %(now)s - b.filled_at)) * b.per_second) AS tokens
    FROM orchestrator_bucket b ORDER BY b.id FOR UPDATE
),
mine AS MATERIALIZED (
    SELECT t.id, t.reason = 'rate_limited' AS waited, coalesce(p.enforcement = 'none', false) AS service,
           d.id AS domain, v.id AS provider, c.id AS channel
    FROM journeys_touch t
    LEFT JOIN consent_purpose p ON p.slug = t.purpose
    LEFT JOIN bucket d ON d.kind = 'domain' AND d.name = lower(substring(t.address FROM '@([^@]*)$'))
    LEFT JOIN bucket v ON v.kind = 'provider' AND v.name = %(provider)s
    LEFT JOIN bucket c ON c.kind = 'channel' AND c.name = t.channel
    WHERE t.state = 'sending' AND t.claim = %(claim)s
),
by_domain AS MATERIALIZED (
    SELECT m.*, m.domain IS NULL OR (m.service OR m.waited OR b.queue_until IS NULL OR b.queue_until <= %(now)s)
               AND row_number() OVER (PARTITION BY m.domain ORDER BY m.service DESC, m.waited DESC, m.id) <= floor(b.tokens + 1e-6) AS passed
    FROM mine m LEFT JOIN bucket b ON b.id = m.domain
),
by_provider AS MATERIALIZED (
    SELECT m.*, m.provider IS NULL OR (m.service OR m.waited OR b.queue_until IS NULL OR b.queue_until <= %(now)s)
               AND row_number() OVER (PARTITION BY m.provider ORDER BY m.service DESC, m.waited DESC, m.id) <= floor(b.tokens + 1e-6) AS through
    FROM by_domain m LEFT JOIN bucket b ON b.id = m.provider WHERE m.passed
),
by_channel AS MATERIALIZED (
    SELECT m.*, m.channel IS NULL OR (m.service OR m.waited OR b.queue_until IS NULL OR b.queue_until <= %(now)s)
               AND row_number() OVER (PARTITION BY m.channel ORDER BY m.service DESC, m.waited DESC, m.id) <= floor(b.tokens + 1e-6) AS goes
    FROM by_provider m LEFT JOIN bucket b ON b.id = m.channel WHERE m.through
),
refused AS MATERIALIZED (
    -- by which bucket: the first that had no token
    SELECT m.id, CASE WHEN NOT m.passed THEN m.domain WHEN NOT coalesce(p.through, false) THEN m.provider ELSE m.channel END AS bucket, m.service, m.waited
    FROM by_domain m LEFT JOIN by_provider p ON p.id = m.id LEFT JOIN by_channel c ON c.id = m.id
    WHERE NOT coalesce(c.goes, false)
),
spent AS MATERIALIZED (
    SELECT x.bucket, count(*) AS n
    FROM by_channel m CROSS JOIN LATERAL unnest(ARRAY[m.domain, m.provider, m.channel]) AS x (bucket)
    WHERE m.goes AND x.bucket IS NOT NULL GROUP BY x.bucket
),
times AS MATERIALIZED (
    -- one after the other, behind those to whom one is promised already
    SELECT r.id, r.bucket, greatest(coalesce(b.queue_until, %(now)s), %(now)s) + interval '1 second' / b.per_second * greatest(
               row_number() OVER (PARTITION BY r.bucket ORDER BY r.service DESC, r.waited DESC, r.id)
               - CASE WHEN b.queue_until > %(now)s THEN 0 ELSE b.tokens - coalesce(s.n, 0) - floor(b.tokens - coalesce(s.n, 0) + 1e-6) END, 0.001) AS at
    FROM refused r JOIN bucket b ON b.id = r.bucket LEFT JOIN spent s ON s.bucket = r.bucket
),
filled AS (
    UPDATE orchestrator_bucket o
    SET tokens = b.tokens - coalesce(s.n, 0), filled_at = b.filled_at, queue_until = coalesce(w.until, b.queue_until)
    FROM bucket b
    LEFT JOIN spent s ON s.bucket = b.id
    LEFT JOIN (SELECT bucket, max(at) AS until FROM times GROUP BY bucket) w ON w.bucket = b.id
    WHERE o.id = b.id AND (s.n IS NOT NULL OR w.until IS NOT NULL)
)
UPDATE journeys_touch t
SET state = 'approved', reason = 'rate_limited', claim = NULL, lease_until = w.at
FROM times w WHERE t.id = w.id
RETURNING t.id
