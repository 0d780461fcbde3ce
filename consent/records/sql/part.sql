-- part: give two people who were merged by mistake what each had agreed to before, where that is not more than holds now.
--
-- Params   merge, loser, survivor bigint; now timestamptz; source text
-- Reads    contacts_mergedrow, consent_state
-- Writes   consent_record, consent_state, contacts_news
-- Returns  nothing
-- Index    state_contact_purpose, the foreign key of contacts_mergedrow
-- Rerun    safe: the same answers hold
WITH before AS MATERIALIZED (
    SELECT old.* FROM contacts_mergedrow r CROSS JOIN LATERAL jsonb_populate_record(NULL::consent_state, r.content) old
    WHERE r.merge_id = %(merge)s AND r."table" = 'consent_state'
),
current AS MATERIALIZED (SELECT * FROM consent_state WHERE contact_id = %(survivor)s),
wanted AS MATERIALIZED (
    SELECT one.contact, asked.purpose_id, b.granted AS was, coalesce(b.basis, 'consent') AS basis, b.since, b.record_id,
           least(level.before, level.now) AS level, level.before AS before_level, level.now AS now_level
    FROM (VALUES (%(loser)s::bigint), (%(survivor)s::bigint)) AS one (contact)
    CROSS JOIN (SELECT purpose_id FROM before UNION SELECT purpose_id FROM current) asked
    LEFT JOIN before b ON b.contact_id = one.contact AND b.purpose_id = asked.purpose_id
    LEFT JOIN current c ON c.purpose_id = asked.purpose_id
    -- 0 refused, 1 nothing said, 2 existing customer (§ 7(3) UWG), 3 granted: the lower of before and now
    CROSS JOIN LATERAL (
        SELECT CASE WHEN b.granted IS NULL THEN 1 WHEN NOT b.granted THEN 0 WHEN coalesce(b.basis, 'consent') = 'consent' THEN 3 ELSE 2 END AS before,
               CASE WHEN c.granted IS NULL THEN 1 WHEN NOT c.granted THEN 0 WHEN c.basis = 'consent' THEN 3 ELSE 2 END AS now
    ) level
),
as_before AS (
    -- the loser's own word still stands, and its record is there
    INSERT INTO consent_state (contact_id, purpose_id, granted, basis, since, record_id)
    SELECT contact, purpose_id, was, basis, since, record_id FROM wanted
    WHERE contact = %(loser)s AND was IS NOT NULL AND level = before_level
    ON CONFLICT (contact_id, purpose_id) DO NOTHING
),
narrower AS (
    -- the loser had agreed, or never said, and now it is less; the survivor agreed meanwhile, but who of the two was it?
    SELECT nextval(pg_get_serial_sequence('consent_record', 'id')) AS id, contact, purpose_id FROM wanted
    WHERE contact = %(loser)s AND level < before_level OR contact = %(survivor)s AND level < now_level
),
said AS (
    INSERT INTO consent_record (id, contact_id, purpose_id, decision, at, source, wording, proof)
    SELECT id, contact, purpose_id, 'refused', %(now)s, %(source)s, '', jsonb_build_object('undone_merge', %(merge)s::bigint) FROM narrower
),
told AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT contact, 'consent', %(now)s::timestamptz FROM (VALUES (%(loser)s::bigint), (%(survivor)s::bigint)) AS one (contact)
)
INSERT INTO consent_state (contact_id, purpose_id, granted, since, record_id)
SELECT contact, purpose_id, false, %(now)s, id FROM narrower
ON CONFLICT (contact_id, purpose_id) DO UPDATE SET granted = false, basis = 'consent', since = EXCLUDED.since, record_id = EXCLUDED.record_id
