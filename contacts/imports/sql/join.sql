-- join: put the people of a batch into a fixed segment, and remember who was put there.
--
-- Params   job bigint; segment bigint; contacts bigint[]; now timestamptz; quiet boolean: journeys do not look at it; news text or null
-- Reads    contacts_segmentmember
-- Writes   contacts_segmentmember, contacts_segmentchange, contacts_importchange, contacts_news
-- Returns  nothing; the row count is the number of people who were not in it
-- Index    segmentmember_once, importchange_once
-- Rerun    safe: who is in the segment stays
WITH come AS (
    INSERT INTO contacts_segmentmember (segment_id, contact_id, since)
    SELECT %(segment)s, given.id, %(now)s FROM (SELECT DISTINCT unnest(%(contacts)s::bigint[]) AS id ORDER BY 1) given
    ON CONFLICT (segment_id, contact_id) DO NOTHING
    RETURNING contact_id
), noted AS (
    INSERT INTO contacts_segmentchange (segment_id, contact_id, entered, at, taken_at)
    SELECT %(segment)s, contact_id, true, %(now)s, CASE WHEN %(quiet)s THEN %(now)s::timestamptz END FROM come
), told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT contact_id, %(news)s, %(now)s FROM come WHERE %(news)s::text IS NOT NULL
)
INSERT INTO contacts_importchange AS known (job_id, contact_id, made, before, after)
SELECT %(job)s, contact_id, false, '{}', jsonb_build_object('segment', %(segment)s::bigint) FROM come
ON CONFLICT (job_id, contact_id) DO UPDATE SET after = known.after || excluded.after
