"""consent_record is append-only: the database refuses to change or delete what somebody said."""

from django.db import migrations

GUARD = """
CREATE FUNCTION consent_record_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    -- Erasure of a person (GDPR Art. 17) sets this for its own transaction only.
    IF current_setting('consent.erasing', true) = 'yes' AND TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'consent_record is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $body$;
CREATE TRIGGER consent_record_append_only BEFORE UPDATE OR DELETE ON consent_record
    FOR EACH ROW EXECUTE FUNCTION consent_record_is_append_only();
"""
UNDO = "DROP TRIGGER consent_record_append_only ON consent_record; DROP FUNCTION consent_record_is_append_only()"


def add_purposes(apps, schema_editor):
    """Add the purposes that the product itself knows."""
    Purpose = apps.get_model("consent", "Purpose")
    for slug, en, de, enforcement, basis in (
        ("email_marketing", "E-mail marketing", "E-Mail-Marketing", "opt_in", "GDPR Art. 6(1)(a), UWG § 7(2)"),
        ("profiling", "Profiling", "Profilbildung", "opt_in", "GDPR Art. 6(1)(a)"),
        ("third_party", "Third-party tracking", "Tracking durch Dritte", "opt_in", "GDPR Art. 6(1)(a), TDDDG § 25"),
        ("service", "Service messages", "Servicenachrichten", "none", "GDPR Art. 6(1)(b)"),
    ):
        Purpose.objects.get_or_create(
            slug=slug, defaults={"name_en": en, "name_de": de, "enforcement": enforcement, "legal_basis": basis}
        )


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [
        migrations.RunSQL(GUARD, UNDO),
        migrations.RunPython(add_purposes, migrations.RunPython.noop),
    ]
