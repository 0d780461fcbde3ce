-- begin_merge: keep both people of each pair as they are now.
--
-- Params   losers, survivors bigint[]; whys, bys text[]; now timestamptz
-- Reads    contacts_contact (the caller holds both rows)
-- Writes   contacts_merge
-- Returns  id, loser_id, survivor_id
-- Index    contacts_contact_pkey
-- Rerun    safe: one merge a loser (merge_once)
INSERT INTO contacts_merge (survivor_id, loser_id, why, by, at, loser, survivor_before, undone_by)
SELECT s.id, l.id, p.why, p.by, %(now)s, to_jsonb(l), to_jsonb(s), ''
FROM unnest(%(losers)s::bigint[], %(survivors)s::bigint[], %(whys)s::text[], %(bys)s::text[]) AS p (loser, survivor, why, by)
JOIN contacts_contact l ON l.id = p.loser
JOIN contacts_contact s ON s.id = p.survivor
RETURNING id, loser_id, survivor_id
