"""Is a touch over a limit by now? Most people are far from any: that is seen by one look, the exact count is for the others."""

from django.db import migrations

# who got fewer other messages than the smallest limit allows is over none, whatever the windows are; by index, as consent 0009
OVER_LIMIT = """
ALTER FUNCTION orchestrator_over_limit(bigint) RENAME TO orchestrator_over_limit_counted;
CREATE FUNCTION orchestrator_over_limit(touch bigint) RETURNS text LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $body$
DECLARE
    whose bigint;
    mail text;
    least_of_all int;
    by_account boolean;
BEGIN
    SELECT t.contact_id, min(l.most), bool_or(l.per = 'account') INTO whose, least_of_all, by_account
    FROM journeys_touch t
    JOIN journeys_journey j ON j.id = t.journey_id
    JOIN consent_limit l ON l.active AND l.channel IN ('', t.channel) AND l.phase IN ('', j.phase)
    WHERE t.id = $1 GROUP BY t.contact_id;
    IF NOT FOUND THEN
        RETURN '';  -- no limit is about it
    END IF;
    IF NOT by_account AND least_of_all > (
        SELECT count(*) FROM journeys_touch o
        WHERE o.contact_id = whose AND o.id <> $1 AND o.state IN ('approved', 'sending', 'sent', 'unknown')
    ) THEN
        SELECT c.email INTO mail FROM contacts_contact c WHERE c.id = whose;
        IF NOT EXISTS (SELECT FROM contacts_contact c WHERE c.email = mail AND c.email <> '' AND c.id <> whose) THEN
            RETURN '';
        END IF;
    END IF;
    RETURN orchestrator_over_limit_counted($1);
END $body$;
"""
BEFORE = """
DROP FUNCTION orchestrator_over_limit(bigint);
ALTER FUNCTION orchestrator_over_limit_counted(bigint) RENAME TO orchestrator_over_limit;
"""


class Migration(migrations.Migration):
    dependencies = [("orchestrator", "0004_arbiter")]
    operations = [migrations.RunSQL(OVER_LIMIT, BEFORE)]
