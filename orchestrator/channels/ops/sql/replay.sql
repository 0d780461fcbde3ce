-- replay: have touches decided once more, by the arbiter and all of its gates.
--
-- A message whose time is over gets as much time as it had.
--
-- Params   touches  part: ids; states text[]: from which they may go; now timestamptz; by text
-- Reads    nothing
-- Writes   journeys_touch, orchestrator_attempt, contacts_news
-- Returns  n bigint: how many wait for a verdict again
-- Index    journeys_touch_pkey
-- Rerun    safe: guarded by the old state
WITH given (id) AS MATERIALIZED (/*touches*/),
param AS MATERIALIZED (SELECT /*now*/::timestamptz AS now, /*states*/::text[] AS states, /*by*/::text AS by),
again AS (
    UPDATE journeys_touch t
    SET state = 'proposed', reason = '', hold_until = p.now, claim = NULL, lease_until = NULL, called_at = NULL, sent_at = NULL,
        expires_at = greatest(t.expires_at, p.now + (t.expires_at - t.proposed_at))
    FROM given g, param p
    WHERE t.id = g.id AND t.state = ANY (p.states)
    RETURNING t.id, t.contact_id, t.channel
),
noted AS (
    INSERT INTO orchestrator_attempt (touch_id, at, channel, provider, outcome, code, words, by)
    SELECT a.id, p.now, a.channel, '', 'replayed', '', '', p.by FROM again a, param p
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT DISTINCT a.contact_id, 'touch', p.now FROM again a, param p
)
SELECT count(*) FROM again
