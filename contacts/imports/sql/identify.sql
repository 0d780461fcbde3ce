-- identify: write the ids that a source has for people.
--
-- Params   lines int[]; ids bigint[]; kinds text[]; values text[]; source text; now timestamptz
-- Reads    contacts_identifier
-- Writes   contacts_identifier
-- Returns  line of each id that belongs to somebody else
-- Index    identifier_once
-- Rerun    safe: an id is written once
WITH given AS (
    SELECT * FROM unnest(%(lines)s::int[], %(ids)s::bigint[], %(kinds)s::text[], %(values)s::text[]) AS g (line, contact_id, kind, value)
), owners AS MATERIALIZED (
    SELECT g.line, g.contact_id, g.kind, g.value, i.contact_id AS owner,
        first_value(g.contact_id) OVER (PARTITION BY g.kind, g.value ORDER BY g.line) AS first_contact
    FROM given g LEFT JOIN contacts_identifier i ON i.kind = g.kind AND i.value = g.value
), written AS (
    INSERT INTO contacts_identifier (kind, value, contact_id, source, first_seen_at, last_seen_at)
    SELECT DISTINCT ON (kind, value) kind, value, contact_id, %(source)s, %(now)s, %(now)s
    FROM owners WHERE owner IS NULL ORDER BY kind, value, line
    ON CONFLICT (kind, value) DO NOTHING
)
SELECT line FROM owners WHERE COALESCE(owner, first_contact) <> contact_id
