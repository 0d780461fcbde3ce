-- note_hook: note that a webhook came, and forget those of long ago, which no door lets in again.
--
-- Params   source, key, digest  text; now  timestamptz
-- Reads    orchestrator_hook
-- Writes   orchestrator_hook
-- Returns  digest text: of the one that came first, null when it is being written right now; new bool
-- Index    hook_key, hook_at
-- Rerun    safe: the second one is not new
WITH old AS (
    DELETE FROM orchestrator_hook WHERE id IN (
        SELECT id FROM orchestrator_hook WHERE at < %(now)s::timestamptz - interval '2 days' ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
),
noted AS (
    INSERT INTO orchestrator_hook (source, key, digest, at) VALUES (%(source)s, %(key)s, %(digest)s, %(now)s)
    ON CONFLICT (source, key) DO NOTHING
    RETURNING digest
)
SELECT coalesce((SELECT digest FROM noted),
                (SELECT digest FROM orchestrator_hook WHERE source = %(source)s AND key = %(key)s)) AS digest,
       EXISTS (SELECT FROM noted) AS new
