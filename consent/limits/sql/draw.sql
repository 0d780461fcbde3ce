-- draw: put the members of a new holdout into it, by a hash of salt and person; people with one address are drawn once.
--
-- Params   holdout bigint; now timestamptz
-- Reads    consent_holdout, contacts_contact
-- Writes   consent_holdoutmember
-- Returns  nothing; the row count is the number of members
-- Index    none: everybody is looked at, once a holdout
-- Rerun    safe: who is a member stays one, and the same people are drawn
INSERT INTO consent_holdoutmember (holdout_id, contact_id, since)
SELECT h.id, p.id, %(now)s
FROM consent_holdout h
CROSS JOIN (
    SELECT c.id, CASE WHEN c.email = '' THEN c.id ELSE min(c.id) OVER (PARTITION BY nullif(c.email, ''), CASE WHEN c.email = '' THEN c.id END) END AS oldest
    FROM contacts_contact c
) p
WHERE h.id = %(holdout)s AND h.active AND consent_holdout_bucket(h.salt, p.oldest) < h.buckets
ON CONFLICT DO NOTHING
