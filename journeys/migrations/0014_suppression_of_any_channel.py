"""Blocking an address waits for the call that is running, whatever the channel: a STOP by SMS as well as a complaint by mail."""

from django.db import migrations

WAIT = """
CREATE OR REPLACE FUNCTION journeys_after_suppression() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    people bigint[];
BEGIN
    IF NEW.channel = 'email' THEN
        SELECT array_agg(p.id) INTO people FROM (
            SELECT c.id FROM contacts_contact c WHERE c.email = NEW.address AND c.email <> '' ORDER BY c.id FOR NO KEY UPDATE
        ) p;
    ELSIF NEW.channel = 'sms' THEN
        SELECT array_agg(p.id) INTO people FROM (
            SELECT c.id FROM contacts_contact c WHERE c.phone = NEW.address AND c.phone <> '' ORDER BY c.id FOR NO KEY UPDATE
        ) p;
    END IF;
    IF people IS NOT NULL THEN
        PERFORM journeys_wait_for_calls(people);
    END IF;
    RETURN NULL;
END $body$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION journeys_after_suppression() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    people bigint[];
BEGIN
    IF NEW.channel = 'email' THEN
        SELECT array_agg(p.id) INTO people FROM (
            SELECT c.id FROM contacts_contact c WHERE c.email = NEW.address AND c.email <> '' ORDER BY c.id FOR NO KEY UPDATE
        ) p;
        PERFORM journeys_wait_for_calls(people);
    END IF;
    RETURN NULL;
END $body$;
"""


class Migration(migrations.Migration):
    dependencies = [("journeys", "0013_brake")]
    operations = [migrations.RunSQL(WAIT, BEFORE)]
