-- record_sizes: write how many people are in each segment as the size of a day.
--
-- Params   day date
-- Reads    contacts_segment, contacts_segmentmember
-- Writes   contacts_segmentsize
-- Returns  nothing; the row count is the number of sizes written
-- Index    segmentmember_once, segmentsize_once
-- Rerun    safe: the row of the day is written over
INSERT INTO contacts_segmentsize (segment_id, day, size)
SELECT s.id, %(day)s::date, coalesce(m.size, 0)
FROM contacts_segment s
LEFT JOIN (SELECT segment_id, count(*) AS size FROM contacts_segmentmember GROUP BY segment_id) m ON m.segment_id = s.id
ON CONFLICT (segment_id, day) DO UPDATE SET size = EXCLUDED.size WHERE contacts_segmentsize.size <> EXCLUDED.size
