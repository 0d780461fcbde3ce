"""The preference centre: a link shows and lowers; it never agrees to anything by itself."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Preference, Purpose, Record, ServiceMail, Signup, State
from consent.records.operations import record_consent
from contacts.models import Contact, Event

from .conftest import NOW, grant, link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts")]


@pytest.fixture(autouse=True)
def at():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def anna(person):
    return person("anna", "email_marketing", "lamps", "profiling")


def save(browser, contact, *agree, shown=("email_marketing", "lamps", "profiling"), **more):
    return browser.post(link(contact, "p"), {"save": "1", "shown": list(shown), "agree": list(agree), **more})


def granted(contact):
    return dict(State.objects.filter(contact=contact).values_list("purpose__slug", "granted"))


def counts():
    return [model.objects.count() for model in (Record, State, Preference, Signup, ServiceMail, Event)]


def test_preferences_show_what_holds_now_in_the_language_of_the_person(anna, browser):
    page = browser.get(link(anna, "p")).content.decode()
    assert page.count(" checked aria-describedby") == 3
    assert "third_party" not in page  # nobody wrote words for it
    Contact.objects.update(language="de")
    german = browser.get(link(anna, "p"))
    assert '<html lang="de"' in german.content.decode()
    assert '<html lang="en"' in browser.get(link(anna, "p") + "?lang=en").content.decode()
    assert not german.cookies
    assert german["Referrer-Policy"] == "no-referrer"


def test_preferences_get_head_and_options_change_nothing(anna, browser):
    before = counts()
    for _ in range(2):
        assert browser.get(link(anna, "p"), headers={"purpose": "prefetch"}).status_code == 200
        assert browser.head(link(anna, "p")).status_code == 200
        assert browser.options(link(anna, "p")).status_code == 405
    assert counts() == before


def test_preferences_untick_withdraws_that_alone_for_everybody_with_the_address(anna, browser, person):
    twin = person("twin", "profiling", email=anna.email)
    other = person("other", "profiling")
    save(browser, anna, "email_marketing", "lamps")
    assert granted(anna) == {"email_marketing": True, "lamps": True, "profiling": False}
    assert granted(twin) == {"profiling": False}
    assert granted(other) == {"profiling": True}
    assert not Event.objects.exists()  # nobody unsubscribed


def test_preferences_untick_of_a_topic_keeps_its_purpose_and_the_other_way_round_ends_both(anna, browser):
    save(browser, anna, "email_marketing", "profiling")
    assert granted(anna) == {"email_marketing": True, "lamps": False, "profiling": True}
    assert Event.objects.get().properties["purposes"] == ["lamps"]
    grant(anna, "lamps", at=NOW)
    save(browser, anna, "lamps", "profiling")
    assert granted(anna) == {"email_marketing": False, "lamps": False, "profiling": True}


def test_preferences_withdraw_all_in_one_press(anna, browser, person):
    twin = person("twin", "email_marketing", email=anna.email)
    answer = browser.post(link(anna, "p"), {"withdraw_all": "1"})
    assert "You agree to nothing any more" in answer.content.decode()
    assert set(granted(anna).values()) == set(granted(twin).values()) == {False}
    before = counts()
    assert browser.post(link(anna, "p"), {"withdraw_all": "1"}).status_code == 200
    assert counts() == before
    assert Event.objects.count() == 1


def test_preferences_tick_148_asks_by_mail_and_agrees_to_nothing(browser, person):
    ben = person("ben", "profiling")
    answer = save(browser, ben, "profiling", "email_marketing", shown=["profiling"])
    assert "agreed once you confirm it" in answer.content.decode()
    assert granted(ben) == {"profiling": True}
    signup = Signup.objects.get()
    assert (signup.contact, signup.email, signup.choices[0]["wording"]) == (ben, ben.email, "email_marketing/en/1")
    browser.post(ServiceMail.objects.get().values["url"].removeprefix("http://127.0.0.1:8000"))
    assert granted(ben) == {"profiling": True, "email_marketing": True}
    assert Record.objects.latest("id").proof["form"] == "preferences"


@pytest.mark.parametrize(
    "given",
    [
        {"agree": ["email_marketing", "third_party", "service"]},
        {"save": "1", "agree": ["third_party", "service"], "granted": "1"},  # no words for it, or no consent to give
        {"save": "1", "email": "mine@evil.example", "contact": "1"},
        {"save": "1", "email_marketing": "granted", "decision": "granted"},
    ],
)
def test_preferences_post_148_can_neither_grant_nor_change_an_address(browser, person, given):
    ben = person("ben")
    browser.post(link(ben, "p"), given)
    assert granted(ben) == {}
    assert not ServiceMail.objects.exists()
    assert Contact.objects.get().email == "ben@mail.example"


def test_preferences_empty_post_changes_nothing(anna, browser):
    Preference.objects.create(contact=anna, frequency="less", since=NOW)
    before = counts()
    assert browser.post(link(anna, "p"), "List-Unsubscribe=One-Click", content_type="text/plain").status_code == 200
    assert counts() == before
    assert Preference.objects.get().frequency == "less"


def test_preferences_what_changed_elsewhere_while_the_page_was_open_stays(anna, browser):
    grant(anna, "third_party", at=NOW)
    record_consent(contact_id=anna.pk, purpose="lamps", decision="withdrawn", source="api", now=NOW)
    save(browser, anna, "email_marketing", "lamps", "profiling")
    assert granted(anna) == {"email_marketing": True, "lamps": False, "profiling": True, "third_party": True}
    assert not ServiceMail.objects.exists()


def test_preferences_frequency_and_pause_hold_for_everybody_with_the_address(anna, browser, person):
    twin = person("twin", email=anna.email)
    save(browser, anna, "email_marketing", "lamps", "profiling", frequency="less", pause="2w")
    for contact in (anna, twin):
        kept = Preference.objects.get(contact=contact)
        assert (kept.frequency, kept.paused_until, kept.since) == ("less", NOW + timedelta(weeks=2), NOW)
    page = browser.get(link(anna, "p")).content.decode()
    assert "16 Mar 2026" in page
    save(browser, anna, "email_marketing", "lamps", "profiling", frequency="normal", pause="as_now")
    kept = Preference.objects.get(contact=anna)
    assert (kept.frequency, kept.paused_until) == ("normal", NOW + timedelta(weeks=2))
    save(browser, anna, "email_marketing", "lamps", "profiling", frequency="normal", pause="")
    assert Preference.objects.get(contact=anna).paused_until is None
    assert Record.objects.filter(decision="withdrawn").count() == 0


@pytest.mark.parametrize("until", ["", "2026-03-02", "2020-01-01", "2031-01-01", "31.02.2026", "x" * 5000])
def test_preferences_bad_day_saves_nothing_and_says_so(anna, browser, until):
    before = counts()
    answer = save(browser, anna, pause="day", until=until)
    assert answer.status_code == 422
    assert "Nothing is saved yet" in answer.content.decode()
    assert counts() == before


def test_preferences_purpose_allowed_until_somebody_objects_can_be_objected_to(browser, person):
    Purpose.objects.create(slug="post", name_en="Letters", name_de="Briefe", enforcement="opt_out", channel="letter")
    ben = person("ben")
    assert "You get this until you say no" in browser.get(link(ben, "p")).content.decode()
    save(browser, ben, shown=["post"])
    assert granted(ben) == {"post": False}
    page = browser.get(link(ben, "p")).content.decode()
    assert "Letters" not in page  # nothing to agree to without words


def test_unsubscribe_page_of_a_topic_offers_it_alone(anna, browser):
    page = browser.get(link(anna, topic="lamps"))
    assert page.content.count(b"<button") == 2
    assert "Lamps" in page.content.decode()
    done = browser.post(link(anna, topic="lamps"), "confirm=topic", content_type="application/x-www-form-urlencoded")
    assert "nothing more about “Lamps”" in done.content.decode()
    assert granted(anna) == {"email_marketing": True, "lamps": False, "profiling": True}


def test_unsubscribe_one_click_of_a_topic_ends_all_e_mail_marketing(anna, browser):
    done = browser.post(
        link(anna, topic="lamps"), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert done.status_code == 200
    assert granted(anna) == {"email_marketing": False, "lamps": False, "profiling": True}


def test_public_pages_take_few_statements_whoever_else_there_is(anna, browser, person):
    def statements(call):
        with CaptureQueriesContext(connection) as seen:
            assert call().status_code == 200
        return len(seen)

    def all_pages():
        return [
            statements(lambda: browser.get(link(anna, "p"))),
            statements(lambda: browser.get(link(anna, "u"))),
            statements(
                lambda: browser.post(link(anna, "p"), {"save": "1", "shown": "profiling", "agree": "profiling"})
            ),
        ]

    all_pages()
    first = all_pages()
    for n in range(30):
        person(f"p{n}", "profiling")
    person("twin", email=anna.email)
    assert all_pages() == first == [7, 2, 12]
