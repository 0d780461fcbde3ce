-- part: of several rows that mean one person by an address only the first is this person, the others are new; by merged ids all are.
--
-- Params   none
-- Reads    import_row (temporary)
-- Writes   import_row (temporary)
-- Returns  line of each row that was left out: it means the same person as another
-- Index    none
-- Rerun    safe: afterwards there is one row a person
WITH numbered AS (
    SELECT line, rank, row_number() OVER (PARTITION BY contact_id ORDER BY rank, line DESC) AS nth
    FROM import_row WHERE contact_id IS NOT NULL
), strangers AS (
    UPDATE import_row r SET contact_id = NULL, rank = NULL
    FROM numbered n WHERE n.line = r.line AND n.nth > 1 AND n.rank > 2
)
DELETE FROM import_row r USING numbered n WHERE n.line = r.line AND n.nth > 1 AND n.rank <= 2 RETURNING r.line
