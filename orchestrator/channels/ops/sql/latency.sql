-- latency: how long it took from the arrival of an event to the message it led to, where nobody was to wait in between.
--
-- A run that waits at a step, or a message that the arbiter held, is late on purpose and not counted.
--
-- Params   now, since timestamptz, soon interval: from the entry to the proposal; bounds float[] in seconds
-- Reads    journeys_touch, journeys_enrollment, contacts_event
-- Writes   nothing
-- Returns  one row: n bigint, median, p95, p99 float seconds, sum float, below bigint[]: how many took at most each bound
-- Index    touch_sent_brin, event_contact_name_at
-- Rerun    safe: reads only
WITH took AS MATERIALIZED (
    SELECT extract(epoch FROM t.sent_at - v.received_at)::float AS seconds
    FROM journeys_touch t
    JOIN journeys_enrollment e ON e.id = t.enrollment_id AND t.proposed_at <= e.entered_at + %(soon)s
    JOIN LATERAL (
        SELECT v.received_at FROM contacts_event v
        WHERE v.contact_id = t.contact_id AND v.name = e.evidence ->> 'name' AND v.occurred_at = (e.evidence ->> 'at')::timestamptz
        LIMIT 1
    ) v ON true
    WHERE t.sent_at > %(since)s AND t.sent_at <= %(now)s AND t.state = 'sent' AND jsonb_exists(e.evidence, 'name') AND jsonb_exists(e.evidence, 'at')
      AND (t.hold_until IS NULL OR t.hold_until <= t.proposed_at + %(soon)s)
)
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds),
       percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds), coalesce(sum(seconds), 0),
       ARRAY(SELECT (SELECT count(*) FROM took WHERE seconds <= b.bound) FROM unnest(%(bounds)s::float[]) WITH ORDINALITY AS b (bound, place) ORDER BY b.place)
FROM took
