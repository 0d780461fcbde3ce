-- leave: take people out of the fixed segment that an import had put them into.
--
-- Params   job bigint; changes bigint[]: ids of the changes of this batch; now timestamptz
-- Reads    contacts_importchange
-- Writes   contacts_segmentmember, contacts_segmentchange
-- Returns  nothing; the row count is the number of people
-- Index    segmentmember_once, contacts_importchange_pkey
-- Rerun    safe: who is out stays out
WITH gone AS (
    DELETE FROM contacts_segmentmember m USING contacts_importchange g
    WHERE g.job_id = %(job)s AND g.id = ANY (%(changes)s) AND g.after ? 'segment'
      AND m.segment_id = (g.after ->> 'segment')::bigint AND m.contact_id = g.contact_id
    RETURNING m.segment_id, m.contact_id
)
INSERT INTO contacts_segmentchange (segment_id, contact_id, entered, at) SELECT segment_id, contact_id, false, %(now)s FROM gone
