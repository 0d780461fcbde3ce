-- open_months: have a partition for every month of a span.
--
-- Params   first, last  date, both months included
-- Reads    contacts_event_default
-- Writes   the partitions of contacts_event
-- Returns  name of each partition that was opened
-- Index    none
-- Rerun    safe: a month that is open stays as it is
SELECT opened.part
FROM generate_series(date_trunc('month', %(first)s::date::timestamp), %(last)s::date::timestamp, interval '1 month') AS month (start),
    LATERAL contacts_open_event_month(month.start::date) AS opened (part)
WHERE opened.part IS NOT NULL
