-- merge: let of two people who are one only what both have agreed to hold, and say so in the record.
--
-- What one refused is refused. Nothing said is not agreed, except for a visitor without user id and address: there is no
-- address that the other's word did not cover. Of consent and § 7(3) UWG (existing_customer) the latter holds: it is the weaker.
--
-- Params   merges, losers, survivors bigint[]; now timestamptz; source text
-- Reads    contacts_merge, consent_record
-- Writes   consent_record, consent_state, contacts_mergedrow, contacts_news
-- Returns  nothing
-- Index    state_contact_purpose
-- Rerun    safe: the losers have no state any more
WITH pair AS MATERIALIZED (
    SELECT p.*, COALESCE(m.loser ->> 'external_id', '') || (m.loser ->> 'email') || (m.loser ->> 'phone') = '' AS visitor
    FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
    JOIN contacts_merge m ON m.id = p.merge
),
held AS MATERIALIZED (
    SELECT p.merge, p.survivor, p.visitor, s.contact_id = p.loser AS of_loser, s.id, s.purpose_id, s.granted, s.basis, r.decision, to_jsonb(s) AS content
    FROM pair p
    JOIN consent_state s ON s.contact_id IN (p.loser, p.survivor)
    LEFT JOIN consent_record r ON r.id = s.record_id
),
kept AS (
    INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content) SELECT merge, 'consent_state', id, content FROM held
),
gone AS (
    DELETE FROM consent_state s USING held h WHERE h.id = s.id AND h.of_loser
),
narrower AS (
    -- one row for each purpose in which the survivor may do less from now on, or now knows of a refusal
    SELECT nextval(pg_get_serial_sequence('consent_record', 'id')) AS id, p.merge, p.survivor, asked.purpose_id,
           CASE WHEN s.granted AND l.granted THEN 'existing_customer' WHEN l.decision = 'withdrawn' THEN 'withdrawn' ELSE 'refused' END AS decision, l.content AS other
    FROM pair p
    CROSS JOIN LATERAL (SELECT DISTINCT h.purpose_id FROM held h WHERE h.merge = p.merge) asked
    LEFT JOIN held l ON l.merge = p.merge AND l.purpose_id = asked.purpose_id AND l.of_loser
    LEFT JOIN held s ON s.merge = p.merge AND s.purpose_id = asked.purpose_id AND NOT s.of_loser
    WHERE CASE
        WHEN s.granted AND l.granted THEN s.basis = 'consent' AND l.basis = 'existing_customer'
        WHEN s.granted THEN l.granted IS NOT TRUE AND NOT (l.granted IS NULL AND p.visitor)
        WHEN s.granted IS NULL THEN l.granted IS FALSE
        ELSE false
    END
),
said AS (
    INSERT INTO consent_record (id, contact_id, purpose_id, decision, at, source, wording, proof)
    SELECT id, survivor, purpose_id, decision, %(now)s, %(source)s, '', jsonb_build_object('merge', merge, 'other', other)
    FROM narrower
),
told AS (
    -- also where a refusal stands as it did: it is new for the runs that come along with the loser
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT survivor, 'consent', %(now)s::timestamptz FROM (
        SELECT survivor FROM narrower UNION SELECT survivor FROM held WHERE NOT of_loser AND NOT granted
    ) asked
)
INSERT INTO consent_state (contact_id, purpose_id, granted, basis, since, record_id)
SELECT survivor, purpose_id, decision = 'existing_customer',
       CASE decision WHEN 'existing_customer' THEN 'existing_customer' ELSE 'consent' END, %(now)s, id
FROM narrower
ON CONFLICT (contact_id, purpose_id) DO UPDATE SET granted = EXCLUDED.granted, basis = EXCLUDED.basis, since = EXCLUDED.since, record_id = EXCLUDED.record_id
