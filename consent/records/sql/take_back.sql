-- take_back: withdraw what an import had people say, where it is still what holds.
--
-- Params   import bigint; source text; now timestamptz
-- Reads    consent_record, consent_state
-- Writes   consent_record, consent_state, contacts_news
-- Returns  nothing; the row count is the number of people told about
-- Index    none: the records are read once through
-- Rerun    safe: what was withdrawn is no longer of the import
WITH held AS MATERIALIZED (
    SELECT s.contact_id, s.purpose_id, s.since FROM consent_state s JOIN consent_record r ON r.id = s.record_id
    WHERE r.proof -> 'import' = to_jsonb(%(import)s::bigint)
    ORDER BY s.contact_id, s.purpose_id FOR UPDATE OF s
), said AS (
    INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)
    -- as of when it was said, so that the same proof can be brought again without the mistake
    SELECT contact_id, purpose_id, 'withdrawn', since, %(source)s, '', jsonb_build_object('undone', %(import)s::bigint) FROM held
    RETURNING id, contact_id, purpose_id
), now_held AS (
    UPDATE consent_state s SET granted = false, basis = 'consent', record_id = said.id
    FROM said WHERE s.contact_id = said.contact_id AND s.purpose_id = said.purpose_id
)
INSERT INTO contacts_news (contact_id, name, since) SELECT DISTINCT contact_id, 'consent', %(now)s::timestamptz FROM held
