"""Nothing goes out that must not, whoever writes the row; and a withdrawal waits for the call that is running (ADR 12)."""

from django.db import migrations, models

# Two moments: becoming `sending` is judged by what the claiming statement sees, so that a claim of many never fails as a whole;
# being called is judged by what is committed at that moment, under a lock on the person and on what they said.
GUARD = """
CREATE FUNCTION journeys_refuse_to_send(t journeys_touch) RETURNS void LANGUAGE plpgsql STABLE AS $body$
DECLARE
    against text := consent_stands_against(t.contact_id, t.purpose, t.channel, t.address);
BEGIN
    IF against IS DISTINCT FROM '' THEN
        RAISE EXCEPTION 'touch % must not be sent: %', t.id, coalesce(against, 'unknown')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'touch_may_be_sent', TABLE = 'journeys_touch';
    END IF;
END $body$;
CREATE FUNCTION journeys_touch_claimed() RETURNS trigger LANGUAGE plpgsql STABLE AS $body$
BEGIN
    PERFORM journeys_refuse_to_send(NEW);
    RETURN NEW;
END $body$;
CREATE FUNCTION journeys_touch_called() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    PERFORM FROM contacts_contact c WHERE c.id = NEW.contact_id FOR SHARE;
    PERFORM FROM consent_state s WHERE s.contact_id = NEW.contact_id ORDER BY s.purpose_id FOR SHARE;
    PERFORM journeys_refuse_to_send(NEW);
    RETURN NEW;
END $body$;
CREATE TRIGGER journeys_touch_claimed BEFORE UPDATE ON journeys_touch FOR EACH ROW
    WHEN (NEW.state = 'sending' AND OLD.state <> 'sending') EXECUTE FUNCTION journeys_touch_claimed();
CREATE TRIGGER journeys_touch_called BEFORE UPDATE ON journeys_touch FOR EACH ROW
    WHEN (NEW.called_at IS NOT NULL AND OLD.called_at IS DISTINCT FROM NEW.called_at)
    EXECUTE FUNCTION journeys_touch_called();
CREATE TRIGGER journeys_touch_made BEFORE INSERT ON journeys_touch FOR EACH ROW
    WHEN (NEW.state = 'sending' OR NEW.called_at IS NOT NULL) EXECUTE FUNCTION journeys_touch_called();
"""
NO_GUARD = """
DROP TRIGGER journeys_touch_made ON journeys_touch;
DROP TRIGGER journeys_touch_called ON journeys_touch;
DROP TRIGGER journeys_touch_claimed ON journeys_touch;
DROP FUNCTION journeys_touch_called();
DROP FUNCTION journeys_touch_claimed();
DROP FUNCTION journeys_refuse_to_send(journeys_touch);
"""
# Whoever takes consent back holds the rows that `journeys_touch_called` locks: nothing is called from here until the commit.
# What was called before is waited for, but never longer than 0.7 s: a provider that hangs must not hold up a withdrawal. A sender
# that has not begun 0.5 s after it asked does not begin at all (orchestrator.channels.operations).
WAIT = """
CREATE FUNCTION journeys_wait_for_calls(people bigint[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    until timestamptz := clock_timestamp() + interval '700 milliseconds';
BEGIN
    WHILE clock_timestamp() < until AND EXISTS (
        SELECT FROM journeys_touch t
        WHERE t.state = 'sending' AND t.called_at IS NOT NULL AND t.contact_id = ANY (people)
    ) LOOP
        PERFORM pg_sleep(0.005);
    END LOOP;
END $body$;
CREATE FUNCTION journeys_after_withdrawal() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    people bigint[];
BEGIN
    SELECT array_agg(DISTINCT said.contact_id ORDER BY said.contact_id) INTO people FROM said WHERE NOT said.granted;
    IF people IS NOT NULL THEN
        IF TG_OP = 'INSERT' THEN  -- there was no row that a call could have locked: the person stands for it
            PERFORM FROM contacts_contact c WHERE c.id = ANY (people) ORDER BY c.id FOR NO KEY UPDATE;
        END IF;
        PERFORM journeys_wait_for_calls(people);
    END IF;
    RETURN NULL;
END $body$;
CREATE TRIGGER consent_state_said_first AFTER INSERT ON consent_state REFERENCING NEW TABLE AS said
    FOR EACH STATEMENT EXECUTE FUNCTION journeys_after_withdrawal();
CREATE TRIGGER consent_state_said AFTER UPDATE ON consent_state REFERENCING NEW TABLE AS said
    FOR EACH STATEMENT EXECUTE FUNCTION journeys_after_withdrawal();
CREATE FUNCTION journeys_after_restriction() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    PERFORM journeys_wait_for_calls(ARRAY[NEW.id]);
    RETURN NULL;
END $body$;
CREATE TRIGGER contacts_contact_restricted AFTER UPDATE OF restricted_at ON contacts_contact FOR EACH ROW
    WHEN (NEW.restricted_at IS NOT NULL AND OLD.restricted_at IS NULL) EXECUTE FUNCTION journeys_after_restriction();
CREATE FUNCTION journeys_after_suppression() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $body$
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
CREATE TRIGGER consent_suppression_said AFTER INSERT ON consent_suppression FOR EACH ROW
    WHEN (NEW.reason <> 'bounced') EXECUTE FUNCTION journeys_after_suppression();
"""  # a bounce is written by the sender itself, about the call that is running
NO_WAIT = """
DROP TRIGGER consent_suppression_said ON consent_suppression;
DROP FUNCTION journeys_after_suppression();
DROP TRIGGER contacts_contact_restricted ON contacts_contact;
DROP FUNCTION journeys_after_restriction();
DROP TRIGGER consent_state_said ON consent_state;
DROP TRIGGER consent_state_said_first ON consent_state;
DROP FUNCTION journeys_after_withdrawal();
DROP FUNCTION journeys_wait_for_calls(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("journeys", "0009_weights"), ("consent", "0008_may_we"), ("contacts", "0011_restricted")]
    operations = [
        migrations.AddIndex(
            "touch",
            models.Index(
                fields=["contact"], name="touch_called", condition=models.Q(state="sending", called_at__isnull=False)
            ),
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunSQL(WAIT, NO_WAIT),
    ]
