-- overlap: count the people of two segments, and those who are in both.
--
-- Params   first bigint; second bigint
-- Reads    contacts_segmentmember
-- Writes   nothing
-- Returns  people of the first, of both, of the second
-- Index    segmentmember_once, in its order: the join merges
-- Rerun    safe: reads only
SELECT
    (SELECT count(*) FROM contacts_segmentmember WHERE segment_id = %(first)s),
    (SELECT count(*)
     FROM (SELECT contact_id FROM contacts_segmentmember WHERE segment_id = %(first)s) a
     JOIN (SELECT contact_id FROM contacts_segmentmember WHERE segment_id = %(second)s) b USING (contact_id)),
    (SELECT count(*) FROM contacts_segmentmember WHERE segment_id = %(second)s)
