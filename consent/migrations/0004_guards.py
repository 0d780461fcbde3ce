"""What the database itself sees to: the chain of records, wordings that stay, groups held out that take in newcomers."""

from datetime import timedelta

from django.db import migrations

# STABLE, as concat_ws and convert_to are by name: Postgres then writes their text into the statement, where it would call a
# function declared IMMUTABLE once a row, at 20 times the cost of the sum. What they return hangs on what is given alone.
CHAIN = """
CREATE FUNCTION consent_record_digest(
    previous text, id bigint, contact bigint, purpose bigint, decision text, at timestamptz, source text, wording text, proof_digest text
) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$
    SELECT encode(sha256(convert_to(concat_ws(E'\\x1f', coalesce(previous, ''), id, contact, purpose, decision,
        extract(epoch FROM at)::text, source, wording, proof_digest), 'UTF8')), 'hex')
$body$;
CREATE FUNCTION consent_proof_digest(proof jsonb) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $body$
    SELECT encode(sha256(convert_to(proof::text, 'UTF8')), 'hex')
$body$;
CREATE FUNCTION consent_record_chain() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    before record;
BEGIN
    SELECT r.id, r.digest INTO before FROM consent_record r WHERE r.contact_id = NEW.contact_id ORDER BY r.id DESC LIMIT 1;
    NEW.previous := before.id;
    NEW.proof_digest := consent_proof_digest(NEW.proof);
    NEW.digest := consent_record_digest(before.digest, NEW.id, NEW.contact_id, NEW.purpose_id, NEW.decision, NEW.at,
                                        NEW.source, NEW.wording, NEW.proof_digest);
    RETURN NEW;
END $body$;
CREATE TRIGGER consent_record_chain BEFORE INSERT ON consent_record FOR EACH ROW EXECUTE FUNCTION consent_record_chain();
"""
NO_CHAIN = """
DROP TRIGGER consent_record_chain ON consent_record;
DROP FUNCTION consent_record_chain();
DROP FUNCTION consent_proof_digest(jsonb);
DROP FUNCTION consent_record_digest(text, bigint, bigint, bigint, text, timestamptz, text, text, text);
"""
# records from before the chain, in order of id: each follows the one before of the same person
BACKFILL = """
ALTER TABLE consent_record DISABLE TRIGGER consent_record_append_only;
DO $body$
DECLARE
    r record;
    before record;
BEGIN
    FOR r IN SELECT * FROM consent_record WHERE digest = '' ORDER BY id LOOP
        SELECT b.id, b.digest INTO before FROM consent_record b
        WHERE b.contact_id = r.contact_id AND b.id < r.id ORDER BY b.id DESC LIMIT 1;
        UPDATE consent_record c
        SET previous = before.id, proof_digest = consent_proof_digest(r.proof),
            digest = consent_record_digest(before.digest, r.id, r.contact_id, r.purpose_id, r.decision, r.at, r.source,
                                           r.wording, consent_proof_digest(r.proof))
        WHERE c.id = r.id;
    END LOOP;
END $body$;
ALTER TABLE consent_record ENABLE TRIGGER consent_record_append_only;
"""
WORDINGS = """
CREATE FUNCTION consent_wording_stays() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.purpose_id, NEW.language, NEW.version, NEW.text, NEW.digest, NEW.created_at)
        IS NOT DISTINCT FROM (OLD.purpose_id, OLD.language, OLD.version, OLD.text, OLD.digest, OLD.created_at) THEN
        RETURN NEW;  -- who wrote it may be forgotten
    END IF;
    RAISE EXCEPTION 'consent_wording stays as it was agreed to' USING ERRCODE = 'integrity_constraint_violation';
END $body$;
CREATE TRIGGER consent_wording_stays BEFORE UPDATE OR DELETE ON consent_wording
    FOR EACH ROW EXECUTE FUNCTION consent_wording_stays();
"""
NO_WORDINGS = "DROP TRIGGER consent_wording_stays ON consent_wording; DROP FUNCTION consent_wording_stays()"
# the bucket is the one of journeys.steps.split: the first 32 bits of md5("salt:contact") modulo 10,000
HOLDOUTS = """
CREATE FUNCTION consent_holdout_bucket(salt text, contact bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT ('x' || left(md5(salt || ':' || contact), 8))::bit(32)::bigint % 10000
$body$;
CREATE FUNCTION consent_hold_out_newcomers() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO consent_holdoutmember (holdout_id, contact_id, since)
    SELECT h.id, n.id, n.created_at FROM consent_holdout h CROSS JOIN newcomer n
    WHERE h.active AND consent_holdout_bucket(h.salt, n.id) < h.buckets
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $body$;
CREATE TRIGGER contacts_contact_hold_out AFTER INSERT ON contacts_contact
    REFERENCING NEW TABLE AS newcomer FOR EACH STATEMENT EXECUTE FUNCTION consent_hold_out_newcomers();
"""
NO_HOLDOUTS = """
DROP TRIGGER contacts_contact_hold_out ON contacts_contact;
DROP FUNCTION consent_hold_out_newcomers();
DROP FUNCTION consent_holdout_bucket(text, bigint);
"""


def complete_purposes(apps, schema_editor):
    """Say the kind and channel of the product's own purposes; people who want less get one message in seven days."""
    Purpose = apps.get_model("consent", "Purpose")
    for slug, kind, channel in (
        ("email_marketing", "communication", "email"),
        ("profiling", "profiling", ""),
        ("third_party", "third_party", ""),
        ("service", "contract", ""),
    ):
        Purpose.objects.filter(slug=slug).update(kind=kind, channel=channel)
    apps.get_model("consent", "Limit").objects.get_or_create(
        slug="less",
        defaults={
            "name_en": "People who want less",
            "name_de": "Wer weniger will",
            "who": "less",
            "most": 1,
            "window": timedelta(days=7),
            "overflow": "drop",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_complete"), ("contacts", "0011_restricted")]
    operations = [
        migrations.RunSQL(CHAIN, NO_CHAIN),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RunSQL(WORDINGS, NO_WORDINGS),
        migrations.RunSQL(HOLDOUTS, NO_HOLDOUTS),
        migrations.RunPython(complete_purposes, migrations.RunPython.noop),
    ]
