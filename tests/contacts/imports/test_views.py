"""The pages of imports: only marketing, never a crash, and what is shown before the start is what happens after it."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contacts.imports import preview
from contacts.models import Account, Contact, Identifier, Import, Segment
from tests.contacts.imports.conftest import NOW, PROOF, bring, plan, upload, work

pytestmark = pytest.mark.django_db
FILE = "E-Mail;Vorname;Umsatz;Newsletter\na@example.com;Anna;1,5;ja\nb@example.com;Ben;zwei;nein\nx;Y;3;\n"


@pytest.fixture
def maja(client):
    client.force_login(User.objects.create_user("maja"))
    return client


def send(client, text=FILE, name="people.csv"):
    raw = text.encode() if isinstance(text, str) else text
    client.post(reverse("imports"), {"file": SimpleUploadedFile(name, raw)})
    return Import.objects.first()


def form(job, **changes):
    """What the browser would send for the plan as it is shown."""
    from contacts.imports.forms import PlanForm

    filled = PlanForm(job)
    given = {name: filled[name].value() for name in filled.fields}
    return {name: value for name, value in (given | changes).items() if value not in (None, False)}


def test_pages_are_for_marketing(client):
    job = upload(FILE)
    addresses = [
        reverse("imports"),
        *(reverse(n, args=[job.pk]) for n in ("import_detail", "import_preview", "import_rejects")),
    ]
    for address in addresses:
        assert client.get(address).status_code == 302
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(sales)
    for address in addresses:
        assert client.get(address).status_code == 403
    for name in ("import_stop", "import_undo"):
        assert client.post(reverse(name, args=[job.pk])).status_code == 403


def test_unknown_imports_are_not_found(maja):
    for number in (0, 99, 2**63, 10**30):
        assert maja.get(f"/contacts/import/{number}/").status_code == 404
    assert maja.post(reverse("import_stop", args=[99])).status_code == 404


def test_file_goes_from_upload_over_preview_to_people_and_back(maja):
    job = send(maja)
    assert job.mapping == ["email", "first_name", "new:text:umsatz", "consent:email_marketing"]
    page = maja.post(
        reverse("import_detail", args=[job.pk]), form(job, kind_2="number", do="preview"), follow=True
    ).content.decode()
    assert "<ins>Anna</ins>" in page
    assert "<ins>1.5</ins>" in page
    assert not Contact.objects.exists()
    counted = maja.get(reverse("import_preview", args=[job.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "Of all 3 rows" in counted
    assert "2 new" in counted
    job.refresh_from_db()
    maja.post(reverse("import_detail", args=[job.pk]), form(job, do="start"))
    assert "waiting" in maja.get(reverse("import_detail", args=[job.pk])).content.decode()
    work()
    page = maja.get(reverse("import_detail", args=[job.pk])).content.decode()
    assert "3 of 3 rows" in page
    assert "What did not come in" in page
    assert Contact.objects.count() == 2
    rejects = b"".join(maja.get(reverse("import_rejects", args=[job.pk])).streaming_content).decode()
    assert rejects.count("\r\n") == 4
    assert "zwei" in rejects


def test_start_asks_for_what_is_missing(maja):
    job = send(maja, "Name;Seit;Tag\nAnna;03/04/2026;1\nBen;05/06/2026;2\n")
    page = maja.post(reverse("import_detail", args=[job.pk]), form(job, do="start")).content.decode()
    assert "choose the column that says who a row is about" in page
    assert "can be read both ways" in page
    assert Import.objects.get().state == "uploaded"


def test_plan_refuses_two_columns_for_one_place_and_reserved_names(maja):
    job = send(maja)
    page = maja.post(reverse("import_detail", args=[job.pk]), form(job, target_1="email", do="start")).content.decode()
    assert "Another column goes there already." in page
    page = maja.post(
        reverse("import_detail", args=[job.pk]), form(job, target_1="id", source="email", do="start")
    ).content.decode()
    assert "This name means something else here" in page
    wrong = form(
        job, target_1="attribute:nobody", encoding="klingon", segment="none", consent_at="tomorrow", do="start"
    )
    assert maja.post(reverse("import_detail", args=[job.pk]), wrong).status_code == 200
    assert Import.objects.get().state == "uploaded"


def test_plan_reads_the_file_again_with_another_separator(maja):
    job = send(maja)
    answer = maja.post(reverse("import_detail", args=[job.pk]), form(job, separator=",", do="start"), follow=True)
    assert "The file was read again" in answer.content.decode()
    job.refresh_from_db()
    assert (job.state, len(job.format["headers"])) == ("uploaded", 1)


def test_preview_shows_what_would_change_and_leaves_nothing_behind():
    bring("email,vorname,firma\na@example.com,Anna,Acme\nb@example.com,Ben,\n")
    job = plan(
        upload("email,vorname,firma,stufe\na@example.com,Anne,Neu AG,gold\nb@example.com,Ben,,\nc@example.com,Cem,,\n")
    )
    found = preview.preview(job, most=100, shown=20, now=NOW)
    assert (found.made, found.changed, found.same, found.refused, found.more) == (1, 1, 1, 0, False)
    first = found.rows[0]
    assert (first.line, first.state, first.who) == (2, "changed", "Anne")
    assert {(c.name, c.before, c.after) for c in first.changes} == {
        ("first_name", "Anna", "Anne"), ("account", "Acme", "Neu AG"), ("stufe", None, "gold"),
    }  # fmt: skip
    assert Contact.objects.count() == 2
    assert Account.objects.count() == 1
    assert not Identifier.objects.exists()


def test_preview_says_who_has_withdrawn_without_recording(maja):
    from consent.records.models import Record
    from consent.records.operations import record_consent

    bring("email\na@example.com\n")
    contact = Contact.objects.get()
    record_consent(contact_id=contact.pk, purpose="email_marketing", decision="withdrawn", source="page", now=NOW)
    mapping = ["email", "consent:email_marketing"]
    job = plan(upload("email,newsletter\na@example.com,ja\nb@example.com,ja\n"), mapping=mapping, consent=PROOF)
    found = preview.preview(job, most=100, shown=20, now=NOW)
    assert found.reasons == {"has_withdrawn": 1}
    assert Record.objects.count() == 1


def test_list_and_admin_show_imports_without_a_query_a_row(maja, admin_client, django_assert_max_num_queries):
    Segment.objects.create(slug="fair", kind="fixed", name_en="Fair", name_de="Messe")
    for _ in range(5):
        bring(FILE)
    with django_assert_max_num_queries(12):
        assert maja.get(reverse("imports")).content.decode().count("people.csv") == 5
    for name in ("import", "importreject", "importchange"):
        assert admin_client.get(reverse(f"admin:contacts_{name}_changelist")).status_code == 200
