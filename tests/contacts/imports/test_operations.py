"""People come in from files: once each, as the file says, however often it is run; and go out again by the undo."""

from datetime import timedelta

import pytest

from consent.models import Holdout, HoldoutMember
from contacts.imports import operations
from contacts.models import Account, Contact, Import, ImportChange, ImportPart, News, Segment, SegmentMember
from tests.contacts.imports.conftest import NOW, bring, plan, refused, upload, work

pytestmark = pytest.mark.django_db
PEOPLE = "E-Mail;Vorname;Nachname;Land;Umsatz\nAnna@Example.com;Anna;Müller;Österreich;1.234,5\nben@example.com;Ben;Berg;US;7\n"


def test_import_guesses_format_and_columns_and_brings_people_in():
    job = upload(PEOPLE.encode("cp1252"))
    assert (job.format["encoding"], job.format["separator"], job.format["decimal"]) == ("cp1252", ";", ",")
    assert job.mapping == ["email", "first_name", "last_name", "country", "new:number:umsatz"]
    job = bring(PEOPLE.encode("cp1252"))
    assert (job.state, job.rows_total, job.made_count, job.problem) == ("done", 2, 2, "")
    anna = Contact.objects.get(email="anna@example.com")
    assert (anna.first_name, anna.last_name, anna.country, anna.language, anna.time_zone) == (
        "Anna", "Müller", "AT", "de", "Europe/Vienna",
    )  # fmt: skip
    assert anna.attributes == {"umsatz": 1234.5}
    assert set(anna.attributes_at) == {"umsatz"}
    assert Contact.objects.get(email="ben@example.com").language == "en"
    assert News.objects.filter(name="profile").count() == 2


def test_import_again_changes_nothing():
    bring(PEOPLE)
    News.objects.all().delete()
    job = bring(PEOPLE, now=NOW + timedelta(days=1))
    assert (job.made_count, job.changed_count, job.same_count) == (0, 0, 2)
    assert not News.objects.exists()
    assert not ImportChange.objects.filter(job=job).exists()


def test_import_changes_known_people_and_keeps_what_was_before():
    bring(PEOPLE)
    job = bring("email,first_name,umsatz\nanna@example.com,Anne,3\n")
    assert job.changed_count == 1
    change = ImportChange.objects.get(job=job)
    assert change.before == {"first_name": "Anna", "attributes": {"umsatz": 1234.5}}
    assert change.after == {"first_name": "Anne", "attributes": {"umsatz": 3}}


def test_import_without_update_leaves_known_people():
    bring(PEOPLE)
    job = bring("email,first_name\nanna@example.com,Anne\nneu@example.com,Neu\n", update=False)
    assert (job.made_count, job.changed_count, job.same_count) == (1, 0, 1)
    assert Contact.objects.get(email="anna@example.com").first_name == "Anna"


def test_import_empty_cells_leave_or_clear():
    bring(PEOPLE)
    text = "email,first_name,umsatz,country\nanna@example.com,,,\n"
    bring(text)
    anna = Contact.objects.get(email="anna@example.com")
    assert (anna.first_name, anna.attributes) == ("Anna", {"umsatz": 1234.5})
    bring(text, empty="clear")
    anna.refresh_from_db()
    assert (anna.first_name, anna.attributes, anna.attributes_at, anna.time_zone) == ("", {}, {}, "Europe/Vienna")


def test_import_takes_the_time_zone_of_the_company_before_that_of_the_country():
    """As profiles that come in by the API do; what the file says itself goes before both."""
    Account.objects.create(external_id="tokyo", name="Tokyo Ltd", country="JP", created_at=NOW)
    text = "email,company,country,time_zone\na@example.com,Tokyo Ltd,AT,\nb@example.com,New Ltd,AT,\nc@example.com,tokyo,AT,Europe/Berlin\n"
    bring(text + "d@example.com,Tokyo Ltd,,\n")
    zones = dict(Contact.objects.values_list("email", "time_zone"))
    assert zones == {
        "a@example.com": "Asia/Tokyo",
        "b@example.com": "Europe/Vienna",
        "c@example.com": "Europe/Berlin",
        "d@example.com": "Asia/Tokyo",
    }


def test_import_goes_on_after_a_killed_worker(monkeypatch):
    monkeypatch.setattr(operations, "BATCH", 10)
    text = "email,first_name\n" + "".join(f"p{n}@example.com,P{n}\n" for n in range(35))
    job = plan(upload(text))
    operations.start_import(job_id=job.pk, by="maja", now=NOW)
    written = []
    real = operations.batch.list_refusals

    def die(*args):
        written.append(1)
        if len(written) == 3:
            raise SystemExit  # inside the third transaction, after everything of it was written
        real(*args)

    monkeypatch.setattr(operations.batch, "list_refusals", die)
    with pytest.raises(SystemExit):
        work()
    job.refresh_from_db()
    assert (job.state, job.rows_done, job.made_count, Contact.objects.count()) == ("running", 20, 20, 20)
    work()
    job.refresh_from_db()
    assert (job.state, job.rows_done, job.made_count, Contact.objects.count()) == ("done", 35, 35, 35)
    assert ImportChange.objects.filter(job=job).count() == 35


def test_import_in_slices_leaves_the_worker_to_others(monkeypatch):
    monkeypatch.setattr(operations, "BATCH", 10)
    job = plan(upload("email\n" + "".join(f"p{n}@example.com\n" for n in range(25))))
    operations.start_import(job_id=job.pk, by="maja", now=NOW)
    done = []
    while Import.objects.get().state != "done":
        work(seconds=0)
        done.append(Import.objects.get().rows_done)
    assert done == [10, 20, 25, 25]


def test_stop_keeps_what_came_in(monkeypatch):
    monkeypatch.setattr(operations, "BATCH", 10)
    job = plan(upload("email\n" + "".join(f"p{n}@example.com\n" for n in range(25))))
    operations.start_import(job_id=job.pk, by="maja", now=NOW)
    work(seconds=0)
    operations.stop_import(job_id=job.pk, now=NOW)
    work()
    job.refresh_from_db()
    assert (job.state, job.problem, job.rows_done, Contact.objects.count()) == ("failed", "cancelled", 10, 10)


def test_undo_takes_back_people_values_and_lists():
    Segment.objects.create(slug="fair", kind="fixed", name_en="Fair", name_de="Messe")
    bring(PEOPLE)
    job = bring(
        "email,first_name,last_name,rang\nanna@example.com,Anne,Amsel,gold\nneu@example.com,Neu,Neu,x\n", segment="fair"
    )
    assert SegmentMember.objects.count() == 2
    Contact.objects.filter(email="anna@example.com").update(last_name="Adler")  # changed since: stays
    operations.undo_import(job_id=job.pk, now=NOW)
    work()
    job.refresh_from_db()
    assert (job.state, job.undone_at) == ("undone", NOW)
    anna = Contact.objects.get(email="anna@example.com")
    assert (anna.first_name, anna.last_name, anna.attributes) == ("Anna", "Adler", {"umsatz": 1234.5})
    assert not Contact.objects.filter(email="neu@example.com").exists()
    assert not SegmentMember.objects.exists()
    assert not ImportChange.objects.filter(job=job).exists()


def test_undo_keeps_people_to_whom_something_happened(django_assert_max_num_queries):
    from contacts.events.operations import NewEvent, record_events

    job = bring("email\na@example.com\nb@example.com\n")
    kept = Contact.objects.get(email="a@example.com")
    record_events(events=[NewEvent(kept.pk, "order_placed", NOW, {}, "1")], source="shop", now=NOW)
    operations.undo_import(job_id=job.pk, now=NOW)
    work()
    assert list(Contact.objects.values_list("email", flat=True)) == ["a@example.com"]
    assert refused(job) == [(0, "kept_at_undo", True)]


def test_undo_takes_people_along_who_were_drawn_into_a_holdout():
    Holdout.objects.create(slug="all", name_en="All", name_de="Alle", buckets=10_000, salt="all", created_at=NOW)
    job = bring("email\na@example.com\nb@example.com\n")
    assert HoldoutMember.objects.count() == 2
    operations.undo_import(job_id=job.pk, now=NOW)
    work()
    assert not Contact.objects.exists()
    assert not HoldoutMember.objects.exists()


def test_undo_after_thirty_days_is_refused_and_the_file_goes():
    job = bring(PEOPLE)
    late = NOW + timedelta(days=31)
    with pytest.raises(operations.NotNow):
        operations.undo_import(job_id=job.pk, now=late)
    operations.purge_imports(now=NOW + timedelta(days=29))
    assert ImportPart.objects.exists()
    operations.purge_imports(now=late)
    assert not ImportPart.objects.exists()
    assert not ImportChange.objects.exists()
    assert Import.objects.get().made_count == 2


def test_import_by_own_id_finds_by_id_then_by_address():
    Contact.objects.create(email="x@example.com", first_name="X", created_at=NOW, updated_at=NOW)
    Contact.objects.create(external_id="7", email="old@example.com", created_at=NOW, updated_at=NOW)
    job = bring("id,email\n7,new@example.com\n8,x@example.com\n9,x@example.com\n", key="external_id")
    assert (job.made_count, job.changed_count) == (1, 2)
    assert dict(Contact.objects.values_list("external_id", "email")) == {
        "7": "new@example.com", "8": "x@example.com", "9": "x@example.com",
    }  # fmt: skip


def test_import_by_address_leaves_ids_that_others_have():
    Contact.objects.create(external_id="7", email="a@example.com", created_at=NOW, updated_at=NOW)
    job = bring("id,email\n8,a@example.com\n7,b@example.com\n9,c@example.com\n9,d@example.com\n")
    assert refused(job) == [(2, "id_differs", True), (3, "id_taken", True), (5, "id_taken", True)]
    assert set(Contact.objects.values_list("external_id", "email")) == {
        ("7", "a@example.com"), (None, "b@example.com"), ("9", "c@example.com"), (None, "d@example.com"),
    }  # fmt: skip


def test_import_by_the_id_of_a_source_keeps_the_id_beside_the_person():
    mapping = ["id:crm", "email", "first_name"]
    job = bring("crm,mail,vorname\nK1,a@example.com,Anna\nK2,b@example.com,Ben\n", mapping=mapping, key="id:crm")
    assert job.made_count == 2
    again = bring("crm,mail,vorname\nK1,anna@new.example,Anne\n", mapping=mapping, key="id:crm")
    assert again.changed_count == 1
    assert set(Contact.objects.values_list("email", "first_name")) == {
        ("anna@new.example", "Anne"),
        ("b@example.com", "Ben"),
    }


def test_import_finds_companies_by_name_or_makes_them():
    from contacts.models import Account

    acme = Account.objects.create(external_id="A1", name="Acme GmbH", created_at=NOW)
    bring("email,Firma\na@example.com,ACME GmbH\nb@example.com,Neu AG\nc@example.com,neu ag\n")
    assert Contact.objects.get(email="a@example.com").account == acme
    assert Account.objects.count() == 2
    assert Contact.objects.filter(account__name="Neu AG").count() == 2


def test_import_without_journeys_opens_no_trigger():
    from contacts.models import SegmentChange

    Segment.objects.create(
        slug="dach", name_en="DACH", name_de="DACH", condition={"attribute": "country", "in": ["DE", "AT"]}
    )
    settled = []
    job = plan(upload("email,country\na@example.com,DE\n"), journeys=False)
    operations.start_import(job_id=job.pk, by="maja", now=NOW)
    work(settle=settled.append)
    assert SegmentMember.objects.count() == 1
    assert not SegmentChange.objects.filter(taken_at=None).exists()
    assert not News.objects.exists()
    assert "segment:dach" in settled[0]


def test_import_goes_on_after_the_database_was_away_and_fails_after_an_error_of_ours(monkeypatch):
    from django.db import OperationalError

    job = plan(upload(PEOPLE))
    operations.start_import(job_id=job.pk, by="maja", now=NOW)
    real = operations.batch.stage
    errors = [OperationalError("deadlock detected")]

    def fail(*args, **options):
        if errors:
            raise errors.pop()
        real(*args, **options)

    monkeypatch.setattr(operations.batch, "stage", fail)
    work()
    job.refresh_from_db()
    assert (job.state, job.rows_done) == ("running", 0)
    work()
    job.refresh_from_db()
    assert (job.state, job.made_count) == ("done", 2)
    errors.append(ValueError("ours"))
    job = bring(PEOPLE)
    assert (job.state, job.problem, job.rows_done) == ("failed", "program ValueError", 0)
