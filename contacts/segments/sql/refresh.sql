-- refresh: write the difference between who matches a segment and who is in it.
--
-- Params   matched  compiled queryset of contact ids; segment bigint; now timestamptz; among  narrows m to the contacts of the scope
-- Reads    contacts_contact and whatever the condition names, contacts_segmentmember
-- Writes   contacts_segmentmember, contacts_segmentchange
-- Returns  nothing; the row count is the number of changes
-- Index    segmentmember_once
-- Rerun    safe: only differences are written
WITH matched (id) AS MATERIALIZED (/*matched*/),
param AS MATERIALIZED (SELECT /*segment*/::bigint AS segment, /*now*/::timestamptz AS at),
gone AS (
    DELETE FROM contacts_segmentmember m USING param p
    WHERE m.segment_id = p.segment
      /*among*/
      AND NOT EXISTS (SELECT 1 FROM matched WHERE matched.id = m.contact_id)
    RETURNING m.contact_id
),
come AS (
    INSERT INTO contacts_segmentmember (segment_id, contact_id, since)
    SELECT p.segment, matched.id, p.at FROM matched, param p
    WHERE NOT EXISTS (SELECT 1 FROM contacts_segmentmember m WHERE m.segment_id = p.segment AND m.contact_id = matched.id)
    ON CONFLICT (segment_id, contact_id) DO NOTHING
    RETURNING contact_id
)
INSERT INTO contacts_segmentchange (segment_id, contact_id, entered, at)
SELECT p.segment, come.contact_id, true, p.at FROM come, param p
UNION ALL
SELECT p.segment, gone.contact_id, false, p.at FROM gone, param p
