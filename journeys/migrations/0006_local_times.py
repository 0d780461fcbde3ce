"""Local times of people in SQL: the same as journeys.steps.local_time says in Python."""

from django.db import migrations

INSTANT = """
CREATE FUNCTION journeys_instant(wall timestamp, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
-- The instant of a local time: of two the first; one that does not exist moves to the next that does.
DECLARE
    usual timestamptz := wall AT TIME ZONE zone;  -- of two the second; a gap is counted with the offset before it
    found timestamptz;
    low timestamptz;
    high timestamptz;
BEGIN
    IF (usual AT TIME ZONE zone) = wall THEN
        low := usual - interval '1 day';
        found := (wall - ((low AT TIME ZONE zone) - (low AT TIME ZONE 'UTC'))) AT TIME ZONE 'UTC';
        RETURN CASE WHEN found < usual AND (found AT TIME ZONE zone) = wall THEN found ELSE usual END;
    END IF;
    low := date_trunc('second', usual) - interval '26 hours';
    high := date_trunc('second', usual) + interval '26 hours';
    WHILE high - low > interval '1 second' LOOP
        found := date_trunc('second', low + (high - low) / 2);
        IF (found AT TIME ZONE zone) < wall THEN low := found; ELSE high := found; END IF;
    END LOOP;
    RETURN high;
END $$
"""

MOMENT = """
CREATE FUNCTION journeys_moment(
    wall timestamp, zone text, arrived timestamptz, clock time, days integer, shift interval, yearly boolean, coming boolean
) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
-- The moment that a date of a person names: so many local days and so much time from it, at a local time (null: its own).
-- yearly: the anniversary whose moment falls into the local year of the arrival, or (coming) the first one from the arrival on.
DECLARE
    at time := coalesce(clock, wall::time);
    this_year integer;
    anniversary date;
    found timestamptz;
BEGIN
    IF wall IS NULL OR NOT yearly THEN
        RETURN journeys_instant(wall::date + days + at, zone) + shift;
    END IF;
    this_year := extract(year FROM arrived AT TIME ZONE zone);
    FOR y IN this_year - 2 .. this_year + 2 LOOP
        -- 29 February is 28 February where there is none
        anniversary := least(
            make_date(y, extract(month FROM wall)::integer, 1) + (extract(day FROM wall)::integer - 1),
            (make_date(y, extract(month FROM wall)::integer, 1) + interval '1 month - 1 day')::date
        );
        found := journeys_instant(anniversary + days + at, zone) + shift;
        EXIT WHEN coming AND found >= arrived OR NOT coming AND extract(year FROM found AT TIME ZONE zone) >= this_year;
    END LOOP;
    RETURN found;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("journeys", "0005_offer_decisions")]

    operations = [
        migrations.RunSQL(INSTANT, "DROP FUNCTION journeys_instant(timestamp, text)"),
        migrations.RunSQL(
            MOMENT, "DROP FUNCTION journeys_moment(timestamp, text, timestamptz, time, integer, interval, boolean, boolean)"
        ),
    ]
