-- take_places: let mails of a sender go today, up to the plan; of two that ask at once the second sees what the first took.
--
-- Params   sender bigint; day date; wanted, most int
-- Reads    nothing
-- Writes   orchestrator_senderday
-- Returns  taken int
-- Index    senderday_day
-- Rerun    no: each run takes places; called once for a claim
WITH old AS MATERIALIZED (
    SELECT id, count FROM orchestrator_senderday WHERE sender_id = %(sender)s AND day = %(day)s FOR UPDATE
)
UPDATE orchestrator_senderday d
SET count = greatest(old.count, least(%(most)s::int, old.count + %(wanted)s::int))
FROM old WHERE d.id = old.id
RETURNING d.count - old.count
