-- grant: decide for everybody who is due at an offer step whether they get the offer, and give it to those who do.
--
-- The caller has locked the offer's row before, so that budget, places and codes are counted as they are.
--
-- Params   due  compiled queryset over open enrollments at the step nobody has decided about: id, contact_id, seq, arm, eligible,
--          in_segment (locked, limited); now timestamptz; phase text of the journey; offer bigint
-- Reads    journeys_enrollment, journeys_offer, journeys_offergrant, journeys_offercode, contacts_contact, contacts_stage
-- Writes   journeys_offergrant, journeys_offercode, journeys_offerdecision
-- Returns  id, contact_id of each new grant
-- Index    enrollment_due, grant_one_open, offercode_free, offerdecision_once
-- Rerun    safe: a decided visit is not due again; unique (enrollment, visit), one open grant a person
WITH due (id, contact_id, seq, arm, eligible, in_segment) AS MATERIALIZED (/*due*/),
param AS MATERIALIZED (SELECT /*now*/::timestamptz AS now, /*phase*/::text AS phase),
offer AS MATERIALIZED (
    SELECT o.id, o.state, o.phases, o.codes, o.shared_code, o.value, o.valid_from, o.valid_until,
           least(p.now + o.valid_days * interval '1 day', o.valid_until) AS expires_at,
           -- every grant that was ever made takes a place
           CASE WHEN o.most_grants IS NOT NULL THEN o.most_grants - (SELECT count(*) FROM journeys_offergrant g WHERE g.offer_id = o.id) END AS places,
           -- what is open or accepted is spent
           CASE WHEN o.budget IS NOT NULL AND o.value > 0 THEN floor((o.budget - (
               SELECT coalesce(sum(g.value), 0) FROM journeys_offergrant g WHERE g.offer_id = o.id AND g.state IN ('open', 'accepted')
           )) / o.value) END AS affordable
    FROM journeys_offer o, param p WHERE o.id = /*offer*/
),
checked AS MATERIALIZED (
    SELECT d.id, d.contact_id, d.seq, d.arm, CASE
               WHEN mine.offer_id = o.id THEN 'kept'
               WHEN o.state <> 'live' THEN 'not_live'
               WHEN p.now < o.valid_from OR p.now >= o.valid_until THEN 'not_valid'
               WHEN o.phases <> '[]' AND NOT o.phases ? coalesce(s.phase, p.phase) THEN 'other_phase'
               WHEN NOT d.in_segment THEN 'other_segment'
               WHEN NOT d.eligible THEN 'not_eligible'
               WHEN EXISTS (
                   SELECT 1 FROM journeys_offergrant r WHERE r.contact_id = d.contact_id AND r.state = 'declined' AND r.rest_until > p.now
               ) THEN 'resting'
               WHEN mine.offer_id IS NOT NULL THEN 'other_offer'
               WHEN c.account_id IS NOT NULL AND EXISTS (
                   SELECT 1 FROM contacts_contact b JOIN journeys_offergrant g ON g.contact_id = b.id AND g.state = 'open'
                   WHERE b.account_id = c.account_id AND b.id <> c.id AND g.offer_id <> o.id AND g.expires_at > p.now
               ) THEN 'account_promised'
               ELSE ''
           END AS reason
    FROM due d
    JOIN contacts_contact c ON c.id = d.contact_id
    CROSS JOIN offer o
    CROSS JOIN param p
    LEFT JOIN contacts_stage s ON s.id = c.stage_id
    LEFT JOIN journeys_offergrant mine ON mine.contact_id = d.contact_id AND mine.state = 'open'
),
entitled AS MATERIALIZED (
    -- two runs of one person at this step share one grant
    SELECT *, row_number() OVER (ORDER BY id) AS place
    FROM (SELECT DISTINCT ON (contact_id) id, contact_id FROM checked WHERE reason = '' AND arm <> 'holdout' ORDER BY contact_id, id) one
),
free AS MATERIALIZED (
    SELECT code, row_number() OVER (ORDER BY id) AS place FROM (
        SELECT k.id, k.code FROM journeys_offercode k
        WHERE k.offer_id = (SELECT id FROM offer WHERE codes = 'single') AND k.grant_id IS NULL
        ORDER BY k.id LIMIT (SELECT count(*) FROM entitled)
    ) one
),
placed AS MATERIALIZED (
    SELECT e.id, e.contact_id, o.id AS offer_id, o.value, o.expires_at,
           CASE o.codes WHEN 'single' THEN f.code WHEN 'shared' THEN o.shared_code ELSE '' END AS code,
           CASE WHEN e.place > o.places THEN 'grants_used_up'
                WHEN e.place > o.affordable THEN 'budget_used_up'
                WHEN o.codes = 'single' AND f.code IS NULL THEN 'codes_used_up'
                ELSE '' END AS reason
    FROM entitled e CROSS JOIN offer o LEFT JOIN free f ON f.place = e.place
),
made AS (
    INSERT INTO journeys_offergrant (offer_id, contact_id, enrollment_id, state, code, value, granted_at, expires_at)
    SELECT l.offer_id, l.contact_id, l.id, 'open', l.code, l.value, p.now, l.expires_at
    FROM placed l, param p WHERE l.reason = ''
    ORDER BY l.contact_id
    ON CONFLICT (contact_id) WHERE state = 'open' DO NOTHING  -- another offer was faster
    RETURNING id, contact_id, enrollment_id, offer_id, code
),
taken AS (
    UPDATE journeys_offercode k SET grant_id = m.id
    FROM made m, offer o WHERE o.codes = 'single' AND k.offer_id = m.offer_id AND k.code = m.code
),
decided AS (
    INSERT INTO journeys_offerdecision (offer_id, contact_id, enrollment_id, visit, reason, at)
    SELECT o.id, c.contact_id, c.id, c.seq, CASE
               WHEN c.reason <> '' THEN c.reason
               WHEN c.arm = 'holdout' THEN 'holdout'
               WHEN m.enrollment_id = c.id THEN ''
               WHEN m.id IS NOT NULL THEN 'kept'
               ELSE coalesce(nullif(l.reason, ''), 'other_offer')
           END, p.now
    FROM checked c CROSS JOIN offer o CROSS JOIN param p
    LEFT JOIN made m ON m.contact_id = c.contact_id
    LEFT JOIN placed l ON l.contact_id = c.contact_id
    ON CONFLICT (enrollment_id, visit) DO NOTHING
)
SELECT id, contact_id FROM made
