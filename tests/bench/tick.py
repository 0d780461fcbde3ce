"""Transitions a second of the tick, beside a per-contact ORM loop and beside bare SQL that moves the same rows."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from consent.models import Limit
from contacts.models import Contact, Event, EventType
from journeys.definitions.operations import import_journey
from journeys.models import Block, Enrollment, Step, Touch, Transition
from orchestrator.kernel.scope import Scope
from orchestrator.tick import loop

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
PEOPLE = 200_000
LOOP_PEOPLE = 1_000
BATCH = 10_000
QUIET = Scope(news=frozenset())
NAMES = {"en": "x", "de": "x"}
STEPS = [
    {"key": "wait", "kind": "wait", "name": NAMES, "for": "1h"},
    {"key": "country", "kind": "branch", "name": NAMES, "missing": "end", "otherwise": "end",
     "branches": [{"key": "dach", "name": NAMES, "when": {"attribute": "country", "in": ["DE", "AT", "CH"]}, "next": "buyers"}]},
    {"key": "buyers", "kind": "branch", "name": NAMES, "missing": "end", "otherwise": "end",
     "branches": [{"key": "often", "name": NAMES, "when": {"event": "order_placed", "count": {"gte": 2}, "within": "30d"}, "next": "mail"}]},
    {"key": "mail", "kind": "send", "name": NAMES, "block": "bench", "next": "end"},
    {"key": "end", "kind": "end", "name": NAMES},
]  # fmt: skip


def run(report: Callable[..., None], people: int = PEOPLE) -> None:
    """Measure the three ways on one database, one after the other, each on fresh enrollments."""
    version = _scene(people)
    rates = {}
    for name, mover, n in (
        ("bare SQL", _bare_sql, people),
        ("tick", _tick, people),
        ("ORM loop", _orm_loop, min(people, LOOP_PEOPLE)),
    ):
        _enroll(version, n)
        started = time.perf_counter()
        mover(version)
        seconds = time.perf_counter() - started
        moves = Transition.objects.count()
        rates[name] = moves / seconds
        result = (moves, Touch.objects.count(), Enrollment.objects.filter(left_at=None).count())
        print(
            f"  {name}: {n} enrollments, {result[0]} transitions, {result[1]} touches, {result[2]} still open, {seconds:.1f} s"
        )
    for name in ("ORM loop", "bare SQL"):
        report(
            case=f"tick: transitions, batch {BATCH}, {people} enrollments",
            figure=rates["tick"], unit="1/s", baseline=f"{name} {rates[name]:.0f}", ratio=rates["tick"] / rates[name],
        )  # fmt: skip
    _decide(report, version, people)


def _scene(people: int):
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="o", name_de="o")
    block = Block.objects.create(
        slug="bench", phase="purchase", state="approved", changed_at=NOW, name_en="b", name_de="b"
    )
    assert block.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, attributes, created_at, updated_at)"
            " SELECT 'p' || n, 'p' || n || '@p.example', '', '', '', 'de', (ARRAY['DE','AT','CH','FR'])[1 + n %% 4], 'Europe/Berlin', '', '{}', %s, %s"
            " FROM generate_series(1, %s) n",
            [NOW, NOW, people],
        )
        cursor.execute(
            "INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)"
            " SELECT c.id, 'order_placed', %s::timestamptz - m * interval '3 days', %s, '{}', 'bench', c.id || '-' || m"
            " FROM contacts_contact c, generate_series(1, 3) m WHERE substr(c.external_id, 2)::int %% 2 = 0 OR m = 1",
            [NOW, NOW],
        )
    entry = {"segment": "nobody"}
    from contacts.models import Segment

    Segment.objects.create(slug="nobody", condition={"stage": "none"}, name_en="n", name_de="n")
    version = import_journey(
        definition={"slug": "bench", "name": NAMES, "phase": "purchase", "entry": entry, "steps": STEPS}, now=NOW
    )
    _analyze()
    return version


def _analyze() -> None:
    with connection.cursor() as cursor:
        for table in (
            "contacts_contact",
            "contacts_event",
            "journeys_enrollment",
            "journeys_transition",
            "journeys_touch",
        ):
            cursor.execute(f"VACUUM ANALYZE {table}")


def _enroll(version, n: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE journeys_touch, journeys_transition, journeys_enrollment, orchestrator_verdict CASCADE"
        )
        cursor.execute(
            "INSERT INTO journeys_enrollment (contact_id, journey_id, version_id, key, arm, step_id, seq, entered_at, arrived_at, due_at, reason, outcome, evidence)"
            " SELECT id, %s, %s, '', '', %s, 0, %s, %s, %s, '', '', '{}' FROM contacts_contact ORDER BY id LIMIT %s",
            [
                version.journey_id,
                version.pk,
                version.steps.get(key="wait").pk,
                NOW - timedelta(hours=1),
                NOW - timedelta(hours=1),
                NOW,
                n,
            ],
        )
    _analyze()


def _tick(version) -> None:
    moved = 1
    while moved:
        with transaction.atomic():
            moved = loop.advance_enrollments(now=NOW, scope=QUIET, batch=BATCH, early=False)


def _bare_sql(version) -> None:
    """The same moves, written by hand for these five steps: no registry, no conditions from JSON."""
    ids = dict(version.steps.values_list("key", "pk"))
    often = (
        "(SELECT 1 FROM contacts_event v WHERE v.contact_id = e.contact_id AND v.name = 'order_placed' AND v.occurred_at > %(now)s - interval '30 days'"
        " AND v.occurred_at <= %(now)s OFFSET 1 LIMIT 1)"
    )
    country = "(SELECT c.country FROM contacts_contact c WHERE c.id = e.contact_id) IN ('DE', 'AT', 'CH')"
    targets = {
        "wait": f"{ids['country']}",
        "country": f"CASE WHEN {country} THEN {ids['buyers']} ELSE {ids['end']} END",
        "buyers": f"CASE WHEN EXISTS {often} THEN {ids['mail']} ELSE {ids['end']} END",
        "mail": f"{ids['end']}",
    }
    touch = (
        ", touch AS (INSERT INTO journeys_touch (enrollment_id, step_id, visit, contact_id, journey_id, block_id, channel, purpose, state, reason,"
        " proposed_at, expires_at, hold_until, address, language, subject) SELECT id, %(step)s, seq - 1, contact_id, journey_id, %(block)s, 'email',"
        " 'email_marketing', 'proposed', '', %(now)s, %(now)s + interval '3 days', %(now)s, '', '', '' FROM moved)"
    )
    with connection.cursor() as cursor:
        for key, target in targets.items():
            text = (
                f"WITH due AS (SELECT e.id, {target} AS target FROM journeys_enrollment e WHERE e.step_id = %(step)s AND e.left_at IS NULL AND e.due_at <= %(now)s"
                " ORDER BY e.due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED),"
                " moved AS (UPDATE journeys_enrollment e SET step_id = d.target, seq = seq + 1, arrived_at = %(now)s, due_at = %(now)s FROM due d WHERE e.id = d.id"
                " RETURNING e.id, e.contact_id, e.journey_id, e.seq, d.target)" + (touch if key == "mail" else "") +
                " INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)"
                " SELECT id, seq, contact_id, journey_id, %(step)s, target, 'next', '', %(now)s FROM moved"
            )  # fmt: skip
            _repeat(
                cursor,
                text,
                {"step": ids[key], "now": NOW, "batch": BATCH, "block": Block.objects.get(slug="bench").pk},
            )
        text = (
            "WITH due AS (SELECT id FROM journeys_enrollment WHERE step_id = %(step)s AND left_at IS NULL AND due_at <= %(now)s ORDER BY due_at LIMIT %(batch)s"
            " FOR UPDATE SKIP LOCKED), closed AS (UPDATE journeys_enrollment e SET step_id = NULL, due_at = NULL, left_at = %(now)s, reason = 'completed',"
            " seq = seq + 1 FROM due d WHERE e.id = d.id RETURNING e.id, e.seq, e.contact_id, e.journey_id)"
            " INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)"
            " SELECT id, seq, contact_id, journey_id, %(step)s, NULL, '', 'completed', %(now)s FROM closed"
        )
        _repeat(cursor, text, {"step": ids["end"], "now": NOW, "batch": BATCH})


def _repeat(cursor, text: str, params: dict) -> None:
    while True:
        with transaction.atomic():
            cursor.execute(text, params)
            if not cursor.rowcount:
                return


def _orm_loop(version) -> None:
    """What a per-contact engine does: load, decide in Python, save, one transaction a person and move."""
    steps = {step.pk: step for step in version.steps.all()}
    by_key = {step.key: step for step in steps.values()}
    for run in Enrollment.objects.filter(left_at=None, due_at__lte=NOW).iterator():
        while run.step_id:
            with transaction.atomic():
                _orm_move(Enrollment.objects.select_for_update().get(pk=run.pk), steps, by_key)
            run.refresh_from_db()


def _orm_move(run: Enrollment, steps: dict[int, Step], by_key: dict[str, Step]) -> None:
    step = steps[run.step_id]
    target = None
    if step.key == "wait":
        target = by_key["country"]
    elif step.key == "country":
        target = (
            by_key["buyers"] if Contact.objects.get(pk=run.contact_id).country in ("DE", "AT", "CH") else by_key["end"]
        )
    elif step.key == "buyers":
        orders = Event.objects.filter(
            contact_id=run.contact_id,
            name="order_placed",
            occurred_at__gt=NOW - timedelta(days=30),
            occurred_at__lte=NOW,
        )
        target = by_key["mail"] if orders.count() >= 2 else by_key["end"]
    elif step.key == "mail":
        target = by_key["end"]
    run.seq += 1
    run.step, run.arrived_at, run.due_at = target, NOW, NOW
    if target is None:
        run.left_at, run.reason, run.due_at = NOW, "completed", None
    run.save()
    Transition.objects.create(
        enrollment=run, seq=run.seq, contact_id=run.contact_id, journey_id=run.journey_id, from_step=step, to_step=target,
        exit="next" if target else "", reason=run.reason, at=NOW,
    )  # fmt: skip
    if step.key == "mail":
        Touch.objects.create(
            enrollment=run, step=step, visit=run.seq - 1, contact_id=run.contact_id, journey_id=run.journey_id, block_id=step.settings["block_id"],
            channel="email", purpose="email_marketing", proposed_at=NOW, expires_at=NOW + timedelta(days=3), hold_until=NOW,
        )  # fmt: skip


def _agree() -> None:
    """Everybody has agreed to marketing, and a limit has to be counted for each."""
    Limit.objects.create(slug="week", channel="email", most=2, window=timedelta(days=7), name_en="w", name_de="w")
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH said AS (INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)"
            " SELECT c.id, p.id, 'granted', %s, 'bench', '', '{}' FROM contacts_contact c, consent_purpose p WHERE p.slug = 'email_marketing'"
            " RETURNING id, contact_id, purpose_id, at)"
            " INSERT INTO consent_state (contact_id, purpose_id, granted, since, record_id) SELECT contact_id, purpose_id, true, at, id FROM said",
            [NOW - timedelta(days=9)],
        )
        cursor.execute("VACUUM ANALYZE consent_state, consent_record")


def _decide(report: Callable[..., None], version, people: int) -> None:
    """Verdicts a second over the touches that the tick proposes."""
    _enroll(version, people)
    _tick(version)
    _agree()
    _analyze()  # as autovacuum, or the tick itself, does after such a burst
    touches = Touch.objects.count()
    started = time.perf_counter()
    while True:
        with transaction.atomic():
            decided = loop.decide_touches(now=NOW, scope=QUIET, batch=BATCH)
        if not decided:
            break
    report(
        case=f"arbiter: verdicts, batch {BATCH}",
        figure=touches / (time.perf_counter() - started),
        unit="1/s",
        baseline="",
        ratio=None,
    )
