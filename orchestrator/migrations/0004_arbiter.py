"""Limits are read again when a message is claimed and called; fewer indexes on what is written a lot."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# A touch is over a limit when, of those that share its window, as many as the limit allows go before it: what is with a provider or
# went out first, then what is claimed, then what is approved; among those the higher score, the older verdict, the lower id.
OVER_LIMIT = """
CREATE FUNCTION orchestrator_zone(name text) RETURNS text LANGUAGE plpgsql STABLE AS $body$
BEGIN
    PERFORM now() AT TIME ZONE name;
    RETURN name;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END $body$;
CREATE FUNCTION orchestrator_over_limit(touch bigint) RETURNS text LANGUAGE sql STABLE AS $body$
    WITH mine AS (
        SELECT t.id, t.contact_id, t.channel, t.purpose, t.state, t.called_at, t.decided_at, c.email, c.account_id, j.phase, j.priority * j.value AS score,
               -- the clock that the verdict went by: the person's own zone may be unknown
               coalesce((SELECT v.gates #>> '{quiet_hours,zone}' FROM orchestrator_verdict v
                         WHERE v.contact_id = t.contact_id AND v.touch_id = t.id AND v.gates #>> '{quiet_hours,zone}' <> '' ORDER BY v.at DESC LIMIT 1), c.time_zone) AS time_zone
        FROM journeys_touch t
        JOIN contacts_contact c ON c.id = t.contact_id
        JOIN journeys_journey j ON j.id = t.journey_id
        WHERE t.id = $1 AND t.decided_at IS NOT NULL
    ),
    line AS MATERIALIZED (SELECT purpose, slug, needs AS enforcement FROM consent_purpose_line),
    same AS (
        SELECT contact_id AS id FROM mine
        UNION SELECT c.id FROM mine JOIN contacts_contact c ON c.email = mine.email AND c.email <> ''
    )
    SELECT coalesce((
        SELECT 'cap_' || l.slug
        FROM mine
        JOIN consent_limit l ON l.active AND l.channel IN ('', mine.channel) AND l.phase IN ('', mine.phase)
            AND (l.per = 'person' OR mine.account_id IS NOT NULL)
            AND (l.purpose = '' OR EXISTS (SELECT FROM line x WHERE x.purpose = mine.purpose AND x.slug = l.purpose))
            AND (l.who = '' OR EXISTS (SELECT FROM consent_preference p JOIN same ON same.id = p.contact_id WHERE p.frequency = 'less'))
        CROSS JOIN LATERAL (
            SELECT CASE WHEN l.calendar = '' THEN mine.decided_at - l."window"
                        ELSE date_trunc(l.calendar, mine.decided_at, orchestrator_zone(mine.time_zone)) - interval '1 microsecond' END AS after,
                   CASE WHEN l.calendar = '' THEN mine.decided_at + l."window"
                        ELSE (date_trunc(l.calendar, mine.decided_at, orchestrator_zone(mine.time_zone)) AT TIME ZONE orchestrator_zone(mine.time_zone)
                              + ('1 ' || l.calendar)::interval) AT TIME ZONE orchestrator_zone(mine.time_zone) END AS before
        ) span
        WHERE NOT EXISTS (SELECT FROM line x WHERE x.purpose = mine.purpose AND x.enforcement = 'none')
          AND l.most <= (
            SELECT count(*) FROM journeys_touch o JOIN journeys_journey oj ON oj.id = o.journey_id
            WHERE o.contact_id IN (SELECT id FROM same WHERE l.per = 'person'
                                   UNION ALL SELECT c.id FROM contacts_contact c WHERE l.per = 'account' AND c.account_id = mine.account_id)
              AND o.id <> mine.id AND o.state IN ('approved', 'sending', 'sent', 'unknown') AND o.decided_at > span.after AND o.decided_at < span.before
              AND l.channel IN ('', o.channel) AND l.phase IN ('', oj.phase)
              AND (l.purpose IN ('', o.purpose) OR EXISTS (SELECT FROM line x WHERE x.purpose = o.purpose AND x.slug = l.purpose))
              AND NOT EXISTS (SELECT FROM line x WHERE x.purpose = o.purpose AND x.enforcement = 'none')
              AND (CASE WHEN o.state IN ('sent', 'unknown') OR o.called_at IS NOT NULL THEN 0 WHEN o.state = 'sending' THEN 1 ELSE 2 END,
                   -oj.priority * oj.value, o.decided_at, o.id)
                < (CASE WHEN mine.called_at IS NOT NULL THEN 0 WHEN mine.state = 'sending' THEN 1 ELSE 2 END, -mine.score, mine.decided_at, mine.id)
          )
        ORDER BY l.overflow = 'drop' DESC, l.slug LIMIT 1
    ), '')
$body$;
"""
NO_OVER_LIMIT = "DROP FUNCTION orchestrator_over_limit(bigint); DROP FUNCTION orchestrator_zone(text);"


class Migration(migrations.Migration):
    dependencies = [("orchestrator", "0003_key_scope"), ("journeys", "0010_send_guard"), ("consent", "0008_may_we")]
    operations = [
        migrations.RunSQL(OVER_LIMIT, NO_OVER_LIMIT),
        # read by nobody but a cascade: people are found by their contact
        migrations.AlterField(
            "verdict",
            "touch",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="verdicts",
                to="journeys.touch",
                verbose_name="touch",
            ),
        ),
        # verdicts are written in the order of time: a thousandth of the size, and nothing to write for each row
        migrations.RemoveIndex("verdict", "verdict_at"),
        migrations.AddIndex(
            "verdict", django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="verdict_at_brin", autosummarize=True)
        ),
    ]
