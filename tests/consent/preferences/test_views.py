"""Unsubscribing without a login: a link shows, only a POST withdraws, and nothing ever raises consent."""

import re
from datetime import UTC, datetime

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test import Client

from consent.models import Record, State
from consent.preferences.queries import subject_of, unsubscribe_token, unsubscribe_url
from consent.preferences.rules import Subject
from consent.records.operations import record_consent
from contacts.models import Contact, Event, EventType, News

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.urls("consent.preferences.urls")]
ONE_CLICK = {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}


@pytest.fixture
def anna():
    contact = Contact.objects.create(email="anna@mail.example", language="en", created_at=NOW, updated_at=NOW)
    for purpose in ("email_marketing", "profiling"):
        record_consent(contact_id=contact.pk, purpose=purpose, decision="granted", source="form", now=NOW)
    return contact


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def address(contact, touch=77):
    return f"/u/{unsubscribe_token(Subject(contact.pk, touch))}/"


def counts():
    return [model.objects.count() for model in (Record, Event, News)]


def granted(contact):
    return dict(State.objects.filter(contact=contact).values_list("purpose__slug", "granted"))


def test_unsubscribe_get_and_head_show_one_button_and_change_nothing(anna, browser):
    before = counts()
    for _ in range(2):
        page = browser.get(address(anna), headers={"purpose": "prefetch"})
        assert page.status_code == 200
        assert browser.head(address(anna)).status_code == 200
        assert browser.options(address(anna)).status_code == 405
    assert page.content.count(b"<button") == 1
    assert b"<script" not in page.content
    assert not page.cookies
    assert "no-store" in page["Cache-Control"]
    assert counts() == before
    assert granted(anna)["email_marketing"] is True


@pytest.mark.parametrize(("language", "said"), [("en", "No more marketing"), ("de", '<html lang="de"')])
def test_unsubscribe_page_speaks_the_language_of_the_person(anna, browser, language, said):
    Contact.objects.update(language=language)
    assert said in browser.get(address(anna)).content.decode()


def test_unsubscribe_button_withdraws_marketing_alone_and_tells_an_event(anna, browser):
    done = browser.post(address(anna), "confirm=page", content_type="application/x-www-form-urlencoded")
    assert done.status_code == 200
    assert "You are unsubscribed" in done.content.decode()
    assert granted(anna) == {"email_marketing": False, "profiling": True}
    record = Record.objects.latest("id")
    assert (record.decision, record.source, record.proof) == (
        "withdrawn",
        "preferences",
        {"touch": 77, "how": "page", "by": anna.pk},
    )
    event = Event.objects.get()
    assert (event.name, event.contact_id, event.properties["touch"]) == ("unsubscribed", anna.pk, 77)
    assert EventType.objects.get(slug="unsubscribed").kind == "feedback"


def test_unsubscribe_one_click_twice_answers_200_and_withdraws_once(anna, browser):
    for _ in range(2):
        answer = browser.post(address(anna), **ONE_CLICK)
        assert answer.status_code == 200
        assert not answer.cookies
    assert Record.objects.filter(decision="withdrawn").count() == 1
    assert Record.objects.latest("id").proof["how"] == "one_click"
    assert Event.objects.count() == 1


def test_unsubscribe_reaches_everybody_with_the_same_address_who_had_agreed(anna, browser):
    twin, other, silent = (
        Contact.objects.create(email=email, created_at=NOW, updated_at=NOW)
        for email in (anna.email, "x@mail.example", anna.email)
    )
    for contact in (twin, other):
        record_consent(contact_id=contact.pk, purpose="email_marketing", decision="granted", source="form", now=NOW)
    browser.post(address(anna), **ONE_CLICK)
    assert [granted(c).get("email_marketing") for c in (anna, twin, other, silent)] == [False, False, True, None]
    assert Record.objects.get(contact=twin, decision="withdrawn").proof["by"] == anna.pk
    assert Event.objects.count() == 1
    record_consent(
        contact_id=twin.pk, purpose="email_marketing", decision="granted", source="form", now=datetime.now(UTC)
    )
    browser.post(address(anna), **ONE_CLICK)
    assert granted(twin)["email_marketing"] is False


@pytest.mark.parametrize("body", ["", "%%%", "List-Unsubscribe=One-Click&granted=1", "x" * 4000])
def test_unsubscribe_post_with_any_body_withdraws(anna, browser, body):
    kind = "multipart/form-data; boundary=xx" if body == "%%%" else "application/x-www-form-urlencoded"
    assert browser.generic("POST", address(anna), body, content_type=kind).status_code == 200
    assert granted(anna)["email_marketing"] is False


def test_unsubscribe_after_agreeing_again_by_the_same_mail_counts_again(anna, browser):
    browser.post(address(anna), **ONE_CLICK)
    record_consent(
        contact_id=anna.pk, purpose="email_marketing", decision="granted", source="form", now=datetime.now(UTC)
    )
    browser.post(address(anna), **ONE_CLICK)
    assert granted(anna)["email_marketing"] is False
    assert Event.objects.count() == 2


def test_unsubscribe_who_never_agreed_is_recorded_as_withdrawn(browser):
    ben = Contact.objects.create(email="ben@mail.example", created_at=NOW, updated_at=NOW)
    browser.post(address(ben), **ONE_CLICK)
    assert granted(ben) == {"email_marketing": False}


def test_unsubscribe_with_any_altered_byte_is_a_neutral_404(anna, browser):
    token = unsubscribe_token(Subject(anna.pk, 77))
    before = counts()
    altered = [token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] for n in range(len(token))]
    altered += [token[:-1], token + "A", token.upper(), "x", "1-1", "é" * 300, "A" * 10_000]
    for wrong in altered:
        for answer in (browser.get(f"/u/{wrong}/"), browser.post(f"/u/{wrong}/", **ONE_CLICK)):
            assert answer.status_code == 404, wrong
            assert b"anna" not in answer.content
    assert counts() == before


@pytest.mark.parametrize("salt", ["orchestrator.channels.click", "orchestrator.channels.open", ""])
def test_unsubscribe_never_takes_a_token_of_another_kind(anna, browser, salt):
    token = Signer(salt=salt or None, sep=".").sign(f"{anna.pk}-77")
    assert subject_of(token) is None
    assert browser.post(f"/u/{token}/", **ONE_CLICK).status_code == 404


def test_unsubscribe_of_a_person_who_is_gone_is_404(anna, browser):
    where = address(anna)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_state")
        cursor.execute("DELETE FROM contacts_contact")
    assert browser.post(where, **ONE_CLICK).status_code == 404


def test_unsubscribe_url_is_built_from_settings_and_stays_the_same(anna, settings):
    settings.PUBLIC_URL = "https://shop.example"
    url = unsubscribe_url(contact_id=anna.pk, touch_id=77)
    assert url == unsubscribe_url(contact_id=anna.pk, touch_id=77)
    assert re.fullmatch(r"https://shop\.example/u/[A-Za-z0-9_.\-]{10,90}/", url)
