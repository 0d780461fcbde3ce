-- change: set attributes of people, and put tags onto a list attribute or take them off.
--
-- Params   contacts bigint[]; changes jsonb; gone text[], keys that are taken away; instants, days text[], keys that become
--          now, or the day of now in the person's time zone; tags text, the list attribute; added, removed text[]; now timestamptz
-- Reads    contacts_contact
-- Writes   contacts_contact, contacts_news
-- Returns  nothing; the row count is for how many people something changed
-- Index    contacts_contact_pkey
-- Rerun    safe: who has the values already is left alone
WITH param AS MATERIALIZED (
    SELECT %(changes)s::jsonb AS changes, %(gone)s::text[] AS gone, %(instants)s::text[] AS instants, %(days)s::text[] AS days,
           %(tags)s::text AS tags, %(added)s::text[] AS added, %(removed)s::text[] AS removed, %(now)s::timestamptz AS now
),
locked AS MATERIALIZED (
    -- in the order of the ids, so that two batches about the same people never wait in a circle
    SELECT c.id, c.attributes, c.time_zone FROM contacts_contact c
    WHERE c.id = ANY (%(contacts)s::bigint[]) ORDER BY c.id FOR NO KEY UPDATE
),
wanted AS MATERIALIZED (
    SELECT l.id, l.attributes AS old, ((l.attributes || p.changes)
           || coalesce((SELECT jsonb_object_agg(k, to_char(p.now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')) FROM unnest(p.instants) k), '{}')
           || coalesce((SELECT jsonb_object_agg(k, to_char(p.now AT TIME ZONE l.time_zone, 'YYYY-MM-DD')) FROM unnest(p.days) k), '{}')
           || CASE WHEN p.added = '{}' AND NOT l.attributes -> p.tags ?| p.removed IS TRUE THEN '{}' ELSE jsonb_build_object(p.tags, (
                  SELECT coalesce(jsonb_agg(one.tag ORDER BY one.place), '[]') FROM (
                      SELECT both_.tag, min(both_.place) AS place FROM (
                          SELECT t.tag, t.place FROM jsonb_array_elements_text(
                              CASE WHEN jsonb_typeof(l.attributes -> p.tags) = 'array' THEN l.attributes -> p.tags ELSE '[]' END
                          ) WITH ORDINALITY AS t (tag, place)
                          UNION ALL
                          SELECT a.tag, 1000000 + a.place FROM unnest(p.added) WITH ORDINALITY AS a (tag, place)
                      ) both_ WHERE both_.tag <> ALL (p.removed) GROUP BY both_.tag
                  ) one)) END) - p.gone AS new
    FROM locked l, param p
),
changed AS (
    UPDATE contacts_contact c
    SET attributes = w.new, updated_at = p.now,
        attributes_at = (c.attributes_at || coalesce((
            SELECT jsonb_object_agg(said.key, p.now) FROM jsonb_each(w.new) said WHERE w.old -> said.key IS DISTINCT FROM said.value
        ), '{}')) - p.gone
    FROM wanted w, param p
    WHERE c.id = w.id AND w.new <> w.old
    RETURNING c.id
)
INSERT INTO contacts_news (contact_id, name, since) SELECT c.id, 'profile', p.now FROM changed c, param p
