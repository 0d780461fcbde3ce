"""Seals cover ranges of records and follow one another; an erasure may blank the proof of a record and nothing else."""

from django.db import migrations, models

# GDPR Art. 17: the digest of a record hashes the digest of its proof, so the chain holds when the proof is gone
GUARD = """
CREATE OR REPLACE FUNCTION consent_record_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    -- Erasure of a person (GDPR Art. 17) sets this for its own transaction only.
    IF current_setting('consent.erasing', true) = 'yes' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        IF NEW.proof - 'erased' = '{}'::jsonb AND to_jsonb(NEW) - 'proof' = to_jsonb(OLD) - 'proof' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'consent_record is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $body$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION consent_record_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF current_setting('consent.erasing', true) = 'yes' AND TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'consent_record is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $body$;
"""
# who removes a seal, or writes one anew, breaks the ones behind it; what time alone cannot say is not part of it
SEALS = """
CREATE FUNCTION consent_seal_digest(
    before text, after bigint, up_to bigint, records bigint, content text, removed bigint, why text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT encode(sha256(convert_to(concat_ws(E'\\x1f', coalesce(before, ''), after, up_to, records, content, removed, why),
        'UTF8')), 'hex')
$body$;
CREATE FUNCTION consent_seal_stays() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'consent_seal is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $body$;
CREATE TRIGGER consent_seal_stays BEFORE UPDATE OR DELETE ON consent_seal FOR EACH ROW EXECUTE FUNCTION consent_seal_stays();
"""
NO_SEALS = """
DROP TRIGGER consent_seal_stays ON consent_seal;
DROP FUNCTION consent_seal_stays();
DROP FUNCTION consent_seal_digest(text, bigint, bigint, bigint, text, bigint, text);
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_limits")]
    operations = [
        migrations.AddField("seal", "after", models.BigIntegerField(default=0, verbose_name="after record")),
        migrations.AddField("seal", "content", models.CharField(default="", max_length=64, verbose_name="content")),
        migrations.AddField("seal", "removed", models.BigIntegerField(default=0, verbose_name="removed by law")),
        migrations.AddField(
            "seal", "why", models.CharField(blank=True, default="", max_length=200, verbose_name="why it was sealed anew")
        ),
        migrations.RunSQL(GUARD, BEFORE),
        migrations.RunSQL(SEALS, NO_SEALS),
    ]
