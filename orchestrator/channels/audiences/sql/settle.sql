-- settle: record what became of the people of a batch.
--
-- Params   batch bigint; done boolean; now timestamptz
-- Reads    nothing
-- Writes   orchestrator_audiencemember
-- Returns  nothing; the row count is how many people it was about
-- Index    the batch's
-- Rerun    safe: nobody is in the batch any more
UPDATE orchestrator_audiencemember m
SET state = CASE WHEN NOT %(done)s THEN m.state WHEN m.state = 'removing' THEN 'gone' WHEN m.state = 'adding' THEN 'in' ELSE m.state END,
    since = CASE WHEN %(done)s THEN %(now)s ELSE m.since END,
    email_hash = CASE WHEN %(done)s AND m.state = 'removing' THEN '' ELSE m.email_hash END,
    phone_hash = CASE WHEN %(done)s AND m.state = 'removing' THEN '' ELSE m.phone_hash END,
    batch_id = NULL
WHERE m.batch_id = %(batch)s
