-- lock: hold the people whose touches are about to be decided, and who has the same address, so that no slot is taken twice.
--
-- Params   now timestamptz; scope bigint[] or null for everybody; batch int, touches at most; journeys bigint[] or null;
--          lane, lanes int: the part of the people that is decided on this connection;
--          accounts bool, whether a limit counts by account: then everybody there with an open touch comes along
-- Reads    journeys_touch, contacts_account
-- Writes   nothing (row locks on contacts_contact until the transaction ends)
-- Returns  id of each contact, e-mail, time zone, country, account id, country of the account
-- Index    touch_open, contact_email
-- Rerun    safe: only locks, in the order of ids, so that two lanes with people of one address wait and never for each other
WITH due AS MATERIALIZED (
    SELECT DISTINCT d.contact_id FROM (
        SELECT t.contact_id FROM journeys_touch t
        WHERE t.state IN ('proposed', 'held') AND t.hold_until <= %(now)s
          AND (%(scope)s::bigint[] IS NULL OR t.contact_id = ANY (%(scope)s::bigint[]))
          AND (%(journeys)s::bigint[] IS NULL OR t.journey_id = ANY (%(journeys)s::bigint[]))
          AND (%(lanes)s = 1 OR t.contact_id %% %(lanes)s = %(lane)s)
        ORDER BY t.hold_until LIMIT %(batch)s
    ) d
),
named AS MATERIALIZED (
    SELECT c.id, c.email, c.account_id FROM due JOIN contacts_contact c ON c.id = due.contact_id
),
colleague AS MATERIALIZED (
    SELECT c.id, c.email FROM contacts_contact c
    WHERE %(accounts)s AND c.account_id IN (SELECT account_id FROM named)
      AND EXISTS (SELECT 1 FROM journeys_touch t WHERE t.contact_id = c.id AND t.state IN ('proposed', 'held') AND t.hold_until <= %(now)s)
),
wanted AS MATERIALIZED (
    SELECT id FROM named
    UNION SELECT id FROM colleague
    UNION SELECT twin.id FROM named JOIN contacts_contact twin ON twin.email = named.email AND twin.email <> '' AND named.email <> ''
    UNION SELECT twin.id FROM colleague JOIN contacts_contact twin ON twin.email = colleague.email AND twin.email <> '' AND colleague.email <> ''
)
SELECT c.id, c.email, c.time_zone, c.country, c.account_id, coalesce(a.country, '')
FROM contacts_contact c LEFT JOIN contacts_account a ON a.id = c.account_id
WHERE c.id IN (SELECT id FROM wanted)
ORDER BY c.id
FOR NO KEY UPDATE OF c
