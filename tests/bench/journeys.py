"""100 live journeys of 15 steps, a million open enrollments: one beat with 50,000 due, and one with nobody due."""

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from consent.models import Limit, QuietHours
from contacts.models import EventType, Segment
from journeys.definitions.operations import import_journey
from journeys.models import Block, Enrollment, Step, Transition, Variant
from orchestrator.tick import loop

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
JOURNEYS, PEOPLE, EACH, DUE = 100, 250_000, 4, 50_000  # EACH: journeys a person is in
NAMES = {"en": "x", "de": "x"}
ORDERED = {"event": "order_placed", "since": "entry"}
HOT = (
    "contacts_contact",
    "contacts_event",
    "consent_state",
    "journeys_enrollment",
    "journeys_transition",
    "journeys_touch",
)


def run(report: Callable[..., None]) -> None:
    """Measure idle beats, a beat of a fresh process, one of a process that knows the journeys, and bare SQL beside it."""
    make_scene(journeys=JOURNEYS, people=PEOPLE, each=EACH)
    enroll(due=DUE, each=EACH)
    open_runs = Enrollment.objects.filter(left_at=None).count()
    size = f"{JOURNEYS} journeys of 15 steps, {open_runs:,} open"
    early = NOW - timedelta(hours=2)
    idle = [_measured(lambda: loop.beat(now=early, timed=False))[0] for _ in range(5)]
    report(case=f"journeys: idle beat, {size} (wanted: 200)", figure=1000 * min(idle[1:]), unit="ms")
    _say_timed(report, "looks at time, everybody once after publishing", early)
    _say_timed(report, "looks at time", early + timedelta(seconds=30))
    bare = _bare_sql()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say_due(report, "in a fresh process", NOW, bare)
    loop.beat(now=NOW, timed=False)  # the news of what they did
    again = _measured(lambda: loop.beat(now=NOW, timed=False))
    assert again[2].moved == 0, "a second run of the same beat moved somebody"
    later = NOW + timedelta(minutes=10)
    make_due(DUE, later)
    _say_due(report, "in a process that knows the journeys", later, bare)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(case="journeys: most memory of the process", figure=most, unit="MB", baseline=f"before {before:.0f} MB")


def _say_timed(report: Callable[..., None], what: str, now: datetime) -> None:
    seconds, statements, _found = _measured(lambda: loop.beat(now=now, timed=True))
    report(case=f"journeys: idle beat that {what}, {statements} statements", figure=1000 * seconds, unit="ms")


def _say_due(report: Callable[..., None], where: str, now: datetime, bare: float) -> None:
    before = Transition.objects.count()
    seconds, statements, found = _measured(lambda: loop.beat(now=now, timed=False))
    moves, decided = Transition.objects.count() - before, sum(found.decided.values())
    report(
        case=f"journeys: beat {where}, {DUE:,} due: {moves:,} moves, {decided:,} verdicts, {statements:,} statements",
        figure=seconds, unit="s", baseline=f"bare SQL moves {DUE:,} once {bare:.2f} s", ratio=seconds / bare,
    )  # fmt: skip


def make_due(n: int, now: datetime) -> None:
    """Let so many runs fall due now that were due later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journeys_enrollment SET due_at = %s WHERE id IN (SELECT id FROM journeys_enrollment"
            " WHERE left_at IS NULL AND due_at > %s ORDER BY hashint8(id) LIMIT %s)",
            [now, now, n],
        )


def make_scene(*, journeys: int, people: int, each: int) -> None:
    """Write people, their consent, two events each, and live journeys of 15 steps of mixed kinds."""
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="o", name_de="o")
    Segment.objects.create(slug="nobody", condition={"stage": "none"}, name_en="n", name_de="n")
    block = Block.objects.create(
        slug="bench", phase="purchase", state="approved", changed_at=NOW, name_en="b", name_de="b"
    )
    Variant.objects.create(block=block, language="en", subject="s", body="<mj-text>b</mj-text>")
    Limit.objects.create(slug="two", name_en="t", name_de="t", most=2, window=timedelta(days=7))
    QuietHours.objects.create(starts="21:00", ends="08:00")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, attributes, created_at, updated_at)"
            " SELECT 'p' || n, 'p' || n || '@p.example', '', '', '', 'de', (ARRAY['DE','AT','CH','FR'])[1 + n %% 4],"
            " (ARRAY['Europe/Berlin','Europe/Vienna','Europe/Zurich','Europe/Paris'])[1 + n %% 4], '', '{}', %s, %s"
            " FROM generate_series(1, %s) n",
            [NOW, NOW, people],
        )
        cursor.execute(
            "INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)"
            " SELECT c.id, 'order_placed', %s::timestamptz - m * interval '40 days', %s, '{}', 'bench', c.id || '-' || m"
            " FROM contacts_contact c, generate_series(1, 2) m WHERE c.id %% 2 = 0 OR m = 1",
            [NOW, NOW],
        )
        cursor.execute(
            "WITH said AS (INSERT INTO consent_record (contact_id, purpose_id, decision, source, wording, proof, at)"
            " SELECT c.id, p.id, 'granted', 'bench', '', '{}', %s FROM contacts_contact c, consent_purpose p"
            " WHERE p.slug IN ('email_marketing', 'profiling') RETURNING id, contact_id, purpose_id)"
            " INSERT INTO consent_state (contact_id, purpose_id, granted, since, record_id) SELECT contact_id, purpose_id, true, %s, id FROM said",
            [NOW - timedelta(days=90), NOW - timedelta(days=90)],
        )
    for n in range(journeys):
        definition = {
            "slug": f"bench-{n}", "name": NAMES, "phase": "purchase", "priority": 10 + n % 50, "entry": {"segment": "nobody"},
            "goal": {"name": NAMES, "when": ORDERED}, "max_age": "90d", "steps": steps(n),
        }  # fmt: skip
        import_journey(definition=definition, now=NOW - timedelta(days=60))


def steps(n: int) -> list[dict]:
    """15 steps: every kind that needs no other room, with a wait at each place where people are put."""
    country = {"key": "dach", "name": NAMES, "when": {"attribute": "country", "in": ["DE", "AT", "CH"]}}
    often = {"key": "yes", "name": NAMES, "when": {"event": "order_placed", "count": {"gte": 2}, "within": "120d"}}
    given = [
        {"key": "test", "kind": "split", "arms": [{"name": "holdout", "weight": 10, "holdout": True}, {"name": "on", "weight": 90}]},
        {"key": "w1", "kind": "wait", "for": f"{1 + n % 48}h"},
        {"key": "mail1", "kind": "send", "block": "bench"},
        {"key": "w2", "kind": "wait", "until": {"event": "order_placed", "since": "step"}, "at_most": "3d", "timeout": "where"},
        {"key": "where", "kind": "branch", "branches": [{**country, "next": "office"}], "missing": "done", "otherwise": "office"},
        {"key": "office", "kind": "wait", "window": {"from": "09:00", "to": "17:00", "days": ["mon", "tue", "wed", "thu", "fri"]}},
        {"key": "mail2", "kind": "send", "block": "bench"},
        {"key": "w3", "kind": "wait", "for": "2d"},
        {"key": "mark", "kind": "update", "set": {"nurture": "seen"}},
        {"key": "buyers", "kind": "branch", "branches": [{**often, "next": "w4"}], "missing": "w4", "otherwise": "w4"},
        {"key": "w4", "kind": "wait", "for": "5d"},
        {"key": "mail3", "kind": "send", "block": "bench"},
        {"key": "w5", "kind": "wait", "until": {"event": "order_placed", "since": "step"}, "at_most": "7d", "timeout": "mark2"},
        {"key": "mark2", "kind": "update", "set": {"nurture": "done"}},
        {"key": "done", "kind": "end", "outcome": "left in peace"},
    ]  # fmt: skip
    return [{**step, "name": NAMES} for step in given]


def enroll(*, due: int, each: int) -> None:
    """Put everybody into `each` journeys, at waits all over them; `due` of all runs are due within the last minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH step AS (SELECT s.id, s.version_id, v.journey_id, row_number() OVER (PARTITION BY v.journey_id ORDER BY s.position) - 1 AS place,"
            "   dense_rank() OVER (ORDER BY v.journey_id) - 1 AS journey FROM journeys_step s JOIN journeys_version v ON v.id = s.version_id WHERE s.kind = 'wait'),"
            " total AS (SELECT count(*) AS people, (SELECT count(DISTINCT journey_id) FROM step) AS journeys FROM contacts_contact)"
            " INSERT INTO journeys_enrollment (contact_id, journey_id, version_id, key, arm, step_id, seq, entered_at, arrived_at, due_at, reason, outcome, evidence)"
            " SELECT c.id, s.journey_id, s.version_id, '', 'on', s.id, 0, %(then)s, %(then)s,"
            "   CASE WHEN hashint8(c.id * 8 + m) & 1048575 < 1048576.0 * %(due)s / (t.people * %(each)s) THEN %(now)s - (c.id %% 300) * interval '1 second'"
            "        ELSE %(now)s + interval '1 hour' + (hashint8(c.id + m) & 65535) * interval '30 seconds' END, '', '', '{}'"
            " FROM contacts_contact c CROSS JOIN total t CROSS JOIN generate_series(0, %(each)s - 1) m"
            " JOIN step s ON s.journey = (c.id + m * 7) %% t.journeys AND s.place = (c.id / 3 + m) %% 5 ORDER BY 8, c.id",
            {"then": NOW - timedelta(days=2), "now": NOW, "due": due, "each": each},
        )
    for table in HOT:
        with connection.cursor() as cursor:
            cursor.execute(
                f"VACUUM ANALYZE {table}"
                if connection.get_autocommit() and not connection.in_atomic_block
                else f"ANALYZE {table}"
            )


def _measured(work: Callable[[], object]) -> tuple[float, int, loop.TickReport]:
    """Seconds, statements, and what came of it."""
    issued = 0

    def counted(execute, text, params, many, context):
        nonlocal issued
        issued += 1
        return execute(text, params, many, context)

    with connection.execute_wrapper(counted):
        started = time.perf_counter()
        found = work()
        return time.perf_counter() - started, issued, found


def _bare_sql() -> float:
    """Move everybody who is due once by one statement a step, written by hand; undone afterwards."""
    text = (
        "WITH moved AS (UPDATE journeys_enrollment e SET seq = seq + 1, arrived_at = %(now)s, due_at = %(now)s"
        "  FROM (SELECT id FROM journeys_enrollment WHERE step_id = %(step)s AND left_at IS NULL AND due_at <= %(now)s FOR UPDATE SKIP LOCKED) d"
        "  WHERE e.id = d.id RETURNING e.id, e.contact_id, e.journey_id, e.seq)"
        " INSERT INTO journeys_transition (enrollment_id, seq, contact_id, journey_id, from_step_id, to_step_id, exit, reason, at)"
        " SELECT id, seq, contact_id, journey_id, %(step)s, %(step)s, 'next', '', %(now)s FROM moved"
    )
    ids = list(Step.objects.filter(kind="wait").values_list("pk", flat=True))
    with transaction.atomic():
        started = time.perf_counter()
        with connection.cursor() as cursor:
            for step in ids:
                cursor.execute(text, {"step": step, "now": NOW})
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return seconds
