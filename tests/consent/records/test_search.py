"""The search over records, the export of their proofs, and what staff may note."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import Purpose, Record, Wording
from consent.purposes.rules import digest_of
from consent.records.chain import verify_chain
from consent.records.operations import Choice, record_consent, record_consents
from consent.records.search import Wanted, page
from contacts.models import Contact
from orchestrator.kernel.access import PRIVACY_GROUP

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TEXT = "Ja, ich möchte Post über Bücher."
pytestmark = pytest.mark.django_db


def sign_in(client, name="mara", *groups):
    user = User.objects.create_user(name)
    for group in groups:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    client.force_login(user)
    return client


@pytest.fixture
def marketer(client):
    return sign_in(client)


@pytest.fixture
def officer(client):
    return sign_in(client, "paula", PRIVACY_GROUP)


def made(n, **more):
    return Contact(
        **{"email": f"p{n}@example.org", "last_name": f"Amsel{n}", "created_at": NOW, "updated_at": NOW, **more}
    )


@pytest.fixture
def wording():
    about = Purpose.objects.get(slug="email_marketing")
    return Wording.objects.create(
        purpose=about, language="de", version=1, text=TEXT, digest=digest_of(TEXT), created_at=NOW
    )


def confirmed(n):
    return {
        "method": "double_opt_in", "signup": n, "form": "footer", "url": f"https://shop.example/signup/{n}", "mail": n + 7,
        "requested_at": (NOW - DAY).isoformat(), "confirmed_at": NOW.isoformat(),
        "wording": "email_marketing/de/1", "digest": digest_of(TEXT),
    }  # fmt: skip


@pytest.fixture
def two(wording):
    anna, ben = Contact.objects.bulk_create([made(1, external_id="a-1", first_name="Anna"), made(2)])
    choices = [
        Choice(anna.pk, "email_marketing", "granted", "footer", wording.name, confirmed(1), NOW),
        Choice(anna.pk, "profiling", "refused", "footer", at=NOW + DAY),
        Choice(ben.pk, "email_marketing", "withdrawn", "phone", at=NOW + 2 * DAY),
    ]
    record_consents(choices=choices, now=NOW)
    return anna, ben


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 3), ({"words": "P1@example.org"}, 2), ({"words": "a-1"}, 2), ({"words": "amsel2"}, 1), ({"words": "Anna Am"}, 2),
        ({"words": "nobody"}, 0), ({"purpose": "email_marketing"}, 2), ({"decision": "refused"}, 1), ({"source": "phone"}, 1),
        ({"wording": "email_marketing/de/1"}, 1), ({"wording": "email_marketing/de"}, 1), ({"wording": "email_marketing/en"}, 0),
        ({"since": NOW + DAY}, 2), ({"until": NOW + DAY}, 1), ({"words": "a-1", "decision": "granted"}, 1),
    ],
)  # fmt: skip
def test_page_finds_by_each_filter(two, wanted, count):
    assert len(page(Wanted(**wanted))[0]) == count


def test_page_finds_records_of_somebody_who_is_gone_by_their_id(two):
    anna, _ = two
    Contact.objects.filter(pk=anna.pk).delete()
    rows, _ = page(Wanted(words=str(anna.pk)))
    assert [(one.contact, one.record.contact_id) for one in rows] == [(None, anna.pk)] * 2


def test_records_show_who_when_where_which_text_and_how_confirmed(officer, two):
    html = officer.get(reverse("consent_records"), {"q": "a-1", "decision": "granted"}).content.decode()
    for text in (
        "Anna",
        "footer",
        TEXT,
        "double opt-in",
        "https://shop.example/signup/1",
        reverse("contact", args=[two[0].pk]),
    ):
        assert text in html
    assert "withdrawn</span>" not in html


def test_records_hide_proofs_from_marketers_and_refuse_the_export(marketer, two):
    html = marketer.get(reverse("consent_records")).content.decode()
    assert TEXT in html
    assert "shop.example" not in html
    assert marketer.get(reverse("consent_proofs")).status_code == 403


def test_records_are_paged_with_a_fixed_number_of_statements(marketer, wording):
    people = Contact.objects.bulk_create([made(n) for n in range(120)])

    def look(**query):
        with CaptureQueriesContext(connection) as captured:
            answer = marketer.get(reverse("consent_records"), query)
        return answer.context, len(captured)

    def say(people):
        record_consents(choices=[Choice(c.pk, "profiling", "granted", "x", wording.name) for c in people], now=NOW)

    say(people[:1])
    _, few = look()
    say(people[1:])
    seen, before = [], None
    for _ in range(3):
        context, statements = look(**({"before": before} if before else {}))
        assert statements == few
        seen += [row["id"] for row in context["rows"]]
        before = context["following"]
    assert (len(seen), len(set(seen)), before) == (120, 120, None)


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"since": "yesterday"}, {"q": "a\0b"}, {"contact": "9" * 30}, {"purpose": "none"}]
)
def test_records_with_an_address_edited_by_hand_say_so_or_ignore_it(marketer, query):
    assert marketer.get(reverse("consent_records"), query).status_code == 200


def test_b6_proofs_of_a_thousand_people_are_complete_and_verify(officer, wording):
    people = Contact.objects.bulk_create([made(n) for n in range(1000)])
    choices = [
        Choice(c.pk, "email_marketing", "granted", "form", wording.name, confirmed(n), NOW)
        for n, c in enumerate(people)
    ]
    record_consents(choices=choices, now=NOW)
    with CaptureQueriesContext(connection) as captured:
        answer = officer.get(reverse("consent_proofs"), {"purpose": "email_marketing"})
        rows = json.loads(answer.getvalue())
    assert len(captured) < 20
    assert {row["contact"] for row in rows} == {c.pk for c in people}
    emails = {c.pk: c.email for c in people}
    for row in rows:
        assert row["email"] == emails[row["contact"]]
        assert (row["text"], row["text_digest"], row["wording"]) == (TEXT, digest_of(TEXT), "email_marketing/de/1")
        assert row["form_url"].startswith("https://shop.example/signup/")
        assert (row["requested_at"], row["confirmed_at"]) == ((NOW - DAY).isoformat(), NOW.isoformat())
        assert (row["method"], row["ip"]) == ("double_opt_in", "")
        assert row["mail"] == row["proof"]["signup"] + 7
        assert len(row["digest"]) == len(row["proof_digest"]) == 64
    assert verify_chain().sound
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # without triggers
        cursor.execute("UPDATE consent_record SET source = 'other' WHERE id = %s", [rows[500]["record"]])
    assert [fault.record for fault in verify_chain().faults] == [rows[500]["record"]]


def test_proofs_of_one_person_as_csv_no_spreadsheet_executes(officer, two):
    anna, _ = two
    record_consent(contact_id=anna.pk, purpose="third_party", decision="refused", source="=cmd()", now=NOW)
    answer = officer.get(reverse("consent_proofs"), {"contact": anna.pk, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode().lstrip("\ufeff"))))
    assert [row["decision"] for row in rows] == ["refused", "refused", "granted"]
    assert rows[0]["source"] == "'=cmd()"
    assert rows[2]["form_url"] == "https://shop.example/signup/1"


def test_chain_page_says_all_as_they_were_or_which_are_not(marketer, two):
    assert "Not looked yet" in marketer.get(reverse("consent_chain")).content.decode()
    assert "3 records, all as they were" in marketer.get(reverse("consent_chain"), {"look": "yes"}).content.decode()
    broken = Record.objects.get(decision="refused").pk
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE consent_record SET decision = 'granted' WHERE id = %s", [broken])
    html = marketer.get(reverse("consent_chain"), {"look": "yes"}).content.decode()
    assert "1 place is not as it was" in html
    assert f"no. {broken}" in html
    assert "was changed after it was written" in html


def note(client, contact, **more):
    return client.post(
        reverse("consent_note", args=[contact.pk]),
        {"purpose": "email_marketing", "decision": "withdrawn", "source": "phone", "note": "", **more},
    )


def test_marketers_note_a_withdrawal_by_phone(marketer, two):
    anna, _ = two
    assert note(marketer, anna).status_code == 302
    record = Record.objects.latest("pk")
    assert (record.contact_id, record.decision, record.source) == (anna.pk, "withdrawn", "phone")
    assert record.proof == {"method": "staff", "by": "mara", "note": ""}
    assert note(marketer, anna, decision="granted", note="x").status_code == 403


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"wording": "email_marketing/de/1", "note": "letter of 1 March, scan 17"}, 302),
        ({"wording": "", "note": "scan"}, 200),
        ({"wording": "email_marketing/de/1", "note": " "}, 200),
        ({"wording": "email_marketing/de/1", "note": "scan", "purpose": "profiling"}, 200),
        ({"wording": "email_marketing/de/1", "note": "scan", "source": "mind"}, 200),
    ],
)
def test_b9_officer_notes_an_agreement_with_text_and_proof_alone(officer, two, more, status):
    _, ben = two
    before = Record.objects.count()
    assert note(officer, ben, decision="granted", **more).status_code == status
    assert Record.objects.count() == before + (status == 302)


def test_contact_page_says_may_we_by_the_shared_rules(marketer, two):
    anna, _ = two
    about = Purpose.objects.get(slug="email_marketing")
    Purpose.objects.create(slug="books", name_en="Books", name_de="Bücher", parent=about)
    Purpose.objects.create(slug="news", name_en="Shop news", name_de="Neues", enforcement="opt_out")
    html = marketer.get(reverse("contact", args=[anna.pk])).content.decode()
    assert "– Books" in html
    assert '<dt>Shop news</dt><dd><span class="up">yes</span>' in html
