-- hold_local: tell those who have just arrived at a wait for a local time when they go on.
--
-- Params   fresh  compiled queryset over open enrollments at the step: id, contact, arrived_at, time zone; zones text[],
--          sinces, untils, releases timestamptz[]: whoever arrives from since to before until goes on at the release;
--          spread interval, salt text: how long after it, by a hash of the person; now timestamptz
-- Reads    journeys_enrollment, contacts_contact
-- Writes   journeys_enrollment
-- Returns  nothing; the row count is how many wait
-- Index    enrollment_due
-- Rerun    safe: only who is due moves to a later time
WITH fresh (id, contact_id, arrived_at, zone) AS MATERIALIZED (/*fresh*/),
release (zone, since, until, at) AS MATERIALIZED (
    SELECT * FROM unnest(/*zones*/::text[], /*sinces*/::timestamptz[], /*untils*/::timestamptz[], /*releases*/::timestamptz[])
),
param AS MATERIALIZED (SELECT /*spread*/::interval AS spread, /*salt*/::text AS salt, /*now*/::timestamptz AS now),
timed AS (
    SELECT f.id, r.at + p.spread * ((('x' || left(md5(p.salt || ':' || f.contact_id), 8))::bit(32)::bigint %% 10000) / 10000.0::float8) AS at
    FROM fresh f
    JOIN release r ON r.zone = f.zone AND f.arrived_at >= r.since AND f.arrived_at < r.until AND r.at > f.arrived_at
    CROSS JOIN param p
)
UPDATE journeys_enrollment e SET due_at = t.at FROM timed t, param p WHERE e.id = t.id AND t.at > p.now
