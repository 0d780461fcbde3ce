"""Signing up: separate choices, one mail, a confirmation that only a press of the button gives."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Purpose, Record, ServiceMail, Signup, State
from consent.preferences.mails import text_of
from consent.preferences.queries import confirm_url
from consent.preferences.signups import forget_signups
from consent.records.operations import record_consent, suppress_address
from contacts.models import Contact, Event

from .conftest import NOW, link, write_wording

pytestmark = pytest.mark.django_db
EMAIL = "neu@mail.example"
BROWSER = Client(enforce_csrf_checks=True)  # one for all: each new one loads the whole chain of middleware


@pytest.fixture(autouse=True)
def at():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def ask(*ticked, email=EMAIL, language="en", **more):
    names = [f"{slug}/{language}/1" for slug in ticked]
    return BROWSER.post(f"/f/news/?lang={language}", {"email": email, "agree": names, **more})


def path(signup=None):
    return "/" + confirm_url((signup or Signup.objects.latest("id")).pk).split("/", 3)[3]


def agreed(email=EMAIL):
    return dict(State.objects.filter(contact__email=email).values_list("purpose__slug", "granted"))


def test_signup_page_has_separate_unticked_choices_with_todays_words(form, browser):
    write_wording("profiling", "de", "Neuer Text", version=2)
    page = browser.get("/f/news/?lang=de").content.decode()
    assert [name.split('value="')[1] for name in re.findall(r'<input type="checkbox" name="agree" value="[^"]*', page)] == [
        "email_marketing/de/1", "profiling/de/2", "lamps/de/1"
    ]  # fmt: skip
    assert "checked" not in page
    assert "Neuer Text" in page
    assert '<html lang="de"' in page
    assert "<script" not in page


def test_signup_purpose_without_words_in_the_language_is_not_offered(form, browser):
    third = Purpose.objects.get(slug="third_party")
    form.choices.create(purpose=third, position=9)
    write_wording("third_party", "en", "Share it.")
    assert "Share it." in browser.get("/f/news/?lang=en").content.decode()
    assert "third_party" not in browser.get("/f/news/?lang=de").content.decode()


def test_signup_asks_by_one_mail_and_nothing_is_agreed_yet(form):
    answer = ask("email_marketing", "profiling", first_name="Neu\r\nBcc: x", country="DE")
    assert "look into your inbox" in answer.content.decode()
    mail, signup = ServiceMail.objects.get(), Signup.objects.get()
    assert (mail.kind, mail.address, mail.language, mail.state) == ("double_opt_in", EMAIL, "en", "waiting")
    assert signup.fields == {"first_name": "Neu Bcc: x", "country": "DE"}
    assert not Contact.objects.exists()
    assert not Record.objects.exists()
    text = text_of(mail)
    assert text.subject == "Please confirm: Nordlicht"
    assert f"/d/{path().split('/')[2]}/" in text.text
    assert "I want news by e-mail." in text.text
    assert text.html.count("<a ") == 1  # no offer, no advertising: the one link confirms


def test_signup_answer_is_the_same_for_a_known_a_suppressed_and_an_impatient_address(form, person):
    person("known", "email_marketing")
    suppress_address(channel="email", address="dead@mail.example", reason="bounced", now=NOW)
    asked = ("new@mail.example", "known@mail.example", "dead@mail.example", "new@mail.example")
    answers = [ask("profiling", email=email) for email in asked]
    bodies = {answer.content.decode().replace(email, "X") for email, answer in zip(asked, answers, strict=True)}
    assert len(bodies) == 1
    assert {answer.status_code for answer in answers} == {200}
    assert list(ServiceMail.objects.order_by("id").values_list("address", flat=True)) == list(asked[:2])


def test_signup_fifty_times_is_one_mail_a_day_and_three_in_thirty(form, at):
    sent = {}
    for day, times in ((0, 50), (1, 3), (2, 1), (3, 2), (29, 2), (30, 1), (31, 1), (32, 1), (33, 1)):
        for n in range(times):
            at.move_to(NOW + timedelta(days=day, minutes=1, seconds=n))
            ask("email_marketing", email="Neu@Mail.example ")
        sent[day] = ServiceMail.objects.count()
    assert sent == {0: 1, 1: 2, 2: 3, 3: 3, 29: 3, 30: 4, 31: 5, 32: 6, 33: 6}
    times = list(ServiceMail.objects.order_by("created_at").values_list("created_at", flat=True))
    for start in times:
        assert sum(start <= at < start + timedelta(hours=24) for at in times) <= 1
        assert sum(start <= at < start + timedelta(days=30) for at in times) <= 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": EMAIL}, "Please tick what you want"),
        ({"email": "no address", "agree": ["profiling/en/1"]}, "no e-mail address"),
        ({"email": "a@b.example\r\nBcc: c@d.example", "agree": ["profiling/en/1"]}, "no e-mail address"),
        ({"email": EMAIL, "agree": ["profiling/en/0"]}, "texts have changed"),
        ({"email": EMAIL, "agree": ["third_party/en/1"]}, "texts have changed"),
    ],
)
def test_signup_that_is_not_complete_writes_nothing_and_says_why(form, browser, given, said):
    answer = browser.post("/f/news/?lang=en", given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Signup.objects.exists()


def test_signup_of_a_program_that_fills_every_field_is_not_asked(form):
    assert ask("profiling", website="https://x.example").status_code == 200
    assert not ServiceMail.objects.exists()


def test_signup_begun_elsewhere_shows_the_form_with_the_address(form, browser):
    page = browser.post("/f/news/?lang=en", {"email": EMAIL, "begin": "1"}).content.decode()
    assert f'value="{EMAIL}"' in page
    assert "I want news by e-mail." in page
    assert not Signup.objects.exists()


def test_confirm_by_get_head_and_options_agrees_to_nothing(form, browser):
    ask("email_marketing")
    for _ in range(2):
        page = browser.get(path(), headers={"purpose": "prefetch"})
        assert browser.head(path()).status_code == 200
        assert browser.options(path()).status_code == 405
    assert page.content.count(b"<button") == 1
    assert not Record.objects.exists()
    assert not Contact.objects.exists()


def test_confirm_records_what_was_ticked_with_its_whole_proof(form, browser, texts, at):
    ask("email_marketing", "lamps", first_name="Nela")
    at.shift(timedelta(hours=1))
    assert "it is confirmed" in browser.post(path()).content.decode()
    assert agreed() == {"email_marketing": True, "lamps": True}
    contact = Contact.objects.get()
    assert (contact.email, contact.first_name, contact.language) == (EMAIL, "Nela", "en")
    record = Record.objects.get(purpose__slug="lamps")
    assert record.wording == "lamps/en/1"
    assert record.proof == {
        "method": "double_opt_in",
        "signup": Signup.objects.get().pk,
        "mail": ServiceMail.objects.get().pk,
        "form": "news",
        "url": "http://127.0.0.1:8000/f/news/",
        "wording": "lamps/en/1",
        "digest": texts["lamps"]["en"].digest,
        "requested_at": NOW.isoformat(),
        "confirmed_at": (NOW + timedelta(hours=1)).isoformat(),
    }
    assert record.digest  # the chain has it


def test_confirm_twice_is_the_same_page_and_one_record(form, browser):
    ask("email_marketing")
    first, second = (browser.post(path()) for _ in range(2))
    assert first.content == second.content
    assert Record.objects.count() == 1
    assert "it is confirmed" in browser.get(path()).content.decode()


def test_confirm_known_address_goes_to_that_person_and_changes_no_language(form, browser, person):
    anna = person("anna", language="de")
    ask("profiling", email="ANNA@mail.example")
    browser.post(path())
    anna.refresh_from_db()
    assert agreed(anna.email) == {"profiling": True}
    assert Contact.objects.count() == 1
    assert anna.language == "de"


def test_confirm_after_seven_days_is_a_clear_page_and_records_nothing(form, browser, at):
    ask("email_marketing")
    where = path()
    at.shift(timedelta(days=7))
    for answer in (browser.get(where), browser.post(where)):
        assert answer.status_code == 410
        assert "has expired" in answer.content.decode()
    assert forget_signups(now=NOW + timedelta(days=8)) == 0
    assert Signup.objects.get().state == "expired"
    assert browser.post(where).status_code == 410
    assert forget_signups(now=NOW + timedelta(days=32)) == 1
    assert browser.post(where).status_code == 404
    assert not Record.objects.exists()


def test_confirm_after_the_person_was_erased_is_neutral(form, browser):
    ask("email_marketing")
    where = path()
    browser.post(where)
    State.objects.all().delete()
    Contact.objects.all().delete()
    before = Record.objects.count()
    gone = browser.post(where)
    assert gone.status_code == 404
    assert EMAIL not in gone.content.decode()
    assert gone.content == browser.get("/d/nothing/").content
    assert (Record.objects.count(), Contact.objects.count()) == (before, 0)


def test_confirm_never_agrees_for_an_address_that_is_not_the_persons_any_more(form, browser, person, texts):
    anna = person("anna", "email_marketing")
    browser.post(link(anna, "p"), {"save": "1", "shown": "email_marketing", "agree": ["email_marketing", "profiling"]})
    where = path()
    Contact.objects.update(email="other@mail.example")
    assert browser.post(where).status_code == 404
    assert agreed("other@mail.example") == {"email_marketing": True}


def test_confirm_leaves_out_a_purpose_that_was_ended_meanwhile(form, browser):
    ask("email_marketing", "profiling")
    Purpose.objects.filter(slug="profiling").update(active=False)
    browser.post(path())
    assert agreed() == {"email_marketing": True}


def test_unticked_choice_says_nothing_about_an_earlier_answer(form, browser, person):
    anna = person("anna", "profiling")
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="refused", source="form", now=NOW)
    ask("lamps", email=anna.email)
    browser.post(path())
    assert agreed(anna.email) == {"profiling": True, "email_marketing": False, "lamps": True}


def test_every_confirmation_of_many_has_a_complete_proof(form):
    from consent.preferences.signups import Asked, confirm_signup, request_signup

    wordings = [choice.purpose.wordings.get(language="en") for choice in form.choices.select_related("purpose")]
    for n in range(60):
        asked = Asked(f"p{n}@mail.example", "en", wordings[: 1 + n % 3], "https://x.example/f/news/", form=form)
        assert confirm_signup(signup_id=request_signup(asked=asked, now=NOW), now=NOW + timedelta(minutes=n)) == "done"
    needed = {"method", "signup", "mail", "form", "url", "wording", "digest", "requested_at", "confirmed_at"}
    records = list(Record.objects.all())
    assert len(records) == 60 * 2
    assert all(set(r.proof) == needed and all(r.proof.values()) and r.digest for r in records)
    assert Event.objects.count() == 0


def test_signup_and_confirm_take_few_statements(form, browser):
    with CaptureQueriesContext(connection) as shown:
        browser.get("/f/news/")
    ask("email_marketing", "profiling", "lamps")
    with CaptureQueriesContext(connection) as confirmed:
        browser.post(path())
    assert (len(shown), len(confirmed)) == (3, 28), (len(shown), [q["sql"][:90] for q in confirmed])
