-- award: give people points beside the rules of scores, and put them on the list of the pulse.
--
-- Params   contacts bigint[]; slugs text[], points numeric[] (of the same length); by text; now timestamptz
-- Reads    contacts_score
-- Writes   contacts_scoreaward, contacts_news
-- Returns  nothing; the row count is how many awards there are
-- Index    contacts_score_slug_key
-- Rerun    not safe: each call gives points again; called in the transaction of the move that gives them
WITH given AS (
    SELECT s.id, s.slug, g.points
    FROM unnest(%(slugs)s::text[], %(points)s::numeric[]) AS g (slug, points) JOIN contacts_score s ON s.slug = g.slug
),
awarded AS (
    INSERT INTO contacts_scoreaward (score_id, contact_id, points, by, at)
    SELECT g.id, c.id, g.points, %(by)s, %(now)s FROM given g CROSS JOIN unnest(%(contacts)s::bigint[]) AS c (id)
    RETURNING contact_id, score_id
)
INSERT INTO contacts_news (contact_id, name, since)
SELECT a.contact_id, 'award:' || g.slug, %(now)s FROM awarded a JOIN given g ON g.id = a.score_id
