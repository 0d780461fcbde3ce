-- listened: which journeys anybody listens to: an entry, a condition of a journey, a segment, a signal, a stage, a score.
--
-- Params   none
-- Reads    journeys_journey, journeys_version, contacts_segment, contacts_signal, contacts_stage, contacts_scorerule
-- Writes   nothing
-- Returns  slug text
-- Index    none: tables of definitions
-- Rerun    safe: reads only
SELECT DISTINCT named.slug #>> '{}' FROM (
    SELECT jsonb_path_query(v.definition, '$.**.journey')
    FROM journeys_journey j JOIN journeys_version v ON v.id = j.live_version_id WHERE j.state <> 'archived'
    UNION ALL SELECT jsonb_path_query(condition, '$.**.journey') FROM contacts_segment WHERE active
    UNION ALL SELECT jsonb_path_query(condition, '$.**.journey') FROM contacts_signal WHERE active
    UNION ALL SELECT jsonb_path_query(condition, '$.**.journey') FROM contacts_stage
    UNION ALL SELECT jsonb_path_query(leave, '$.**.journey') FROM contacts_stage
    UNION ALL SELECT jsonb_path_query(condition, '$.**.journey') FROM contacts_scorerule
) named (slug)
WHERE jsonb_typeof(named.slug) = 'string'
