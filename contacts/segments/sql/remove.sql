-- remove: take people off a fixed list, with the change and the news.
--
-- Params   people  compiled queryset of contact ids; segment bigint; now timestamptz; news text
-- Reads    contacts_segmentmember
-- Writes   contacts_segmentmember, contacts_segmentchange, contacts_news
-- Returns  nothing; the row count is how many went
-- Index    segmentmember_once
-- Rerun    safe: who is not on the list is left alone
WITH people (id) AS MATERIALIZED (/*people*/),
param AS MATERIALIZED (SELECT /*segment*/::bigint AS segment, /*now*/::timestamptz AS at, /*news*/::text AS news),
gone AS (
    DELETE FROM contacts_segmentmember m USING people, param p
    WHERE m.segment_id = p.segment AND m.contact_id = people.id
    RETURNING m.contact_id
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since) SELECT gone.contact_id, p.news, p.at FROM gone, param p
)
INSERT INTO contacts_segmentchange (segment_id, contact_id, entered, at)
SELECT p.segment, gone.contact_id, false, p.at FROM gone, param p
