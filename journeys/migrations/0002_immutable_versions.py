"""A published version never changes; hot tables keep room on their pages for updates in place."""

from django.db import migrations

GUARD = """
CREATE FUNCTION journeys_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF OLD.published_at IS NOT NULL AND (NEW.definition IS DISTINCT FROM OLD.definition OR NEW.number <> OLD.number
                                         OR NEW.published_at IS DISTINCT FROM OLD.published_at) THEN
        RAISE EXCEPTION 'a published version is immutable' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER journeys_version_immutable BEFORE UPDATE ON journeys_version
    FOR EACH ROW EXECUTE FUNCTION journeys_version_is_immutable();
ALTER TABLE journeys_enrollment SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE journeys_touch SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
"""
UNDO = "DROP TRIGGER journeys_version_immutable ON journeys_version; DROP FUNCTION journeys_version_is_immutable()"


class Migration(migrations.Migration):
    dependencies = [("journeys", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
