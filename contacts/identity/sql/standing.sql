-- standing: what was decided about some people, how many questions about them wait, and how many rules have merged into them.
--
-- Params   contacts bigint[]; firsts, seconds bigint[], pairs with the smaller id first; since timestamptz; by_rules text
-- Reads    contacts_mergeproposal, contacts_merge
-- Writes   nothing
-- Returns  what ('pair', 'open', 'links'), first bigint, second bigint (null but for pairs), state text, n bigint
-- Index    mergeproposal_once, the foreign keys of contacts_mergeproposal and contacts_merge
-- Rerun    safe: reads only
SELECT 'pair' AS what, p.first_id, p.second_id, p.state, 1
FROM unnest(%(firsts)s::bigint[], %(seconds)s::bigint[]) AS given (one, other)
JOIN contacts_mergeproposal p ON p.first_id = given.one AND p.second_id = given.other
UNION ALL
SELECT 'open', c.id, NULL, '', (
    (SELECT count(*) FROM contacts_mergeproposal p WHERE p.first_id = c.id AND p.state = 'open')
    + (SELECT count(*) FROM contacts_mergeproposal p WHERE p.second_id = c.id AND p.state = 'open'))
FROM unnest(%(contacts)s::bigint[]) AS c (id)
UNION ALL
SELECT 'links', c.id, NULL, '', (
    (SELECT count(*) FROM contacts_merge m WHERE m.survivor_id = c.id AND m.by = %(by_rules)s AND m.at > %(since)s AND m.undone_at IS NULL)
    + (SELECT count(*) FROM contacts_mergeproposal p WHERE p.first_id = c.id AND p.state = 'due')
    + (SELECT count(*) FROM contacts_mergeproposal p WHERE p.second_id = c.id AND p.state = 'due'))
FROM unnest(%(contacts)s::bigint[]) AS c (id)
