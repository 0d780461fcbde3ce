"""Publish under load: 10,000 people in flight, six kinds of edit, the tick at work meanwhile; nobody lost, doubled or jumped."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections

from journeys.models import Enrollment, Step, Transition, Version
from journeys.versions import operations
from journeys.versions.operations import AlreadyPublished
from orchestrator.kernel import sql
from orchestrator.tick import loop
from tests.flows.conftest import NOW, names, world  # noqa: F401
from tests.journeys.versions.conftest import Flight

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 10_000
LATER = NOW + timedelta(hours=1)
PLACES = ("wait", "mail", "rest", "which", "again")
ADDS_UP = """
    SELECT s.key, s.version_id, count(*) FILTER (WHERE t.to_step_id = s.id),
           count(*) FILTER (WHERE t.from_step_id = s.id AND t.to_step_id IS NOT NULL), count(*) FILTER (WHERE t.from_step_id = s.id AND t.to_step_id IS NULL),
           (SELECT count(*) FROM journeys_enrollment e WHERE e.step_id = s.id AND e.left_at IS NULL)
    FROM journeys_step s LEFT JOIN journeys_transition t ON s.id IN (t.to_step_id, t.from_step_id) GROUP BY s.id
"""
BROKEN_CHAINS = """
    SELECT count(*) FROM journeys_transition t JOIN journeys_transition n ON n.enrollment_id = t.enrollment_id AND n.seq = t.seq + 1
    WHERE t.to_step_id IS DISTINCT FROM n.from_step_id
"""
MISCOUNTED = """
    SELECT count(*) FROM journeys_enrollment e
    WHERE (SELECT count(*) FROM journeys_transition t WHERE t.enrollment_id = e.id) <> e.seq + 1
       OR (SELECT to_step_id FROM journeys_transition t WHERE t.enrollment_id = e.id AND t.seq = e.seq) IS DISTINCT FROM e.step_id
"""
# a move by the engine leads along a way out of the step; one from version to version goes where the plan says
JUMPED = """
    SELECT count(*) FROM journeys_transition t JOIN journeys_step s ON s.id = t.from_step_id
    WHERE t.to_step_id IS NOT NULL AND t.exit <> 'moved_version' AND (s.exits ->> t.exit)::bigint IS DISTINCT FROM t.to_step_id
"""


def insert(steps, d):
    d["steps"].insert(1, {"key": "pause", "kind": "wait", "name": names("p"), "for": "1h"})


def delete(steps, d):
    d["steps"].remove(steps["rest"])


def change_wait(steps, d):
    steps["rest"]["for"] = "1h"


def change_branch(steps, d):
    steps["which"]["branches"][0]["when"] = {"attribute": "country", "is": "AT"}


def move_step(steps, d):
    d["steps"].remove(steps["rest"])
    d["steps"].insert(1, steps["rest"])


def replace_all(steps, d):
    d["steps"][:] = [
        {"key": "new-wait", "kind": "wait", "name": names("n"), "for": "3h"},
        {"key": "new-done", "kind": "end", "name": names("e")},
    ]


EDITS = {
    "insert": (insert, {}),
    "delete": (delete, {"steps": {"rest": {"do": "move", "to": "which"}}}),
    "change wait": (change_wait, {"steps": {"rest": {"do": "again"}}}),
    "change branch": (change_branch, {}),
    "move step": (move_step, {"older": "move"}),
    "replace all": (replace_all, {"steps": {"wait": {"do": "move", "to": "new-wait"}, "rest": {"do": "leave"}}}),
}


@pytest.fixture
def crowd(world):  # noqa: F811
    flight = Flight()
    for n, key in enumerate(PLACES):
        flight.put(key, PEOPLE // 10, due=NOW, start=n)  # due at once: the tick moves them meanwhile
        flight.put(key, PEOPLE // 10, due=NOW + timedelta(days=2), start=100 + n)
    return flight


def in_thread(work):
    """Run work in a thread with a connection of its own."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    return run


def zero(text):
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchone()[0] == 0


@pytest.mark.parametrize("edit", EDITS)
def test_publish_under_load_loses_doubles_and_jumps_nobody(crowd, edit):
    change, plan = EDITS[edit]
    draft = crowd.draft(change)
    before = dict(Enrollment.objects.filter(due_at__gt=LATER).values_list("pk", "due_at"))
    stop = threading.Event()

    def tick():
        ticks = 0
        while not stop.is_set() or ticks < 3:
            loop.tick(now=LATER, batch=500)
            ticks += 1
        return ticks

    with ThreadPoolExecutor(2) as pool:
        beats = pool.submit(in_thread(tick))
        try:
            publishing = in_thread(lambda: operations.publish(version=draft, plan=plan, by=None, now=LATER))
            done = pool.submit(publishing).result()
        finally:
            stop.set()
        assert beats.result() >= 3
    assert Enrollment.objects.count() == PEOPLE
    assert all(a == m + l + h for _key, _version, a, m, l, h in sql.rows(ADDS_UP))  # noqa: E741
    assert zero(BROKEN_CHAINS)
    assert zero(MISCOUNTED)
    assert zero(JUMPED)
    moves = Transition.objects.filter(exit="moved_version")
    assert moves.count() == done.people["move"] + done.people["again"]
    left = Enrollment.objects.filter(reason="stopped", outcome="version").count()
    assert left == done.people["leave"]
    # who waits still has the old time, unless the plan said otherwise
    kept = {
        key for key in PLACES if plan.get("steps", {}).get(key, {"do": "move", "to": key}) == {"do": "move", "to": key}
    }
    steps = set(Step.objects.filter(key__in=kept).values_list("pk", flat=True))
    waiting = Enrollment.objects.filter(pk__in=before, step_id__in=steps, left_at=None)
    assert all(run.due_at == before[run.pk] for run in waiting)
    assert waiting.count() >= 1000


def test_94_publish_twice_at_once_exactly_one_wins(crowd):
    draft = crowd.draft(change_wait)
    start = threading.Barrier(4)

    def publish():
        start.wait()
        try:
            return operations.publish(version=draft, plan={}, by=None, now=LATER)
        except AlreadyPublished:
            return None

    with ThreadPoolExecutor(4) as pool:
        results = [one.result() for one in [pool.submit(in_thread(publish)) for _ in range(4)]]
    assert sum(one is not None for one in results) == 1
    crowd.journey.refresh_from_db()
    assert crowd.journey.live_version_id == draft.pk
    assert Version.objects.filter(journey=crowd.journey, published_at=None).count() == 0
    assert Step.objects.filter(version=draft).count() == 6
    assert zero(MISCOUNTED)
