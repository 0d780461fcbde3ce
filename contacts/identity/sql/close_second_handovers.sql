-- close_second_handovers: of two open handovers of a pair leave one: the one in conversation, else the survivor's.
--
-- Params   merges, losers, survivors bigint[]; now timestamptz
-- Reads    contacts_handover
-- Writes   contacts_handover, contacts_handoverlog, contacts_mergedrow
-- Returns  nothing
-- Index    handover_one_open
-- Rerun    safe: only open ones are closed
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(merges)s::bigint[], %(losers)s::bigint[], %(survivors)s::bigint[]) AS p (merge, loser, survivor)
),
second AS MATERIALIZED (
    SELECT p.merge, CASE WHEN l.state = 'accepted' AND s.state = 'waiting' THEN s.id ELSE l.id END AS id
    FROM pair p
    JOIN contacts_handover l ON l.contact_id = p.loser AND l.state IN ('waiting', 'accepted')
    JOIN contacts_handover s ON s.contact_id = p.survivor AND s.state IN ('waiting', 'accepted')
),
kept AS (
    INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
    SELECT second.merge, 'contacts_handover', h.id, to_jsonb(h) FROM second JOIN contacts_handover h USING (id)
),
closed AS (
    UPDATE contacts_handover h
    SET state = 'recycled', reason = 'merged', answered_at = COALESCE(h.answered_at, %(now)s), closed_at = %(now)s
    FROM second WHERE h.id = second.id
    RETURNING h.id, second.merge
),
said AS (
    INSERT INTO contacts_handoverlog (handover_id, at, by, state, reason, note)
    SELECT id, %(now)s, 'merge', 'recycled', 'merged', '' FROM closed
    RETURNING id, handover_id
)
INSERT INTO contacts_mergedrow (merge_id, "table", row_id, content)
SELECT closed.merge, 'contacts_handoverlog', said.id, '{}' FROM said JOIN closed ON closed.id = said.handover_id
