-- ids: leave out ids that another person has, or that would replace the id that a person has.
--
-- Params   by  text: what identifies a person in this file
-- Reads    import_row (temporary), contacts_contact
-- Writes   import_row (temporary)
-- Returns  line, reason text
-- Index    contacts_contact_external_id_key, contacts_contact_pkey
-- Rerun    safe: what is left fits
WITH judged AS (
    SELECT r.line, CASE
        WHEN mine.external_id IS NOT NULL AND mine.external_id <> r.external_id THEN 'id_differs'
        WHEN other.id IS NOT NULL AND other.id IS DISTINCT FROM r.contact_id THEN 'id_taken'
        WHEN row_number() OVER (PARTITION BY r.external_id ORDER BY r.contact_id IS NULL, r.line) > 1 THEN 'id_taken'
    END AS reason
    FROM import_row r
    LEFT JOIN contacts_contact mine ON mine.id = r.contact_id
    LEFT JOIN contacts_contact other ON other.external_id = r.external_id
    -- found by this very id, or nobody has it: nothing to judge
    WHERE r.external_id IS NOT NULL AND (%(by)s <> 'external_id' OR r.rank = 2)
)
UPDATE import_row r SET external_id = NULL
FROM judged
-- the id of a person who was merged is known to belong to the survivor: nothing to tell
WHERE judged.line = r.line AND judged.reason IS NOT NULL
RETURNING r.line, CASE WHEN %(by)s = 'external_id' THEN '' ELSE judged.reason END AS reason
