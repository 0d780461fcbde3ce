-- take_turns: queue the people of a segment for the turns of a journey's schedule that have come, each turn once a time zone.
--
-- Params   journey bigint; segment text; zones text[]; turns timestamptz[]; sources text[]; local bool, only people of the zone; now timestamptz
-- Reads    contacts_segmentmember, contacts_segment, contacts_contact
-- Writes   journeys_scheduleturn, journeys_trigger
-- Returns  how many people were queued
-- Index    segmentmember_once, contacts_contact_pkey, scheduleturn_once, trigger_once
-- Rerun    safe: a turn is taken once, and a source opens a journey once for a person
WITH turn (zone, at, source) AS MATERIALIZED (SELECT * FROM unnest(%(zones)s::text[], %(turns)s::timestamptz[], %(sources)s::text[])),
member AS MATERIALIZED (
    SELECT m.contact_id, turn.zone, turn.at, turn.source
    FROM contacts_segment s
    JOIN contacts_segmentmember m ON m.segment_id = s.id
    JOIN contacts_contact c ON c.id = m.contact_id
    JOIN turn ON NOT %(local)s OR turn.zone = c.time_zone
    WHERE s.slug = %(segment)s
),
taken AS (
    INSERT INTO journeys_scheduleturn (journey_id, time_zone, turn_at, taken_at, people)
    SELECT %(journey)s::bigint, turn.zone, turn.at, %(now)s::timestamptz, (SELECT count(*) FROM member WHERE member.zone = turn.zone)
    FROM turn
    ON CONFLICT DO NOTHING
    RETURNING time_zone
),
queued AS (
    INSERT INTO journeys_trigger (journey_id, contact_id, source, key, evidence, at)
    SELECT %(journey)s::bigint, m.contact_id, m.source, '',
           jsonb_build_object('schedule', m.source, 'segment', %(segment)s::text, 'at', m.at), m.at
    FROM member m JOIN taken ON taken.time_zone = m.zone
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM queued
