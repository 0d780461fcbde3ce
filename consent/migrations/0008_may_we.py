"""May we write to this person? The one answer, where the data is: claim, call and the guard of sending all ask it."""

from django.db import migrations

# reasons in the order of the gates: the address, then the purpose itself, then what it is a topic of
# a purpose and, with growing depth, what it is a topic of; `needs` and `purpose` are of the one at the bottom
LINE = """
CREATE VIEW consent_purpose_line AS
    WITH RECURSIVE line AS (
        SELECT p.slug AS purpose, p.enforcement AS needs, 0 AS depth, p.* FROM consent_purpose p
        UNION ALL
        SELECT l.purpose, l.needs, l.depth + 1, p.* FROM line l JOIN consent_purpose p ON p.id = l.parent_id WHERE l.depth < 8
    )
    SELECT purpose, needs, depth, id, slug, parent_id, enforcement, active, channel, existing_customer FROM line
"""
MAY_WE = """
CREATE FUNCTION consent_stands_against(contact bigint, purpose text, channel text, address text) RETURNS text
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
    dependencies = [("consent", "0007_privacy")]
    operations = [
        migrations.RunSQL(LINE, "DROP VIEW consent_purpose_line"),
        migrations.RunSQL(MAY_WE, "DROP FUNCTION consent_stands_against(bigint, text, text, text)"),
    ]
