"""Twins follow in groups held out: people with one e-mail address are one person, drawn once, whenever the second one comes."""

from django.db import migrations

TWINS = """
CREATE OR REPLACE FUNCTION consent_hold_out_newcomers() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM consent_holdout WHERE active) THEN
        RETURN NULL;
    END IF;
    -- the oldest contact of an address draws for all of them, and who comes later follows whoever is in
    INSERT INTO consent_holdoutmember (holdout_id, contact_id, since)
    SELECT h.id, n.id, n.created_at
    FROM consent_holdout h CROSS JOIN newcomer n
    WHERE h.active AND (
        consent_holdout_bucket(h.salt, CASE WHEN n.email = '' THEN n.id
            ELSE (SELECT min(t.id) FROM contacts_contact t WHERE t.email = n.email AND t.email <> '') END) < h.buckets
        OR n.email <> '' AND EXISTS (
            SELECT 1 FROM contacts_contact t JOIN consent_holdoutmember m ON m.contact_id = t.id AND m.holdout_id = h.id
            WHERE t.email = n.email AND t.email <> ''))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $body$;
CREATE FUNCTION consent_hold_out_twins() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    -- an address that becomes the one of somebody held out, either way round
    INSERT INTO consent_holdoutmember (holdout_id, contact_id, since)
    SELECT m.holdout_id, other.id, NEW.updated_at
    FROM contacts_contact t
    JOIN consent_holdoutmember m ON m.contact_id = t.id
    JOIN consent_holdout h ON h.id = m.holdout_id AND h.active
    JOIN contacts_contact other ON other.email = NEW.email AND other.email <> ''
    WHERE t.email = NEW.email AND t.email <> ''
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $body$;
CREATE TRIGGER contacts_contact_hold_out_twins AFTER UPDATE OF email ON contacts_contact FOR EACH ROW
    WHEN (NEW.email <> '' AND OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION consent_hold_out_twins();
"""
NO_TWINS = """
DROP TRIGGER contacts_contact_hold_out_twins ON contacts_contact;
DROP FUNCTION consent_hold_out_twins();
CREATE OR REPLACE FUNCTION consent_hold_out_newcomers() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO consent_holdoutmember (holdout_id, contact_id, since)
    SELECT h.id, n.id, n.created_at FROM consent_holdout h CROSS JOIN newcomer n
    WHERE h.active AND consent_holdout_bucket(h.salt, n.id) < h.buckets
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $body$;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_guards")]
    operations = [migrations.RunSQL(TWINS, NO_TWINS)]
