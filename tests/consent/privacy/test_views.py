"""The queue of requests and what a person can ask for by a link; bad inputs 124, 137 to 148."""

import io
import re
import zipfile
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import signing
from django.urls import reverse

from consent.models import Export, Preference, Record, Request, RequestLog, Retention, ServiceMail, State, Suppression
from consent.preferences.queries import unsubscribe_token
from consent.preferences.rules import Subject
from consent.privacy import expiring, links, operations
from consent.privacy.rules import due_on
from consent.records.operations import record_consent
from contacts.identity.operations import merge_contacts
from contacts.models import Attribute, Contact, Event, EventType
from orchestrator.kernel.access import PRIVACY_GROUP, SALES_GROUP
from tests.consent.privacy.seeding import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return Contact.objects.create(
        email="anna@example.com", first_name="Anna", language="en", created_at=NOW, updated_at=NOW
    )


@pytest.fixture
def officer(client):
    user = User.objects.create_user("pia")
    user.groups.add(Group.objects.get_or_create(name=PRIVACY_GROUP)[0])
    client.force_login(user)
    return user


def request_of(contact, kind="access", **given):
    return operations.open_request(
        kind=kind, contact_id=contact.pk, source="mail", text="please", by=None, now=NOW, **given
    )


def do(client, number, what, **given):
    return client.post(reverse("privacy_request_do", args=[number]), {"what": what, **given}, follow=True)


def token(contact, touch=0):
    return unsubscribe_token(Subject(contact.pk, touch))


def path(url):
    return re.sub(r"^https?://[^/]+", "", url)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 12, 5), date(2027, 1, 5)),
        (date(2028, 1, 30), date(2028, 2, 29)),
    ],
)
def test_due_on_is_one_month_later(received, due):
    assert due_on(received) == due


def test_queue_shows_due_dates_in_a_fixed_number_of_queries(client, officer, anna, django_assert_num_queries):
    for kind in Request.Kind.values:
        request_of(anna, kind)
    with django_assert_num_queries(6):
        page = client.get(reverse("privacy_requests")).content.decode()
    assert page.count("Anna") == 5
    assert "days late" in page


def test_marketer_opens_a_request_and_cannot_carry_it_out(client, anna):
    client.force_login(User.objects.create_user("maja"))
    answer = client.post(
        reverse("privacy_request_new"), {"contact": anna.pk, "kind": "erasure", "source": "phone", "text": "by phone"}
    )
    assert answer.url == reverse("contact", args=[anna.pk])
    number = Request.objects.get().pk
    assert client.get(reverse("privacy_request", args=[number])).status_code == 200
    assert (
        client.post(reverse("privacy_request_do", args=[number]), {"what": "erase", "sure": "yes"}).status_code == 403
    )
    assert Contact.objects.exists()


def test_sales_open_a_request_and_do_not_see_the_queue(client, anna):
    user = User.objects.create_user("sam")
    user.groups.add(Group.objects.get_or_create(name=SALES_GROUP)[0])
    client.force_login(user)
    assert (
        client.post(
            reverse("privacy_request_new"), {"contact": anna.pk, "kind": "access", "source": "phone"}
        ).status_code
        == 302
    )
    for name in ("privacy_requests", "retention", "processing", "unused_data"):
        assert client.get(reverse(name)).status_code == 403


def test_strangers_see_the_login(client):
    for name in ("privacy_requests", "privacy_request_new", "retention", "processing", "unused_data"):
        assert client.get(reverse(name)).status_code == 302


def test_officer_makes_an_export_and_downloads_it(client, officer, anna):
    number = request_of(anna)
    do(client, number, "export")
    export = Export.objects.get()
    assert (export.expires_at - export.made_at) == timedelta(days=1)
    answer = client.get(reverse("privacy_export", args=[export.pk]))
    assert sorted(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == ["data.html", "data.json"]
    assert "no-store" in answer["Cache-Control"]
    assert [line.what.split()[0] for line in RequestLog.objects.order_by("pk")] == ["opened", "export", "fetched"]
    assert RequestLog.objects.last().by == officer
    Export.objects.update(expires_at=NOW)
    assert client.get(reverse("privacy_export", args=[export.pk])).status_code == 404


def test_officer_erases_only_after_the_tick(client, officer, anna):
    number = request_of(anna, "erasure")
    do(client, number, "erase")
    assert Contact.objects.exists()
    page = do(client, number, "erase", sure="yes").content.decode()
    assert not Contact.objects.exists()
    assert "The person is erased." in page
    assert "anna@example.com" not in page
    assert "This request is over already" in do(client, number, "erase", sure="yes").content.decode()


def test_officer_corrects_and_the_log_has_no_values(client, officer, anna):
    number = request_of(anna, "rectification")
    fields = {"email": "ANNA.new@example.com", "first_name": "Änna", "language": "en", "time_zone": "Europe/Berlin"}
    do(client, number, "rectify", **fields)
    anna.refresh_from_db()
    assert (anna.email, anna.first_name) == ("anna.new@example.com", "Änna")
    assert "nna" not in RequestLog.objects.latest("pk").what
    assert "email, first_name" in RequestLog.objects.latest("pk").what


def test_officer_refuses_with_a_reason(client, officer, anna):
    number = request_of(anna, "erasure")
    do(client, number, "refuse")
    assert Request.objects.get().state == "open"
    assert "Refused: identity not proven" in do(client, number, "refuse", text="identity not proven").content.decode()


def test_objection_ends_every_consent_of_everybody_with_the_address(client, officer, anna):
    twin = Contact.objects.create(email="anna@example.com", created_at=NOW, updated_at=NOW)
    for contact, purpose in ((anna, "profiling"), (twin, "email_marketing"), (anna, "service")):
        record_consent(contact_id=contact.pk, purpose=purpose, decision="granted", source="form", now=NOW)
    do(client, request_of(anna, "objection"), "object")
    held = set(State.objects.values_list("contact_id", "purpose__slug", "granted"))
    assert held == {(c.pk, p, False) for c in (anna, twin) for p in ("email_marketing", "profiling", "third_party")} | {
        (anna.pk, "service", True)
    }
    assert Suppression.objects.values_list("address", "reason").get() == ("anna@example.com", "objected")
    assert set(Record.objects.filter(source="objection").values_list("decision", flat=True)) == {"withdrawn", "refused"}


def test_restriction_and_its_end(client, officer, anna):
    number = request_of(anna, "restriction")
    do(client, number, "restrict")
    anna.refresh_from_db()
    assert anna.restricted_at
    assert "data restricted" in client.get(reverse("contact", args=[anna.pk])).content.decode()
    do(client, number, "lift")
    anna.refresh_from_db()
    assert anna.restricted_at is None


def test_get_changes_nothing_and_a_mail_token_only_has_a_mail_sent(client, anna):
    page = client.get(reverse("my_data", args=[token(anna)]))
    assert (page.status_code, page.cookies.output(), Request.objects.count()) == (200, "", 0)
    for kind in ("erasure", "access", "objection"):
        assert client.post(reverse("my_data", args=[token(anna)]), {"kind": kind}).status_code == 200
    assert set(Request.objects.values_list("state", flat=True)) == {"asked"}
    assert (Contact.objects.count(), Export.objects.count(), Suppression.objects.count()) == (1, 0, 0)
    assert set(ServiceMail.objects.values_list("kind", "address")) == {("confirm_request", "anna@example.com")}


def test_fourth_request_of_a_day_has_no_mail_sent(client, anna):
    for _ in range(5):
        client.post(reverse("my_data", args=[token(anna)]), {"kind": "access"})
    assert ServiceMail.objects.count() == 3


def test_person_gets_their_data_by_two_mails(client, anna):
    client.post(reverse("my_data", args=[token(anna)]), {"kind": "access"})
    url = path(ServiceMail.objects.get().values["url"])
    assert client.get(url).status_code == client.head(url).status_code == 200
    assert Request.objects.get().state == "asked"
    client.post(url)
    client.post(url)
    assert Request.objects.get().state == "done"
    ready = path(ServiceMail.objects.get(kind="export_ready").values["url"])
    assert client.get(ready).status_code == 200
    assert Export.objects.get().fetched_at is None
    assert zipfile.ZipFile(io.BytesIO(client.post(ready).content)).namelist() == ["data.json", "data.html"]
    assert Export.objects.get().fetched_at


def test_confirmed_erasure_waits_for_the_officer(client, anna):
    client.post(reverse("my_data", args=[token(anna)]), {"kind": "erasure", "text": "all of it"})
    client.post(path(ServiceMail.objects.get().values["url"]))
    found = Request.objects.get()
    assert (found.state, found.text) == ("open", "all of it")
    assert Contact.objects.exists()


def test_confirmed_objection_is_carried_out_at_once(client, anna):
    client.post(reverse("my_data", args=[token(anna)]), {"kind": "objection"})
    client.post(path(ServiceMail.objects.get().values["url"]))
    assert Suppression.objects.get().reason == "objected"


def bad_tokens(anna):
    good = token(anna)
    confirm = links.confirm_url(1).rsplit("/", 2)[1]
    return [
        "x",
        good[:-1],
        good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1],
        good + "=",
        "1",
        confirm,
        "%00",
        "1-0." + "a" * 5000,
    ]


def test_137_to_144_wrong_tokens_give_the_same_neutral_page(client, anna):
    number = request_of(anna, confirmed=False)
    pages = {client.get(f"/x/{one}/").content for one in bad_tokens(anna)}
    pages |= {
        client.get(f"/y/{one}/").content for one in (token(anna), "x", links.export_url(number).rsplit("/", 2)[1])
    }
    titles = {re.search(rb"<h1[^>]*>(.*?)</h1>", page)[1] for page in pages}
    assert titles == {b"This link does not work"}
    assert client.post(f"/y/{token(anna)}/").status_code == 404
    assert Request.objects.get().state == "asked"


def test_141_link_to_confirm_runs_out_after_a_day(client, anna, monkeypatch):
    url = path(links.confirm_url(request_of(anna, confirmed=False)))
    later = signing.time.time() + 24 * 3600 + 5
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert client.post(url).status_code == 404
    assert Request.objects.get().state == "asked"


def test_145_link_of_somebody_merged_is_the_survivors(client, anna):
    old = Contact.objects.create(email="old@example.com", created_at=NOW, updated_at=NOW)
    link = token(old)
    merge_contacts(survivor_id=anna.pk, loser_id=old.pk, why="test", by="maja", now=NOW)
    assert client.post(reverse("my_data", args=[link]), {"kind": "access"}).status_code == 200
    assert ServiceMail.objects.get().address == "anna@example.com"


def test_146_and_124_links_of_somebody_erased_say_nothing(client, anna):
    request_id = request_of(anna, confirmed=False)
    urls = [f"/x/{token(anna)}/", path(links.confirm_url(request_id)), f"/u/{token(anna)}/"]
    never = client.get("/x/1-0.nothing/")
    operations.erase_contact(contact_id=anna.pk, why="test", now=NOW)
    for url in urls:
        for answer in (client.get(url), client.post(url, {"kind": "access"})):
            assert answer.status_code == 404
            assert "anna" not in answer.content.decode().lower()
    assert client.get(urls[0]).content == never.content
    assert ServiceMail.objects.count() == 0


def test_148_mail_token_grants_nothing_and_changes_no_address(client, anna):
    client.post(
        reverse("my_data", args=[token(anna)]),
        {"kind": "rectification", "email": "evil@example.com", "consent": "granted"},
    )
    anna.refresh_from_db()
    assert anna.email == "anna@example.com"
    assert not State.objects.exists()
    assert not Preference.objects.exists()


def periods(**changes):
    given = {f"days_{rule.slug}": rule.days for rule in Retention.objects.all()}
    given |= {f"active_{rule.slug}": "on" for rule in Retention.objects.filter(active=True)}
    return given | changes


def test_retention_counts_without_deleting_and_saves(client, officer, anna):
    Event.objects.create(
        contact=anna, name="x", occurred_at=NOW - timedelta(days=2), received_at=NOW, source="web", message_id="1"
    )
    page = client.post(reverse("retention"), periods(days_events=0, count="yes")).content.decode()
    assert "1 row would be deleted now" in page
    assert Event.objects.exists()
    client.post(reverse("retention"), periods(days_events=0))
    assert Retention.objects.get(slug="events").days == 0
    assert expiring.dry_run(now=NOW)["events"] == {"contacts_event": 1}


def test_retention_refuses_more_than_an_undo_lasts(client, officer):
    assert "30" in client.post(reverse("retention"), periods(days_merges=90)).content.decode()
    assert Retention.objects.get(slug="merges").days == 30


def test_marketer_counts_and_cannot_save(client):
    client.force_login(User.objects.create_user("maja"))
    assert client.post(reverse("retention"), periods(count="yes")).status_code == 200
    assert client.post(reverse("retention"), periods(days_events=1)).status_code == 403


def test_record_of_processing_reads_and_downloads(client, officer):
    assert "GDPR Art. 30" in client.get(reverse("processing")).content.decode()
    text = client.get(reverse("processing_file", args=["csv"])).content.decode("utf-8-sig")
    assert "contacts_contact" in text
    content = client.get(reverse("processing_file", args=["json"])).json()
    assert {"activities", "purposes"} <= set(content)
    assert client.get(reverse("processing_file", args=["exe"])).status_code == 404


def test_unused_data_lists_what_no_rule_names_and_stops_it(client, officer, anna):
    from contacts.models import Segment

    for key in ("shoe_size", "country_of_birth"):
        Attribute.objects.create(key=key, kind="text", name_en=key, name_de=key, created_at=NOW)
    Contact.objects.update(attributes={"shoe_size": "42", "country_of_birth": "DE"})
    Segment.objects.create(
        slug="s",
        name_en="s",
        name_de="s",
        condition={
            "any": [
                {"attribute": "country_of_birth", "is": "DE"},
                {"event": "bought", "where": [{"property": "plan", "is": "pro"}]},
            ]
        },
    )
    for name in ("bought", "hovered"):
        EventType.objects.create(slug=name, name_en=name, name_de=name)
        Event.objects.create(
            contact=anna,
            name=name,
            occurred_at=NOW,
            received_at=NOW,
            source="web",
            message_id=name,
            properties={"plan": "pro", "colour_of_mouse": "red"},
        )
    report = client.get(reverse("unused_data")).context["report"]
    assert [(one.key, one.people) for one in report.attributes] == [("shoe_size", 1)]
    assert [(one.name, one.people) for one in report.events] == [("hovered", 1)]
    assert [(one.name, one.properties) for one in report.properties] == [("bought", ["colour_of_mouse"])]
    client.post(reverse("unused_stop", args=[report.attributes[0].id]))
    anna.refresh_from_db()
    assert anna.attributes == {"country_of_birth": "DE"}
    assert Attribute.objects.get(key="shoe_size").state == "ignored"
