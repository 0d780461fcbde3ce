"""A column about consent in a file: proven, or the people come in without consent; who said no stays at no."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.records.models import Record, State
from consent.records.operations import rebuild_states, record_consent
from contacts.imports import operations
from contacts.models import Contact, ImportReject
from tests.contacts.imports.conftest import NOW, PROOF, bring, refused, work

pytestmark = pytest.mark.django_db
MAPPING = ["email", "consent:email_marketing"]
AT = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def states():
    rows = State.objects.filter(purpose__slug="email_marketing").order_by("contact__email")
    return dict(rows.values_list("contact__email", "granted"))


def file(*answers):
    return "email,newsletter\n" + "".join(f"p{n}@example.com,{answer}\n" for n, answer in enumerate(answers))


@pytest.mark.parametrize("missing", ["source", "wording", "at", None])
def test_b9_ten_thousand_without_source_time_or_wording_come_in_without_consent(missing):
    proof = {key: value for key, value in PROOF.items() if key != missing} if missing else {}
    people = 10_000 if missing is None else 50
    job = bring(file(*["ja"] * people), mapping=MAPPING, consent=proof)
    assert (job.state, job.made_count, Contact.objects.count()) == ("done", people, people)
    assert not State.objects.exists()
    assert not Record.objects.exists()
    listed = ImportReject.objects.filter(job=job, reason="consent_without_proof", taken=True)
    assert (listed.count(), ImportReject.objects.filter(job=job).count()) == (people, people)


def test_consent_with_proof_is_recorded_with_it():
    job = bring(file("ja", "nein", "", "vielleicht"), mapping=MAPPING, consent=PROOF)
    record = Record.objects.get()
    assert (record.decision, record.at, record.source, record.wording) == ("granted", AT, "trade fair 2026", "v3")
    assert record.proof == {"import": job.pk, "file": "people.csv", "line": 2, "by": "maja"}
    assert states() == {"p0@example.com": True}
    assert refused(job) == [(5, "unclear_consent", True)]


def test_consent_is_dated_by_a_column_and_an_empty_cell_proves_nothing():
    text = "email,newsletter,optin_at\na@example.com,ja,01.03.2026\nb@example.com,ja,\nc@example.com,ja,2026-03-02T10:00:00Z\n"
    job = bring(text, mapping=[*MAPPING, "consent_at"], consent={**PROOF, "at": ""})
    assert states() == {"a@example.com": True, "c@example.com": True}
    assert refused(job) == [(3, "consent_without_proof", True)]
    assert Record.objects.get(contact__email="a@example.com").at == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)


def test_who_withdrew_is_never_granted_again_and_is_listed():
    bring("email\np0@example.com\n")
    contact = Contact.objects.get()
    for decision in ("granted", "withdrawn"):
        record_consent(contact_id=contact.pk, purpose="email_marketing", decision=decision, source="page", now=NOW)
    later = {**PROOF, "at": (NOW + timedelta(days=9)).isoformat()}
    job = bring(file("ja"), mapping=MAPPING, consent=later, now=NOW + timedelta(days=10))
    assert states() == {"p0@example.com": False}
    assert refused(job) == [(2, "has_withdrawn", True)]
    assert Record.objects.count() == 2


def test_no_takes_a_consent_back_and_says_nothing_about_others():
    bring(file("ja", "nein"), mapping=MAPPING, consent=PROOF)
    bring(file("nein", "nein"), mapping=MAPPING, consent=PROOF)
    assert states() == {"p0@example.com": False}
    assert list(Record.objects.order_by("id").values_list("decision", flat=True)) == ["granted", "withdrawn"]


def test_the_same_file_again_records_nothing():
    for _ in range(2):
        bring(file("ja", "ja"), mapping=MAPPING, consent=PROOF)
    assert Record.objects.count() == 2


def test_objections_need_no_proof_and_doubt_is_an_objection():
    job = bring("email,Do Not Email\na@example.com,Yes\nb@example.com,No\nc@example.com,perhaps\nd@example.com,\n")
    assert job.mapping == ["email", "objection:email_marketing"]
    assert states() == {"a@example.com": False, "c@example.com": False}
    assert refused(job) == [(4, "unclear_objection", True)]
    assert set(Record.objects.values_list("decision", "source")) == {("refused", "import")}


def test_undo_withdraws_what_the_import_granted_and_only_that():
    bring("email\np0@example.com\np1@example.com\n")
    other = Contact.objects.get(email="p1@example.com")
    job = bring(file("ja", "ja", "ja"), mapping=MAPPING, consent=PROOF)
    record_consent(contact_id=other.pk, purpose="email_marketing", decision="granted", source="page", now=NOW)
    operations.undo_import(job_id=job.pk, now=NOW)
    work()
    assert states() == {"p0@example.com": False, "p1@example.com": True}
    assert not Contact.objects.filter(email="p2@example.com").exists()
    assert Record.objects.filter(source="import undone", decision="withdrawn").count() == 2
    rebuild_states()
    assert states() == {"p0@example.com": False, "p1@example.com": True}
    bring(file("ja"), mapping=MAPPING, consent=PROOF)  # corrected and brought again: the import's word was nobody's no
    assert states()["p0@example.com"] is True


def test_undo_keeps_people_who_said_something_themselves():
    job = bring(file("ja", "ja"), mapping=MAPPING, consent=PROOF)
    kept = Contact.objects.get(email="p0@example.com")
    record_consent(contact_id=kept.pk, purpose="profiling", decision="granted", source="page", now=NOW)
    operations.undo_import(job_id=job.pk, now=NOW)
    work()
    assert list(Contact.objects.values_list("email", flat=True)) == ["p0@example.com"]
