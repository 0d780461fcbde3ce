-- verify: count the records, and find those that are not as they were: changed, put in without the trigger, or without the
-- one that they followed.
--
-- Params   contacts bigint[] or null for everybody; most int, how many of the broken ones are named
-- Reads    consent_record, consent_purpose
-- Writes   nothing
-- Returns  records, broken, erased bigint; named json array of {kind, record, contact, purpose, decision, at}
-- Index    the primary key; record_contact_id for some people
-- Rerun    safe: it writes nothing
WITH summed AS (
    -- OFFSET 0: each sum is made once a row, not wherever it is looked at
    SELECT r.id, r.contact_id, r.purpose_id, r.decision, r.at, r.digest = '' AS without, r.previous IS NOT NULL AND p.id IS NULL AS alone,
           r.digest <> consent_record_digest(p.digest, r.id, r.contact_id, r.purpose_id, r.decision, r.at, r.source, r.wording, r.proof_digest) AS other,
           r.proof_digest <> consent_proof_digest(r.proof) AS other_proof, r.proof - 'erased' = '{}'::jsonb AS blank
    FROM consent_record r
    LEFT JOIN consent_record p ON p.id = r.previous AND p.contact_id = r.contact_id
    WHERE %(contacts)s::bigint[] IS NULL OR r.contact_id = ANY (%(contacts)s::bigint[])
    OFFSET 0
),
looked AS (
    -- a proof that an erasure has blanked is gone by law, and its digest still stands
    SELECT s.id, s.contact_id, s.purpose_id, s.decision, s.at, s.other_proof AND s.blank AS erased,
           CASE WHEN s.without THEN 'unchained' WHEN s.alone THEN 'gap' WHEN s.other OR s.other_proof AND NOT s.blank THEN 'changed' END AS kind
    FROM summed s
)
SELECT count(*), count(l.kind), count(*) FILTER (WHERE l.erased),
       to_json((array_agg(json_build_object('kind', l.kind, 'record', l.id, 'contact', l.contact_id, 'purpose', u.slug,
                                            'decision', l.decision, 'at', l.at) ORDER BY l.id)
                FILTER (WHERE l.kind IS NOT NULL))[1:%(most)s::int])::text
FROM looked l
LEFT JOIN consent_purpose u ON u.id = l.purpose_id
