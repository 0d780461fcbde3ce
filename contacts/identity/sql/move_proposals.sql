-- move_proposals: ask about the survivors what was asked about the losers, and drop the question that is answered now.
--
-- Params   merges, losers, survivors bigint[]
-- Reads    contacts_mergeproposal
-- Writes   contacts_mergeproposal, contacts_mergedrow
-- Returns  nothing
-- Index    the foreign keys of contacts_mergeproposal, mergeproposal_once
-- Rerun    safe: nothing is asked about losers any more
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
about AS (
    SELECT DISTINCT ON (o.id) o.id, p.merge, p.survivor, COALESCE(q.survivor, o.other) AS other
    FROM (
        SELECT id, first_id AS mine, second_id AS other FROM contacts_mergeproposal
        WHERE first_id = ANY (%(losers)s::bigint[])
        UNION ALL
        SELECT id, second_id, first_id FROM contacts_mergeproposal WHERE second_id = ANY (%(losers)s::bigint[])
    ) o
    JOIN pair p ON p.loser = o.mine
    LEFT JOIN pair q ON q.loser = o.other  -- merged into somebody else in the same call
    ORDER BY o.id, p.merge
),
gone AS (
    DELETE FROM contacts_mergeproposal o USING about a WHERE o.id = a.id
    RETURNING a.merge, a.survivor, a.other, o.*
),
kept AS (
    INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
    SELECT merge, 'contacts_mergeproposal', id, to_jsonb(gone) - '{merge,survivor,other}'::text[] FROM gone
),
asked AS (
    INSERT INTO contacts_mergeproposal (first_id, second_id, kind, value, reason, state, at, decided_at, decided_by)
    SELECT DISTINCT ON (1, 2) LEAST(survivor, other), GREATEST(survivor, other), kind, value, reason,
        -- what rules decided about a visitor says nothing about whom the visitor turned out to be
        CASE WHEN state = 'due' THEN 'open' ELSE state END, at, decided_at, decided_by
    FROM gone WHERE survivor <> other ORDER BY 1, 2, state = 'refused' DESC
    ON CONFLICT (first_id, second_id) DO NOTHING
    RETURNING id, first_id, second_id
)
INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
SELECT DISTINCT ON (asked.id) gone.merge, 'contacts_mergeproposal', asked.id, '{}'::jsonb
FROM asked JOIN gone ON asked.first_id = LEAST(gone.survivor, gone.other) AND asked.second_id = GREATEST(gone.survivor, gone.other)
