-- add: put people onto a fixed list, with the change that journeys look at and the news that wakes them.
--
-- Params   people  compiled queryset of contact ids; segment bigint; now timestamptz; news text
-- Reads    contacts_contact or contacts_segmentmember
-- Writes   contacts_segmentmember, contacts_segmentchange, contacts_news
-- Returns  nothing; the row count is how many came
-- Index    segmentmember_once
-- Rerun    safe: who is on the list already is left alone
WITH people (id) AS MATERIALIZED (/*people*/),
param AS MATERIALIZED (SELECT /*segment*/::bigint AS segment, /*now*/::timestamptz AS at, /*news*/::text AS news),
come AS (
    INSERT INTO contacts_segmentmember (segment_id, contact_id, since)
    SELECT p.segment, people.id, p.at FROM people, param p
    ON CONFLICT (segment_id, contact_id) DO NOTHING
    RETURNING contact_id
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT come.contact_id, p.news, p.at FROM come, param p
)
INSERT INTO contacts_segmentchange (segment_id, contact_id, entered, at)
SELECT p.segment, come.contact_id, true, p.at FROM come, param p
