"""May we write to this person? The same answer, read step by step: each step is planned once, and most need few of them."""

from django.db import migrations

# a purpose and, with growing depth, what it is a topic of; eight deep at most, deeper is no consent. Always by index: a session
# keeps a plan that was made while the tables were empty.
MAY_WE = """
CREATE OR REPLACE FUNCTION consent_stands_against(contact bigint, purpose text, channel text, address text) RETURNS text
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $body$
#variable_conflict use_column
DECLARE
    place text := lower(btrim(coalesce($4, '')));
    line consent_purpose;
    depth int := 0;
    blocked text;
    restricted timestamptz;
    granted boolean;
    basis text;
    record bigint;
    against text;
BEGIN
    IF place = '' THEN
        RETURN 'no_address';
    END IF;
    SELECT p.* INTO line FROM consent_purpose p WHERE p.slug = $2;
    SELECT b.reason INTO blocked FROM consent_suppression b WHERE b.channel = $3 AND b.address = place;
    IF blocked = 'bounced' THEN
        RETURN 'address_bounced';
    ELSIF blocked IN ('complained', 'objected') THEN
        IF line.enforcement IS DISTINCT FROM 'none' THEN
            RETURN CASE blocked WHEN 'complained' THEN 'complained' ELSE 'suppressed' END;
        END IF;
    ELSIF blocked IS NOT NULL THEN
        RETURN 'suppressed';
    END IF;
    IF line.id IS NULL THEN
        RETURN 'no_consent';
    END IF;
    SELECT c.restricted_at INTO restricted FROM contacts_contact c WHERE c.id = $1;
    IF NOT FOUND THEN
        RETURN 'no_consent';
    END IF;
    LOOP
        against := CASE
            WHEN NOT line.active OR depth = 8 AND line.parent_id IS NOT NULL THEN 'no_consent'
            WHEN line.enforcement = 'none' THEN ''
            WHEN restricted IS NOT NULL THEN 'restricted'
            WHEN line.channel NOT IN ('', coalesce($3, '-')) THEN 'no_consent' END;
        IF against IS NULL THEN
            SELECT s.granted, s.basis, s.record_id INTO granted, basis, record
            FROM consent_state s WHERE s.contact_id = $1 AND s.purpose_id = line.id;
            against := CASE
                WHEN line.enforcement = 'opt_out' THEN CASE WHEN granted IS FALSE THEN 'unsubscribed' ELSE '' END
                WHEN line.enforcement = 'opt_in' AND granted AND (basis <> 'existing_customer' OR line.existing_customer) THEN ''
                WHEN (SELECT r.decision FROM consent_record r WHERE r.id = record) = 'withdrawn' THEN 'unsubscribed'
                ELSE 'no_consent' END;
        END IF;
        IF against <> '' THEN
            RETURN against;
        END IF;
        EXIT WHEN line.parent_id IS NULL OR depth = 8;
        depth := depth + 1;
        SELECT p.* INTO line FROM consent_purpose p WHERE p.id = line.parent_id;
        EXIT WHEN NOT FOUND;
    END LOOP;
    RETURN '';
END $body$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION consent_stands_against(contact bigint, purpose text, channel text, address text) RETURNS text
LANGUAGE sql STABLE AS $body$
    WITH RECURSIVE line AS (
        SELECT p.*, 0 AS depth FROM consent_purpose p WHERE p.slug = $2
        UNION ALL
        SELECT p.*, line.depth + 1 FROM line JOIN consent_purpose p ON p.id = line.parent_id WHERE line.depth < 8
    )
    SELECT coalesce(
        CASE WHEN coalesce(btrim($4), '') = '' THEN 'no_address' END,
        (SELECT CASE
             WHEN b.reason = 'bounced' THEN 'address_bounced'
             WHEN b.reason = 'complained' THEN CASE WHEN own.enforcement = 'none' THEN NULL ELSE 'complained' END
             WHEN b.reason = 'objected' THEN CASE WHEN own.enforcement = 'none' THEN NULL ELSE 'suppressed' END
             ELSE 'suppressed' END
         FROM consent_suppression b LEFT JOIN line own ON own.depth = 0
         WHERE b.channel = $3 AND b.address = lower(btrim($4))),
        CASE WHEN NOT EXISTS (SELECT FROM line) OR NOT EXISTS (SELECT FROM contacts_contact c WHERE c.id = $1) THEN 'no_consent' END,
        (SELECT each.against FROM (
             SELECT line.depth, CASE
                 WHEN NOT line.active OR line.depth = 8 AND line.parent_id IS NOT NULL THEN 'no_consent'
                 WHEN line.enforcement = 'none' THEN ''
                 WHEN c.restricted_at IS NOT NULL THEN 'restricted'
                 WHEN line.channel NOT IN ('', coalesce($3, '-')) THEN 'no_consent'
                 WHEN line.enforcement = 'opt_out' THEN CASE WHEN s.granted IS FALSE THEN 'unsubscribed' ELSE '' END
                 WHEN line.enforcement = 'opt_in' AND s.granted AND (s.basis <> 'existing_customer' OR line.existing_customer) THEN ''
                 WHEN (SELECT r.decision FROM consent_record r WHERE r.id = s.record_id) = 'withdrawn' THEN 'unsubscribed'
                 ELSE 'no_consent' END AS against
             FROM line
             JOIN contacts_contact c ON c.id = $1
             LEFT JOIN consent_state s ON s.contact_id = $1 AND s.purpose_id = line.id
         ) each WHERE each.against <> '' ORDER BY each.depth LIMIT 1),
        '')
$body$;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0008_may_we")]
    operations = [migrations.RunSQL(MAY_WE, BEFORE)]
