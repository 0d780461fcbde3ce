-- move: put people into another stage and write its history.
--
-- Params   judged  compiled queryset of contact id, old stage, new stage (null: stays); now timestamptz; by text;
--          why text; once boolean, who was moved at this very time waits and gets news; again text, the name of that news
-- Reads    contacts_contact and whatever the rules name
-- Writes   contacts_contact, contacts_stagechange, contacts_news
-- Returns  nothing; the row count is the number of moves
-- Index    contacts_contact_pkey
-- Rerun    safe: guarded by the old stage
WITH judged (id, old, new) AS MATERIALIZED (/*judged*/),
param AS MATERIALIZED (
    SELECT /*now*/::timestamptz AS at, /*by*/::text AS by, /*why*/::text AS why, /*once*/::boolean AS once,
           /*again*/::text AS again
),
moved AS (
    UPDATE contacts_contact c SET stage_id = j.new, stage_since = p.at, updated_at = p.at
    FROM judged j, param p
    WHERE c.id = j.id AND j.new IS NOT NULL AND j.new IS DISTINCT FROM j.old AND c.stage_id IS NOT DISTINCT FROM j.old
      AND NOT (p.once AND c.stage_since IS NOT DISTINCT FROM p.at)
    RETURNING c.id, j.old, j.new
),
waiting AS (
    INSERT INTO contacts_news (contact_id, name, since)
    SELECT c.id, p.again, p.at + interval '1 second'  -- later than now: the pulse that runs does not take it up
    FROM judged j, param p, contacts_contact c
    WHERE c.id = j.id AND j.new IS NOT NULL AND j.new IS DISTINCT FROM j.old AND p.once AND c.stage_since = p.at
)
INSERT INTO contacts_stagechange (contact_id, from_stage_id, to_stage_id, at, by, why)
SELECT moved.id, moved.old, moved.new, p.at, p.by, p.why FROM moved, param p
