"""Erased means erased: a canary in every column, none left in a dump of the whole database."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from consent.models import Export, Record, Request, State, Suppression, Tombstone
from consent.privacy import operations
from consent.privacy.classification import of_people, tables
from consent.privacy.erasing import ImportGoing
from consent.privacy.exporting import model_of, zip_of
from consent.privacy.log_words import say
from consent.privacy.queries import person_of, rows_about
from consent.records.operations import record_consent, suppress_address
from contacts.models import Contact, Import, ImportPart
from orchestrator.kernel import sql
from reporting.models import DailyValue
from tests.consent.privacy.seeding import NOW, Seeder, dump

pytestmark = pytest.mark.django_db
KEPT = {
    "consent_record.source", "consent_record.wording",  # where somebody agreed and to which text, never who
    "orchestrator_audiencemember.email_hash", "orchestrator_audiencemember.phone_hash",  # until the platform took the removal
}  # fmt: skip
LATER = NOW + timedelta(days=1)


@pytest.fixture
def two():
    """Anna, who is to be erased, and Ben, who stays: each with a row in every table."""
    world = {}
    anna, ben = Seeder("anna", world), Seeder("ben", world)
    anna.everything(), ben.everything()
    DailyValue.objects.create(on=NOW.date(), metric="sent", phase="", value=7)
    return anna, ben


def erase(contact):
    request = operations.open_request(
        kind="erasure", contact_id=contact.pk, source="mail", text="please", by=None, now=NOW
    )
    return operations.carry_out_erasure(request_id=request, by=None, now=LATER)


def rows_of(seeder):
    return {name: model_of(name)._default_manager.filter(pk=row.pk).values().get() for name, row in seeder.mine.items()}


def test_everything_about_a_person_is_seeded(two):
    anna, _ = two
    assert set(rows_about(person_of(anna.contact.pk))) == {table.name for table in of_people()}


def test_erasure_leaves_no_trace_and_touches_nobody_else(two):
    anna, ben = two
    before, figures = rows_of(ben), list(DailyValue.objects.values())
    assert all(token in dump() for token in anna.tokens.values() if "content" not in token)
    erase(anna.contact)
    text = dump()
    assert {place for place, token in anna.tokens.items() if token in text} <= KEPT
    assert "canary-email-anna" not in text
    assert rows_of(ben) == before
    assert list(DailyValue.objects.values()) == figures
    assert person_of(anna.contact.pk) is None


def test_erasure_keeps_the_proof_without_the_person(two):
    anna, _ = two
    record = anna.mine["consent_record"]
    before = sql.rows("SELECT digest, proof_digest, decision FROM consent_record WHERE id = %s", [record.pk])
    erase(anna.contact)
    kept = Record.objects.get(pk=record.pk)
    assert kept.proof == {}
    assert [(kept.digest, kept.proof_digest, kept.decision)] == before
    newest = Record.objects.filter(contact_id=anna.contact.pk).latest("id")
    assert (newest.decision, newest.source, newest.previous) == ("withdrawn", "erasure", record.pk)


def test_erasure_says_what_it_did_in_numbers(two):
    anna, _ = two
    result = erase(anna.contact)
    assert result["tables"]["contacts_contact"] == 1
    assert result["journeys_stopped"] == 1
    done = Request.objects.latest("id")
    assert (done.state, done.contact, done.text, done.done_at) == ("done", None, "", LATER)
    assert "1 running journeys stopped" in say([log.what for log in done.log.all()][-1], "en")


def test_export_has_every_column_about_the_person_and_nobody_else(two):
    anna, ben = two
    with zipfile.ZipFile(io.BytesIO(zip_of(person_of(anna.contact.pk), NOW))) as packed:
        text, page = packed.read("data.json").decode(), packed.read("data.html").decode()
    content = json.loads(text)
    for table in of_people():
        if not table.exported:
            assert table.name not in content["tables"]
            continue
        row = content["tables"][table.name]["rows"][0]
        assert set(row) == set(table.exported)
        for column in table.personal:
            token = anna.tokens.get(f"{table.name}.{column}")
            if token and tables()[table.name].columns[column] != "other":
                assert token in text, f"{table.name}.{column}"
                assert token in page, f"{table.name}.{column}"
    assert [token for token in ben.tokens.values() if token in text or token in page] == []
    assert "stranger@example.com" not in text
    assert '<html lang="de"' in page


def test_tombstone_is_a_digest_and_keeps_the_reason(two):
    anna, _ = two
    reason = anna.mine["consent_suppression"].reason
    erase(anna.contact)
    assert not Suppression.objects.filter(address=anna.email).exists()
    assert set(Tombstone.objects.values_list("channel", "reason")) >= {("contact", "erased"), ("email", reason)}
    assert all(len(one.digest) == 64 for one in Tombstone.objects.all())


def test_suppression_of_an_address_that_somebody_else_has_stays():
    anna, twin = (Contact.objects.create(email="a@example.com", created_at=NOW, updated_at=NOW) for _ in range(2))
    suppress_address(channel="email", address="a@example.com", reason="bounced", now=NOW)
    erase(anna)
    assert Suppression.objects.get().address == "a@example.com"
    assert not Tombstone.objects.filter(channel="email").exists()
    assert Contact.objects.get() == twin


def test_people_who_were_merged_into_the_person_go_too():
    from contacts.identity.operations import merge_contacts

    anna = Contact.objects.create(
        email="a@example.com", first_name="Anna", external_id="u1", created_at=NOW, updated_at=NOW
    )
    old = Contact.objects.create(email="old-anna@example.com", last_name="Oldname", created_at=NOW, updated_at=NOW)
    record_consent(
        contact_id=old.pk,
        purpose="profiling",
        decision="granted",
        source="form",
        now=NOW,
        proof={"ip": "old-anna-proof"},
    )
    merge_contacts(survivor_id=anna.pk, loser_id=old.pk, why="test", by="maja", now=NOW)
    assert "old-anna" in dump()
    erase(anna)
    text = dump()
    assert [word for word in ("old-anna", "Oldname", "a@example.com") if word in text] == []
    assert not State.objects.exists()


def test_erasure_waits_while_an_import_is_going_on():
    anna = Contact.objects.create(email="a@example.com", created_at=NOW, updated_at=NOW)
    job = Import.objects.create(file_name="a.csv", size_bytes=1, sha256="", by="maja", state="running", created_at=NOW)
    ImportPart.objects.create(job=job, number=0, content=b"email\na@example.com\n")
    with pytest.raises(ImportGoing):
        erase(anna)
    assert Contact.objects.filter(pk=anna.pk).exists()


def change_record(record, change, *, erasing):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('consent.erasing', %s, true)", [erasing])
        cursor.execute(f"UPDATE consent_record SET {change} WHERE id = %s", [record])


def test_records_refuse_every_change_but_an_emptied_proof():
    anna = Contact.objects.create(email="a@example.com", created_at=NOW, updated_at=NOW)
    record = record_consent(
        contact_id=anna.pk, purpose="profiling", decision="granted", source="form", now=NOW, proof={"a": 1}
    )
    for change in ("decision = 'refused'", "proof = '{\"b\": 2}'", "proof = '{}', source = 'x'", "digest = ''"):
        with pytest.raises(IntegrityError):
            change_record(record, change, erasing="yes")
    with pytest.raises(IntegrityError):
        change_record(record, "proof = '{}'", erasing="")
    assert Record.objects.get().proof == {"a": 1}


def test_events_that_were_on_their_way_go_too():
    anna = Contact.objects.create(email="a@example.com", created_at=NOW, updated_at=NOW)
    erase(anna)
    sql.rows(
        "INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)"
        " VALUES (%s, 'late', %s, %s, '{}', 'web', 'late-1')", [anna.pk, NOW, NOW],
    )  # fmt: skip
    assert operations.sweep_late(now=LATER) == 1
    assert not sql.rows("SELECT 1 FROM contacts_event")


def test_export_of_a_person_goes_with_them(two):
    anna, _ = two
    erase(anna.contact)
    assert not Export.objects.filter(pk=anna.mine["consent_export"].pk).exists()
