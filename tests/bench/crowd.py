"""A database with a million people and ten million events, made once and kept: `var/bench/crowd` can be resumed."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
PEOPLE = 1_000_000
EVENTS = 10_000_000
DAYS = 180
CHUNK = 100_000
# name, kind, how many of a thousand events
KINDS = (
    ("page_viewed", "behaviour", 400),
    ("product_viewed", "behaviour", 200),
    ("email_opened", "feedback", 100),
    ("cart_updated", "behaviour", 80),
    ("signed_in", "behaviour", 70),
    ("order_placed", "transaction", 70),
    ("pricing_viewed", "behaviour", 50),
    ("email_clicked", "feedback", 30),
)
ATTRIBUTES = (
    ("visits", "whole"),
    ("revenue", "number"),
    ("plan", "text"),
    ("newsletter", "yes_no"),
    ("birthday", "date"),
    ("tags", "list"),
)
INDEXES = {
    "event_contact_name_at": "CREATE INDEX event_contact_name_at ON contacts_event (contact_id, name, occurred_at)",
    "event_name_at": "CREATE INDEX event_name_at ON contacts_event (name, occurred_at) INCLUDE (contact_id)",
}
# numbers from 0 to 999 that look random and are the same on every run
DICE = "(hashint8extended(n, {salt}) & 1048575) %% 1000"
PEOPLE_SQL = f"""
INSERT INTO contacts_contact (id, external_id, email, phone, first_name, last_name, language, country, time_zone, job_title,
                              attributes, stage_id, stage_since, created_at, updated_at)
SELECT n, 'p' || n, CASE WHEN {DICE.format(salt=1)} < 950 THEN 'p' || n || '@people.example' ELSE '' END, '', 'Given ' || n %% 997,
       'Family ' || n %% 9973, CASE WHEN {DICE.format(salt=2)} < 700 THEN 'de' ELSE 'en' END,
       (ARRAY['DE', 'DE', 'DE', 'DE', 'AT', 'CH', 'FR', 'NL', 'GB', 'US'])[1 + {DICE.format(salt=3)} %% 10], 'Europe/Berlin',
       CASE WHEN {DICE.format(salt=4)} < 100 THEN 'Buyer' ELSE '' END,
       jsonb_strip_nulls(jsonb_build_object(
           'visits', CASE WHEN {DICE.format(salt=5)} < 900 THEN {DICE.format(salt=6)} %% 40 END,
           'revenue', CASE WHEN {DICE.format(salt=7)} < 400 THEN {DICE.format(salt=8)} * 1.5 END,
           'plan', (ARRAY['free', 'free', 'free', 'basic', 'pro'])[1 + {DICE.format(salt=9)} %% 5],
           'newsletter', {DICE.format(salt=10)} < 500,
           'birthday', (date '1950-01-01' + ({DICE.format(salt=11)} * 20)::int)::text,
           'tags', CASE WHEN {DICE.format(salt=12)} < 300 THEN jsonb_build_array('vip', 'beta') END)),
       stage.id, %(now)s, %(now)s - interval '1 day' * ({DICE.format(salt=13)} %% 700), %(now)s
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
JOIN (SELECT array_agg(id ORDER BY position) AS ids FROM contacts_stage) s ON true
JOIN contacts_stage stage ON stage.id = s.ids[1 + (n %% array_length(s.ids, 1))]
"""
CONSENT_SQL = f"""
WITH said AS (
    INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)
    SELECT n, p.id, CASE WHEN {DICE.format(salt=21)} < 900 THEN 'granted' ELSE 'withdrawn' END, %(now)s - interval '90 days', 'bench', '', '{{}}'
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n, consent_purpose p
    WHERE p.slug IN ('email_marketing', 'profiling') AND (hashint8extended(n, p.id) & 1048575) %% 1000 < 750
    RETURNING id, contact_id, purpose_id, at, decision
)
INSERT INTO consent_state (contact_id, purpose_id, granted, since, record_id)
SELECT contact_id, purpose_id, decision = 'granted', at, id FROM said
"""
# a third of the people do most of what is done: the square pulls towards low numbers, the hash scatters them
EVENTS_SQL = """
WITH dice AS MATERIALIZED (
    SELECT n, (hashint8extended(n, 31) & 1048575) / 1048576.0 AS who, (hashint8extended(n, 32) & 1048575) %% 1000 AS what,
           (hashint8extended(n, 33) & 1048575) / 1048576.0 AS daytime, (hashint8extended(n, 34) & 1048575) %% 1000 AS value
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
)
INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)
SELECT 1 + abs(hashint8extended((power(who, 2) * %(people)s)::bigint, 35) %% %(people)s), kind.name, at.at, at.at,
       jsonb_build_object('value', value / 10.0, 'category', (ARRAY['lamps', 'chairs', 'rugs', 'desks'])[1 + value %% 4]),
       'bench', 'm' || n
FROM dice
CROSS JOIN LATERAL (SELECT %(day)s::timestamptz + daytime * interval '1 day' AS at) at
JOIN unnest(%(names)s::text[], %(froms)s::int[], %(tos)s::int[]) AS kind (name, least, most) ON what >= kind.least AND what < kind.most
ORDER BY at.at
"""


def make_crowd(*, people: int = PEOPLE, events: int = EVENTS) -> None:
    """Fill the database up to the wanted size; what an earlier run has finished stays."""
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_done (what text PRIMARY KEY)")
    _once("definitions", _definitions)
    for first in range(1, people + 1, CHUNK):
        _once(f"people {first}", lambda first=first: _people(first, min(first + CHUNK - 1, people)))
    _once("months and no indexes", _open)
    for day in range(DAYS):
        _once(f"day {day}", lambda day=day: _events(day, people, events))
    _once("indexes", _close)
    print(f"  {people:,} people, {events:,} events: {time.perf_counter() - started:.0f} s", flush=True)


def _once(what: str, work) -> None:
    """Do a part in one transaction with the note that it is done."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_done VALUES (%s) ON CONFLICT DO NOTHING", [what])
        if cursor.rowcount:
            work()


def _definitions() -> None:
    from contacts.models import Attribute, EventType, Stage

    for slug, kind, _ in KINDS:
        EventType.objects.create(slug=slug, kind=kind, name_en=slug.replace("_", " "), name_de=slug.replace("_", " "))
    for key, kind in ATTRIBUTES:
        Attribute.objects.create(key=key, kind=kind, name_en=key, name_de=key, created_at=NOW)
    for position, (slug, phase) in enumerate(
        (("customer", "retention"), ("lead", "consideration"), ("new", "awareness"))
    ):
        Stage.objects.create(slug=slug, phase=phase, position=position, name_en=slug, name_de=slug)


def _people(first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_SQL, {"first": first, "last": last, "now": NOW})
        cursor.execute(CONSENT_SQL, {"first": first, "last": last, "now": NOW})


def _open() -> None:
    from contacts.events.operations import open_months

    open_months(first=(NOW - timedelta(days=DAYS)).date().replace(day=1), last=NOW.date())
    with connection.cursor() as cursor:
        for name in INDEXES:
            cursor.execute(f"DROP INDEX {name}")


def _events(day: int, people: int, events: int) -> None:
    a_day = events // DAYS
    borders = [0]
    for _, _, share in KINDS:
        borders.append(borders[-1] + share)
    with connection.cursor() as cursor:
        cursor.execute(
            EVENTS_SQL,
            {
                "first": day * a_day + 1,
                "last": (day + 1) * a_day if day < DAYS - 1 else events,
                "day": NOW - timedelta(days=DAYS - day),
                "people": people,
                "names": [name for name, _, _ in KINDS],
                "froms": borders[:-1],
                "tos": borders[1:],
            },
        )


def _close() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for text in INDEXES.values():
            cursor.execute(text)
        cursor.execute("SELECT setval(pg_get_serial_sequence('contacts_contact', 'id'), max(id)) FROM contacts_contact")
