"""The records are as they were, or the chain and the seals say which are not and how."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction

from consent.models import Purpose, Record, Seal, State
from consent.records import chain
from consent.records.chain import legal_deletion, seal_records, verify_chain
from consent.records.operations import Choice, record_consent, record_consents
from contacts.models import Contact
from orchestrator.kernel import sql
from tests.waiting import HUNG, ended

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def made(n=1):
    return Contact.objects.create(email=f"p{n}@mail.example", created_at=NOW, updated_at=NOW)


def say(contact, decision="granted", purpose="email_marketing", days=0, **more):
    now = NOW + timedelta(days=days)
    return record_consent(contact_id=contact.pk, purpose=purpose, decision=decision, source="page", now=now, **more)


def forget_records(*, contact_ids, why, now):
    """Delete every record of people by law, and what held by them."""
    with legal_deletion(why=why, now=now, contact_ids=contact_ids):
        sql.count("DELETE FROM consent_state WHERE contact_id = ANY (%s)", [contact_ids])
        return sql.count("DELETE FROM consent_record WHERE contact_id = ANY (%s)", [contact_ids])


def blank_proofs(*, contact_ids, now):
    with legal_deletion(why="", now=now, contact_ids=contact_ids):
        text = "UPDATE consent_record SET proof = '{\"erased\": true}' WHERE contact_id = ANY (%s) AND proof <> '{}'"
        return sql.count(text, [contact_ids])


@pytest.fixture
def said(db):
    """Three people with four records each, sealed; then one more record of the first."""
    people = [made(n) for n in range(3)]
    for contact in people:
        for days, decision in enumerate(("granted", "withdrawn", "granted", "withdrawn")):
            say(contact, decision, days=days, proof={"n": days})
    assert seal_records(now=NOW) == 1
    say(people[0], "granted", days=9)
    return people


def behind_our_back(text, *params):
    """Run a statement as somebody with the rights of the owner of the tables would: without triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(text, params)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")


def kinds():
    return {fault.kind for fault in verify_chain().faults}


def records_of(contact):
    return list(Record.objects.filter(contact=contact).order_by("pk").values_list("pk", flat=True))


def test_verify_of_what_nobody_touched_is_sound(said):
    report = verify_chain()
    assert (report.records, report.broken, report.sound, report.sealed_up_to) == (13, 0, True, Seal.objects.get().up_to)


@pytest.mark.parametrize(
    "change",
    ["decision = 'granted'", "at = at - interval '1 day'", "source = 'fair'", "wording = 'v9'", "contact_id = contact_id + 1",
     "purpose_id = purpose_id + 1", "proof = '{\"n\": 99}'", "proof_digest = md5('x')", "digest = md5('x')"],
)  # fmt: skip
def test_a_changed_record_is_found(said, change):
    second = records_of(said[1])[1]
    behind_our_back(f"UPDATE consent_record SET {change} WHERE id = %s", second)
    report = verify_chain()
    assert not report.sound
    assert second in {fault.record for fault in report.faults}
    assert verify_chain(contact_ids=[said[0].pk]).sound


def test_a_record_removed_in_the_middle_is_found_by_the_one_behind_and_by_the_seal(said):
    ids = records_of(said[1])
    behind_our_back("DELETE FROM consent_record WHERE id = %s", ids[1])
    assert {(f.kind, f.record) for f in verify_chain().faults} == {("missing", 0), ("gap", ids[2])}


def test_a_record_removed_at_the_end_is_found_by_the_seal(said):
    behind_our_back("DELETE FROM consent_record WHERE id = %s", records_of(said[1])[-1])
    State.objects.filter(contact=said[1]).delete()
    report = verify_chain()
    assert [(f.kind, f.many) for f in report.faults] == [("missing", 1)]


def test_a_whole_chain_removed_is_found_by_the_seal(said):
    behind_our_back("DELETE FROM consent_record WHERE contact_id = %s", said[1].pk)
    behind_our_back("DELETE FROM consent_state WHERE contact_id = %s", said[1].pk)
    assert [(f.kind, f.many) for f in verify_chain().faults] == [("missing", 4)]


def test_a_record_removed_since_the_newest_seal_is_found_by_the_state_it_gave(said):
    last = records_of(said[0])[-1]
    behind_our_back("DELETE FROM consent_record WHERE id = %s", last)
    assert [(f.kind, f.record, f.contact) for f in verify_chain().faults] == [("lost", last, said[0].pk)]


def test_a_record_put_in_without_the_trigger_is_found(said):
    behind_our_back(
        "INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)"
        " VALUES (%s, %s, 'granted', %s, 'page', '', '{}')",
        said[2].pk, Purpose.objects.get(slug="profiling").pk, NOW,
    )  # fmt: skip
    assert kinds() == {"unchained"}


def test_a_record_with_a_forged_digest_in_a_sealed_range_is_found(said):
    victim = records_of(said[1])[-1]
    behind_our_back("DELETE FROM consent_record WHERE id = %s", victim)
    with connection.cursor() as cursor:  # with the trigger, so that its digest fits
        cursor.execute(
            "INSERT INTO consent_record (id, contact_id, purpose_id, decision, at, source, wording, proof)"
            " VALUES (%s, %s, %s, 'granted', %s, 'page', '', '{}')",
            [victim, said[1].pk, Purpose.objects.get(slug="email_marketing").pk, NOW],
        )
    assert "replaced" in kinds()


@pytest.mark.parametrize(
    "change", ["UPDATE consent_seal SET records = records - 1", "DELETE FROM consent_seal WHERE after = 0"]
)
def test_a_seal_changed_or_removed_is_found(said, change):
    seal_records(now=NOW)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    behind_our_back(change)
    assert "seal" in kinds()


def test_seal_again_without_news_makes_none_and_ranges_follow_one_another(said, monkeypatch):
    monkeypatch.setattr(chain, "SEALED_AT_ONCE", 2)
    for contact in said:
        say(contact, "withdrawn", days=20)
    assert seal_records(now=NOW) == 2  # one record was waiting
    assert seal_records(now=NOW) == 0
    ends = list(Seal.objects.order_by("id").values_list("after", "up_to"))
    assert [after for after, _ in ends[1:]] == [up_to for _, up_to in ends[:-1]]
    assert verify_chain().sound


def test_forget_records_by_law_leaves_a_note_and_the_rest_sound(said):
    assert forget_records(contact_ids=[said[1].pk], why="retention: 3 years", now=NOW) == 4
    report = verify_chain()
    assert (report.sound, report.removed, report.records) == (True, 4, 9)
    newest = Seal.objects.first()
    assert (newest.why, newest.removed, newest.records) == ("retention: 3 years", 4, 8)
    assert not State.objects.filter(contact=said[1]).exists()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Record.objects.all().delete()  # the leave is over


def test_forget_records_does_not_hide_what_was_removed_before(said):
    behind_our_back("DELETE FROM consent_record WHERE id = %s", records_of(said[2])[-1])
    forget_records(contact_ids=[said[1].pk], why="retention", now=NOW)
    assert "missing" in kinds()


def test_forget_records_that_fails_leaves_everything(said):
    def fail():
        with legal_deletion(why="x", now=NOW):
            Record.objects.all()._raw_delete("default")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert Record.objects.count() == 13
    assert verify_chain().sound


def test_blank_proofs_leaves_the_chain_sound_and_says_how_many(said):
    assert blank_proofs(contact_ids=[said[1].pk], now=NOW) == 4
    report = verify_chain()
    assert (report.sound, report.erased) == (True, 4)
    assert set(map(json.dumps, Record.objects.filter(contact=said[1]).values_list("proof", flat=True))) == {
        '{"erased": true}'
    }


def test_an_erasure_may_not_change_anything_but_the_proof(said):
    text = "UPDATE consent_record SET proof = '{}', decision = 'granted'"
    with pytest.raises(IntegrityError), legal_deletion(why="x", now=NOW), connection.cursor() as cursor:
        cursor.execute(text)


def test_command_says_and_fails_when_something_is_broken(said, capsys):
    call_command("consent", "verify")
    assert "13" in capsys.readouterr().out
    behind_our_back("UPDATE consent_record SET source = 'fair' WHERE id = %s", records_of(said[1])[1])
    with pytest.raises(CommandError):
        call_command("consent", "verify")
    assert f"record {records_of(said[1])[1]}" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_two_at_once_for_one_person_may_fork_and_verify():
    anna = made()
    say(anna)
    ready = threading.Barrier(2)

    def speak(purpose):
        with transaction.atomic():
            say(anna, purpose=purpose, days=1)
            ready.wait(HUNG)  # both have written, none has committed
        connections.close_all()

    threads = [threading.Thread(target=speak, args=(purpose,)) for purpose in ("profiling", "third_party")]
    for thread in threads:
        thread.start()
    ended(threads)
    previous = list(Record.objects.order_by("id").values_list("previous", flat=True))
    assert len(previous) == 3
    assert previous[1] == previous[2]  # a fork
    assert seal_records(now=NOW) == 1
    assert verify_chain().sound


@pytest.mark.django_db(transaction=True)
def test_seal_waits_for_a_record_that_is_being_written_and_gives_up_after_a_second():
    anna = made()
    say(anna)
    written, sealed = threading.Event(), threading.Event()

    def speak():
        with transaction.atomic():
            say(anna, "withdrawn", days=1)
            written.set()
            sealed.wait(HUNG)
        connections.close_all()

    writer = threading.Thread(target=speak)
    writer.start()
    assert written.wait(HUNG)
    assert seal_records(now=NOW) == 0
    sealed.set()
    ended([writer])
    assert seal_records(now=NOW) == 1
    assert Seal.objects.get().records == 2


@pytest.mark.django_db
def test_verify_of_many_takes_as_many_statements_as_of_few(django_assert_num_queries):
    people = Contact.objects.bulk_create(
        [Contact(email=f"m{n}@x.example", created_at=NOW, updated_at=NOW) for n in range(500)]
    )
    choices = [Choice(c.pk, "profiling", "granted", "import", at=NOW) for c in people]
    record_consents(choices=choices, now=NOW)
    seal_records(now=NOW)
    with django_assert_num_queries(6):
        assert verify_chain().records == 500


@pytest.mark.django_db
def test_command_rebuilds_what_holds_from_the_records(capsys):
    anna = made()
    say(anna)
    say(anna, "withdrawn", days=1)
    State.objects.filter(contact=anna).update(granted=True)  # by SQL, against the newest record
    call_command("consent", "rebuild")
    assert "states, each by the newest record" in capsys.readouterr().out
    assert list(
        State.objects.filter(contact=anna, purpose__slug="email_marketing").values_list("granted", flat=True)
    ) == [False]
