"""A person answers a survey on a phone; a marketer sets up a survey and a webhook on the canvas."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from contacts.models import Contact, Event
from journeys.canvas.drafts import draft_of
from journeys.models import Block, Enrollment, Journey, Step, Touch, Version
from journeys.surveys.queries import survey_url
from tests.browser.waiting import settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 800}}
QUESTION = {
    "en": "How likely are you to recommend our lamps to a friend?",
    "de": "Wie wahrscheinlich empfehlen Sie unsere Lampen?",
}
CHOICES = [
    {"key": "light", "label": {"en": "The light", "de": "Das Licht"}},
    {"key": "price", "label": {"en": "The price", "de": "Der Preis"}},
    {"key": "nothing", "label": {"en": "Nothing in particular", "de": "Nichts Besonderes"}},
]


def looked_at(page, name):
    """Keep a picture where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def ask():
    """Give a function that asks somebody by a message and returns the path of the page."""

    def make(language="en", **settings):
        now = datetime.now(UTC)
        journey = Journey.objects.order_by("pk").first()
        number = Version.objects.filter(journey=journey).count() + 10
        version = Version.objects.create(journey=journey, number=number, definition={}, created_at=now)
        step = Step.objects.create(
            version=version,
            key="ask",
            kind="survey",
            position=0,
            settings={"question": QUESTION, **settings},
            name_en="a",
            name_de="a",
        )
        person = Contact.objects.create(
            first_name="Ida", email=f"ida{number}@people.example", language=language, created_at=now, updated_at=now
        )
        run = Enrollment.objects.create(
            contact=person,
            journey=journey,
            version=version,
            step=step,
            entered_at=now,
            arrived_at=now,
            due_at=now + timedelta(days=3),
        )
        touch = Touch.objects.create(
            enrollment=run, step=step, visit=0, contact=person, journey=journey, block=Block.objects.first(),
            channel="email", purpose="email_marketing", state="sent", proposed_at=now, expires_at=now + timedelta(days=3),
        )  # fmt: skip
        return "/s/" + survey_url(touch.pk).split("/s/")[1]

    return make


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_person_gives_a_grade_on_a_phone_and_cannot_give_another(visit, ask, scheme):
    person = visit(**PHONE, color_scheme=scheme)
    path = ask(nps=True, comment=True)
    person.open(path)
    assert person.violations() == []
    assert person.too_wide() <= 0
    looked_at(person.page, f"survey-grade-{scheme}")
    person.page.get_by_role("radio", name="9", exact=True).check()
    person.page.get_by_label("tell us more").fill("Warm light")
    looked_at(person.page, f"survey-grade-chosen-{scheme}")
    person.page.get_by_role("button", name="Send the answer").click()
    expect(person.page.get_by_role("heading", name="Thank you")).to_be_visible()
    looked_at(person.page, f"survey-thanks-{scheme}")
    assert person.violations() == []
    assert Event.objects.get(name="survey_answered").properties["answer"] == 9
    person.open(path)
    expect(person.page.get_by_text("Your answer: 9")).to_be_visible()


def test_person_chooses_by_keys_at_a_desk(visit, ask):
    person = visit()
    person.open(ask(language="de", choices=CHOICES))
    assert person.violations() == []
    looked_at(person.page, "survey-choices-wide")
    person.page.keyboard.press("Tab")
    person.page.keyboard.press("ArrowDown")
    expect(person.page.get_by_role("radio", name="Der Preis")).to_be_checked()
    person.page.keyboard.press("Tab")
    expect(person.page.get_by_role("button")).to_be_focused()
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("status")).to_be_visible()
    assert Event.objects.get(name="survey_answered").properties["answer"] == "price"


def put_in(page, kind):
    page.locator(".plus").first.click()
    page.locator(f"#ask button[value={kind}]").click()
    expect(page.locator("#panel .panel-box")).to_be_visible()
    expect(page.locator("#ask")).to_be_hidden()  # when the change has settled


def save(page):
    page.locator(".panel-foot .btn-primary").click()
    expect(page.locator(".panel-saved")).to_be_visible()
    settled(page)


@pytest.fixture
def canvas(visit):
    marketer = visit()
    marketer.log_in()
    marketer.open("/journeys/loyalty/edit/")
    return marketer


def step_of(kind):
    return next(s for s in draft_of(Journey.objects.get(slug="loyalty")).definition["steps"] if s["kind"] == kind)


def test_marketer_puts_a_webhook_in(canvas):
    page = canvas.page
    put_in(page, "webhook")
    page.locator("#panel [name=url]").fill("http://127.0.0.1/")
    page.locator(".panel-foot .btn-primary").click()
    expect(page.locator("#panel").get_by_text("expected an address that is public")).to_be_visible()
    settled(page)
    looked_at(page, "webhook-refused")
    page.locator("#panel [name=url]").fill("https://crm.example.com/leads")
    page.locator("#panel [name=name_en]").fill("Tell the CRM")
    page.locator("#panel [name=name_de]").fill("CRM benachrichtigen")
    save(page)
    looked_at(page, "webhook")
    assert canvas.violations() == []
    assert step_of("webhook")["url"] == "https://crm.example.com/leads"


def test_marketer_puts_a_survey_in(canvas):
    page = canvas.page
    put_in(page, "survey")
    page.locator("#panel [name=question_en]").fill("What do you like?")
    page.locator("#panel [name=question_de]").fill("Was gefällt Ihnen?")
    page.locator("#panel [name=block]").select_option(index=1)
    page.locator("#panel [name=answers][value=choices]").check()
    for n, (english, german) in enumerate([("The light", "Das Licht"), ("The price", "Der Preis")]):
        page.locator("#panel button[name=add_choices]").click()
        expect(page.locator("#panel [name^=choices_][name$=_en]")).to_have_count(n + 1)
        settled(page)
        page.locator(f"#panel [name=choices_{n}_en]").fill(english)
        page.locator(f"#panel [name=choices_{n}_de]").fill(german)
    looked_at(page, "survey-form")
    save(page)
    assert canvas.violations() == []
    assert [one["key"] for one in step_of("survey")["choices"]] == ["the-light", "the-price"]
