"""Bad inputs 41 to 64 of the promises: never a crash, never half an import, and the message says what is wrong."""

import io
import zipfile
from datetime import datetime

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from consent.privacy.operations import erase_contact
from consent.records.models import State, Suppression
from contacts.imports import operations
from contacts.imports.reader import Unreadable
from contacts.models import Contact, Import, ImportPart
from tests.contacts.imports.conftest import NOW, PROOF, bring, plan, refused, upload, work

pytestmark = pytest.mark.django_db


def workbook(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return file.getvalue()


BOMB = {"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": b"0" * 60_000_000}
UNREADABLE = {
    "41 empty file": (b"", "empty"),
    "41 blanks only": (b"\n \n\n", "empty"),
    "42 header only": (b"email,first_name\n", "header_only"),
    "50 a line that never ends": (b"email\n" + b"x" * 3_000_000, "long_line"),
    "53 a zip that is no workbook": (archive({"a.txt": b"x"}), "bad_workbook"),
    "53 half a workbook": (workbook([["email"], ["a@x.de"]])[:900], "bad_workbook"),
    "53 a workbook of before 2007": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old_workbook"),
    "53 a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 50, "not_a_table"),
    "54 zip bomb": (archive(BOMB), "zip_bomb"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_file_that_is_no_table_is_refused_at_the_door(client, name):
    content, code = UNREADABLE[name]
    with pytest.raises(Unreadable) as refused_file:
        upload(content)
    assert refused_file.value.code == code
    assert not Import.objects.exists()
    assert not ImportPart.objects.exists()
    client.force_login(User.objects.create_user("maja"))
    answer = client.post(reverse("imports"), {"file": SimpleUploadedFile("people.csv", content)}, follow=True)
    assert answer.status_code == 200
    assert "people.csv:" in answer.content.decode()


def test_43_without_header_columns_have_numbers():
    job = upload("anna@example.com,Anna\nben@example.com,Ben\n")
    assert (job.format["header"], job.mapping) == (False, ["email", ""])
    assert bring("anna@example.com,Anna\nben@example.com,Ben\n", mapping=["email", "first_name"]).made_count == 2


def test_44_of_two_columns_of_a_name_the_first_is_taken():
    job = bring("email,email,vorname,vorname\na@example.com,b@example.com,A,B\n")
    assert job.mapping == ["email", "", "first_name", ""]
    assert Contact.objects.get().email == "a@example.com"
    assert Contact.objects.get().first_name == "A"


def test_45_unknown_columns_become_new_attributes_or_are_left_out():
    job = upload("email,Schuhgröße,,leer\na@example.com,42,x,\n")
    assert job.mapping == ["email", "new:whole:schuhgroesse", "", ""]


@pytest.mark.parametrize("sign", [";", "\t", "|", ","])
def test_46_separators(sign):
    job = bring(f"email{sign}vorname{sign}ort\na@example.com{sign}Anna{sign}Köln\n")
    assert (job.format["separator"], Contact.objects.get().first_name) == (sign, "Anna")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_47_umlauts_in_every_encoding(encoding):
    bring("email,vorname,nachname\na@example.com,Jörg,Weiß\nb@example.com,Zoë,Özdemir\n".encode(encoding))
    assert set(Contact.objects.values_list("first_name", "last_name")) == {("Jörg", "Weiß"), ("Zoë", "Özdemir")}


def test_47_two_encodings_in_one_file_are_read_line_by_line_and_told():
    job = bring("email,vorname\na@example.com,Jörg\n".encode() + "b@example.com,Zoë\n".encode("cp1252"))
    assert set(Contact.objects.values_list("first_name", flat=True)) == {"Jörg", "Zoë"}
    assert "encoding" in job.format["unclear"]


def test_48_a_quotation_mark_that_nothing_closes_stops_before_the_first_person():
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(300))
    job = bring(f'email,vorname\n{rows}b@example.com,"Ben\nc@example.com,Cem\n')
    assert (job.state, job.problem, job.rows_done, Contact.objects.count()) == ("failed", "open_quote 302", 0, 0)


@pytest.mark.parametrize("rows", [1, 20_000])
def test_48_also_when_it_swallows_the_whole_file(rows):
    with pytest.raises(Unreadable) as wrong:
        upload('email,vorname\na@example.com,"Anna\n' + "b@example.com,Ben\n" * rows)
    assert (wrong.value.code, wrong.value.line) == ("open_quote", 2)


def test_49_newline_in_a_cell_and_the_lines_after_it():
    job = bring('email,vorname,notiz\na@example.com,"An\nna","eins\nzwei"\nkaputt,B,x\n')
    anna = Contact.objects.get()
    assert (anna.first_name, anna.attributes["notiz"]) == ("An na", "eins\nzwei")
    assert refused(job) == [(5, "no_key", False)]


def test_51_many_rows_in_several_batches(monkeypatch):
    monkeypatch.setattr(operations, "BATCH", 500)
    job = bring("email,visits\n" + "".join(f"p{n}@example.com,{n}\n" for n in range(2_000)))
    assert (job.made_count, job.rows_done, Contact.objects.count()) == (2_000, 2_000, 2_000)


def test_52_nul_bytes_stay_out():
    job = bring(b"email,vorname,notiz\na@example.com,An\0na,ok\nb@example.com,Ben,o\0k\nc\0@example.com,C,x\n")
    assert refused(job) == [(2, "bad_text", True), (3, "bad_text", True), (4, "no_key", False)]
    assert set(Contact.objects.values_list("email", "first_name")) == {("a@example.com", ""), ("b@example.com", "Ben")}


def test_53_a_workbook_is_known_by_its_content():
    rows = [
        ["E-Mail", "Vorname", "Umsatz", "Seit", "Aktiv"],
        ["a@example.com", "Jörg", 12.5, datetime(2026, 3, 4), True],
    ]
    job = bring(workbook(rows), name="people.csv")
    assert (job.format["kind"], job.made_count) == ("xlsx", 1)
    assert Contact.objects.get().attributes == {"umsatz": 12.5, "seit": "2026-03-04", "aktiv": True}
    assert bring("email\nb@example.com\n", name="people.xlsx").format["kind"] == "csv"


def test_55_formulas_come_in_as_text_and_go_out_harmless(client):
    job = bring('email,vorname,notiz\na@example.com,"=HYPERLINK(""x"")",x\n=1+1,+B,@x\n')
    assert Contact.objects.get().first_name == '=HYPERLINK("x")'
    client.force_login(User.objects.create_user("maja"))
    text = b"".join(client.get(reverse("import_rejects", args=[job.pk])).streaming_content).decode()
    assert ",'=1+1,'+B,'@x" in text
    book = workbook([["email", "zahl"], ["b@example.com", "=1+1"]])
    assert bring(book).made_count == 1


def test_56_an_address_twice_counts_as_one_person_and_the_later_word_wins():
    job = bring("email,vorname,nachname,x\na@example.com,Anna,Berg,1\nA@Example.com,Anne,,2\n")
    anna = Contact.objects.get()
    assert (anna.first_name, anna.last_name, anna.attributes) == ("Anne", "Berg", {"x": 2})
    assert (job.made_count, job.same_count) == (1, 1)
    assert refused(job) == [(2, "repeated", True)]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("  Anna@Example.COM ", "anna@example.com"),
        ("anna@bücher.example", "anna@bücher.example"),
        ("anna+tag@example.com", "anna+tag@example.com"),
        ("an na@example.com", None),
        ("a" * 320 + "@example.com", None),
        ('"anna@example.com\r\nBcc: x@example.com"', None),
        ("Anna <anna@example.com>", None),
        ("anna@localhost", None),
        ("anna@@example.com", None),
    ],
)
def test_57_addresses(cell, kept):
    job = bring(
        f"email,vorname\n{cell},Anna\n", mapping=["email", "first_name"], look={"header": True, "separator": ","}
    )
    assert list(Contact.objects.values_list("email", flat=True)) == ([kept] if kept else [])
    assert [reason for _, reason, _ in refused(job)] == ([] if kept else ["no_key"])


def test_58_days_that_do_not_exist_or_can_be_read_both_ways():
    text = "email,seit\na@example.com,31.02.2026\nb@example.com,03/04/2026\nc@example.com,2026-05-06\n"
    mapping = ["email", "new:date:seit"]
    job = bring(text, mapping=mapping, look={"day_first": None})
    assert refused(job) == [(2, "bad_value", True), (3, "bad_value", True)]
    bring(text, look={"day_first": True}, mapping=["email", "attribute:seit"])
    assert Contact.objects.get(email="b@example.com").attributes == {"seit": "2026-04-03"}
    bring(text, look={"day_first": False}, mapping=["email", "attribute:seit"])
    assert Contact.objects.get(email="b@example.com").attributes == {"seit": "2026-03-04"}


def test_59_decimal_comma():
    bring("email;umsatz\na@example.com;1.234,5\nb@example.com;-7\n")
    assert set(Contact.objects.values_list("email", "attributes__umsatz")) == {
        ("a@example.com", 1234.5),
        ("b@example.com", -7),
    }


@pytest.mark.parametrize("cell", ["ja", "1", "yes", "maybe"])
def test_60_consent_without_proof_or_in_doubt_is_no_consent(cell):
    mapping = ["email", "consent:email_marketing"]
    job = bring(f"email,newsletter\na@example.com,{cell}\n", mapping=mapping)
    reason = "unclear_consent" if cell == "maybe" else "consent_without_proof"
    assert refused(job) == [(2, reason, True)]
    assert not State.objects.filter(granted=True).exists()


def test_61_a_suppressed_address_stays_suppressed_and_is_listed():
    Suppression.objects.create(address="a@example.com", reason="bounced", since=NOW)
    job = bring("email,newsletter\nA@example.com,ja\n", mapping=["email", "consent:email_marketing"], consent=PROOF)
    assert refused(job) == [(2, "suppressed", True)]
    assert Suppression.objects.count() == 1


def erase_address(address):
    contact = Contact.objects.create(email=address, created_at=NOW, updated_at=NOW)
    erase_contact(contact_id=contact.pk, why="test", now=NOW)


def test_62_an_erased_person_in_the_file_is_told_and_agrees_to_nothing():
    erase_address("anna@example.com")
    text = "email,vorname,ok,nein\nAnna@example.com,Anna,ja,\nben@example.com,Ben,ja,\n"
    mapping = ["email", "first_name", "consent:email_marketing", "objection:profiling"]
    job = bring(text, mapping=mapping, consent=PROOF)
    assert (2, "erased", True) in refused(job)
    assert State.objects.get().contact.email == "ben@example.com"
    assert not Suppression.objects.exists()


def test_62_an_erased_person_who_objects_in_the_file_has_objected():
    erase_address("anna@example.com")
    bring("email,nein\nanna@example.com,ja\n", mapping=["email", "objection:profiling"])
    assert State.objects.get().granted is False


@pytest.mark.parametrize("reason", ["bounced", "complained", "blocked", "objected"])
def test_62_a_silent_address_of_an_erased_person_stays_silent(reason):
    Suppression.objects.create(address="anna@example.com", reason=reason, since=NOW)
    erase_address("anna@example.com")
    assert not Suppression.objects.exists()
    job = bring("email\nANNA@example.com\n")
    assert Suppression.objects.values_list("address", "reason").get() == ("anna@example.com", reason)
    assert {one for _, one, _ in refused(job)} >= {"erased"}


def test_63_an_upload_that_broke_off_is_not_kept(client):
    client.force_login(User.objects.create_user("maja"))
    body = "email\n" + "".join(f"p{n}@example.com\n" for n in range(20_000))
    parts = f'--B\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\nContent-Type: text/csv\r\n\r\n{body}\r\n--B--\r\n'
    half = parts.encode()[: len(parts) // 2]
    kind = "multipart/form-data; boundary=B"
    cut = {"CONTENT_LENGTH": str(len(parts)), "wsgi.input": io.BytesIO(half)}
    answer = client.generic("POST", reverse("imports"), b"", kind, **cut)
    assert answer.status_code in (302, 400)
    assert not Import.objects.exists()
    client.generic("POST", reverse("imports"), parts.encode(), kind)
    job = Import.objects.get()
    operations.start_import(job_id=plan(job).pk, by="maja", now=NOW)
    work()
    assert Contact.objects.count() == 20_000


def test_63_a_file_that_is_too_large_is_refused(client, settings):
    settings.IMPORT_MAX_MB = 0
    client.force_login(User.objects.create_user("maja"))
    file = SimpleUploadedFile("people.csv", b"email\n" + b"a@example.com\n" * 20_000)
    answer = client.post(reverse("imports"), {"file": file}, follow=True)
    assert answer.status_code == 200
    assert "larger than 0 MB" in answer.content.decode()
    assert not Import.objects.exists()


def test_64_the_same_file_twice_changes_nothing_and_is_told(client):
    text = "email,vorname\na@example.com,Anna\n"
    bring(text)
    second = plan(upload(text))
    client.force_login(User.objects.create_user("maja"))
    assert "imported the same file" in client.get(reverse("import_detail", args=[second.pk])).content.decode()
    operations.start_import(job_id=second.pk, by="maja", now=NOW)
    with pytest.raises(operations.NotNow):
        operations.start_import(job_id=second.pk, by="ben", now=NOW)
    work()
    second.refresh_from_db()
    assert (second.made_count, second.same_count, Contact.objects.count()) == (0, 1, 1)
