-- refresh: write the difference between who matches a segment and who is in it.
--
-- Params   differing  rows of difference.sql, or of the table that it filled; segment bigint; now timestamptz
-- Reads    what differing reads
-- Writes   contacts_segmentmember, contacts_segmentchange
-- Returns  nothing; the row count is the number of changes
-- Index    segmentmember_once
-- Rerun    safe: only differences are written
WITH param AS MATERIALIZED (SELECT /*segment*/::bigint AS segment, /*now*/::timestamptz AS at),
differing AS MATERIALIZED (/*differing*/),
gone AS (
    DELETE FROM contacts_segmentmember m USING param p, differing d
    WHERE NOT d.entered AND m.segment_id = p.segment AND m.contact_id = d.contact_id
    RETURNING m.contact_id
),
come AS (
    INSERT INTO contacts_segmentmember (segment_id, contact_id, since)
    SELECT p.segment, d.contact_id, p.at FROM differing d, param p WHERE d.entered
    ON CONFLICT (segment_id, contact_id) DO NOTHING
    RETURNING contact_id
)
INSERT INTO contacts_segmentchange (segment_id, contact_id, entered, at)
SELECT p.segment, come.contact_id, true, p.at FROM come, param p
UNION ALL
SELECT p.segment, gone.contact_id, false, p.at FROM gone, param p
