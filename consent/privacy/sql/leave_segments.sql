-- leave_segments: take people out of the segments that rules fill.
--
-- Params   contacts  bigint[]; now  timestamptz
-- Reads    contacts_segment
-- Writes   contacts_segmentmember, contacts_segmentchange
-- Returns  nothing; the row count is the number of changes
-- Index    segmentmember's on the contact
-- Rerun    safe: who is out stays out
WITH gone AS (
    DELETE FROM contacts_segmentmember m USING contacts_segment s
    WHERE s.id = m.segment_id AND s.kind <> 'fixed' AND m.contact_id = ANY (%(contacts)s)
    RETURNING m.segment_id, m.contact_id
)
-- taken already: leaving by a restriction opens no journey
INSERT INTO contacts_segmentchange (segment_id, contact_id, entered, at, taken_at)
SELECT segment_id, contact_id, false, %(now)s, %(now)s FROM gone
