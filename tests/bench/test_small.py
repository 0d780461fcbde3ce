"""The small version of the measurements: the three ways move the same people to the same places."""

import pytest
from django.db import connection

from consent.records.models import State
from consent.records.rules import MOST_NAMED
from contacts.events.models import Event, News
from contacts.profiles.models import Contact
from journeys.models import Enrollment, Touch, Transition
from orchestrator.kernel import sql
from tests.bench import arbiter, decide, imports, proofs, sustained, tick
from tests.bench.ingest import Server


@pytest.mark.django_db
def test_tick_bare_sql_and_orm_loop_move_the_same_people(monkeypatch):
    monkeypatch.setattr(tick, "_analyze", lambda: None)  # VACUUM does not run inside the test's transaction
    version = tick._scene(200)
    results = []
    for mover in (tick._tick, tick._bare_sql, tick._orm_loop):
        tick._enroll(version, 200)
        mover(version)
        moves = Transition.objects.order_by("contact_id", "seq").values_list(
            "contact_id", "seq", "from_step", "to_step", "reason"
        )
        touches = Touch.objects.order_by("contact_id").values_list("contact_id", "step", "visit")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what COMMIT would do; the next way truncates
        results.append((list(moves), list(touches), Enrollment.objects.filter(left_at=None).count()))
    assert results[0] == results[1] == results[2]
    assert len(results[0][1]) == 100  # every second ordered twice, all of them in DACH


@pytest.mark.django_db(transaction=True)
def test_sustained_load_is_taken_and_the_pulse_keeps_up():
    key = sustained.prepare(200)
    found = sustained.measure(connection.settings_dict, key, seconds=5, rate=400, people=200)
    assert found.sent == Event.objects.exclude(source="bench").count()
    assert found.sent >= 5 * 400 * 0.9
    assert not News.objects.exists()  # all were taken
    assert set(found.memory) == {"pulse", "web 1", "web 2"}


@pytest.mark.django_db
def test_import_brings_everybody_once_and_changes_nobody_again(tmp_path):
    imports.write_file(tmp_path / "people.csv", 500)
    _, job = imports.import_file(tmp_path / "people.csv")
    assert (job.made_count, job.rejected_count) == (500, 0)
    assert Contact.objects.exclude(phone="").count() == 333
    assert State.objects.filter(granted=True).count() == 167
    _, again = imports.import_file(tmp_path / "people.csv")
    assert (again.made_count, again.changed_count, again.same_count) == (0, 0, 500)


@pytest.mark.django_db
def test_arbiter_and_orm_loop_decide_about_the_same_touches(monkeypatch):
    monkeypatch.setattr(arbiter, "analyze", lambda: None)
    arbiter.scene(60)
    arbiter.propose(90)
    open_ones = Touch.objects.filter(state="proposed").count()
    assert arbiter.loop_over(list(Contact.objects.values_list("pk", flat=True))) == open_ones
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    arbiter.propose(90)
    assert arbiter.decide() == open_ones
    assert not Touch.objects.filter(state="proposed").exists()


@pytest.mark.django_db(transaction=True)  # VACUUM does not run inside a transaction
def test_records_are_written_sealed_and_verified_in_one_pass():
    rows = []
    found = proofs.run(lambda **row: rows.append(row), records=2_000)
    assert (found.records, found.broken, found.sound) == (2_000, 0, True)
    assert found.sealed_up_to >= 2_000
    assert [row["unit"] for row in rows] == ["µs"] * 3
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN " + sql.statement("consent/records/sql/verify.sql"), {"contacts": None, "most": MOST_NAMED}
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    # one pass: each record meets the one before it by hash, and the sums stand in the statement instead of being called
    assert "Nested Loop" not in plan
    assert "SubPlan" not in plan
    assert plan.count("Seq Scan on consent_record") == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'consent_%%digest' AND provolatile = 'i'")
        assert [name for (name,) in cursor.fetchall() if name != "consent_seal_digest"] == []


@pytest.mark.django_db(transaction=True)
def test_decide_answers_every_visitor_over_http():
    key, visitors = decide.prepare(40)
    with Server(connection.settings_dict) as port:
        found = decide.measure(port, lambda dice: decide.path_of(key, visitors, dice), seconds=2, rate=30)
    assert set(found.answers) == {"touch", "fallback"}
    assert sum(found.answers.values()) == len(found.seconds) == 60
