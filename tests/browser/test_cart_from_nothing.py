"""The whole way: an abandoned cart built from nothing, published, a mail in the inbox, and another version with people in it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.urls import include, path
from playwright.sync_api import expect

from consent.models import Holdout
from consent.records.operations import record_consent
from contacts.models import Contact
from journeys.models import Enrollment, Journey, Transition
from orchestrator.api.operations import create_key
from orchestrator.channels.operations import deliver_touches
from orchestrator.demo.config import ROOT
from orchestrator.kernel.embedded import free_port
from orchestrator.tick import loop
from orchestrator.urls import urlpatterns as product
from tests.browser.scene import PASSWORD
from tests.browser.waiting import next_page, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
urlpatterns = [*product, path("", include("orchestrator.demo.urls"))]
ZONES = ("Pacific/Auckland", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "America/Sao_Paulo", "America/Los_Angeles")
SLUG = "basket-left-behind"
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def inbox(settings, tmp_path, monkeypatch, live_server):
    """The mailbox of the demo: its SMTP server in a process of its own, its pages in the product's."""
    folder, port = tmp_path / "inbox", free_port()
    process = subprocess.Popen([sys.executable, "-m", "orchestrator.demo.inbox", str(folder), str(port)], cwd=ROOT)
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert time.monotonic() < end, "the inbox did not come up"
            time.sleep(0.05)
    monkeypatch.setenv("DEMO_DIR", str(tmp_path))
    settings.DEMO, settings.ROOT_URLCONF, settings.PUBLIC_URL = True, __name__, live_server.url
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield folder
    os.kill(process.pid, signal.SIGTERM)
    process.wait(10)


def shot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=str(Path(SHOTS) / f"cart-{name}.png"), full_page=True)


def person(name, now):
    """Somebody who agreed to mail, in a country where it is the middle of the day."""
    zone = min(ZONES, key=lambda one: abs(now.astimezone(ZoneInfo(one)).hour - 12))
    made = Contact.objects.create(
        external_id=name, first_name=name, email=f"{name.lower()}@post.example", language="en", time_zone=zone,
        created_at=now, updated_at=now,
    )  # fmt: skip
    for purpose in ("email_marketing", "profiling"):
        record_consent(contact_id=made.pk, purpose=purpose, decision="granted", source="form", now=now)
    return made


def tell(address, key, name, who, **properties):
    """Send one event to the API, as a shop does."""
    body = {"name": name, "contact": {"external_id": who.external_id}, "properties": properties}
    request = urllib.request.Request(
        f"{address}/api/v1/events",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert (answer.status, json.load(answer)["accepted"]) == (202, 1)


def write_content(visit, maja):
    """Write a mail in the browser; another person approves it."""
    User.objects.create_user("otto", password=PASSWORD, first_name="Otto")
    page = maja.page
    maja.open("/content/new/")
    page.fill("#id_name_en", "Your basket waits")
    page.fill("#id_name_de", "Ihr Korb wartet")
    page.select_option("#id_phase", "purchase")
    with next_page(page):
        page.get_by_role("button", name="Create and write the text").click()
    page.wait_for_url("**/content/your-basket-waits/edit/**")
    page.fill("#text-subject", 'Your basket, {{ contact.first_name | default: "friend" }}')
    page.click("#add-text")
    expect(page.locator("#part-1 textarea")).to_be_visible()
    settled(page)
    page.locator("#part-1 textarea").fill('Basket {{ run.key | default: "?" }} is still there.')
    page.click("#save-draft")
    expect(page.locator(".saved")).to_be_visible()
    settled(page)
    with next_page(page):
        page.get_by_role("button", name="Save and go to the approval").click()
    page.wait_for_url("**/content/your-basket-waits/?show=draft**")
    with next_page(page):
        page.get_by_role("button", name="Ask for approval").click()
    otto = visit()
    otto.log_in("otto")
    otto.open("/content/your-basket-waits/?show=draft")
    with next_page(otto.page):
        otto.page.get_by_role("button", name="Approve").click()
    shot(otto, "otto")
    expect(otto.page.locator("h1")).to_contain_text("approved"), otto.page.inner_text("main")


def save(page):
    page.locator(".panel-foot .btn-primary").click()
    expect(page.locator(".panel-saved")).to_be_visible()
    settled(page)


def put_in(page, plus, kind):
    page.locator(plus).click()
    page.locator(f"#ask button[value={kind}]").click()
    expect(page.locator("#panel-title")).to_contain_text(kind.title())
    expect(page.locator("#ask")).to_be_hidden()  # it closes when all of the change has settled


def condition(page, field, text):
    """Write a condition as JSON, which is quicker here than with the builder."""
    box = page.locator("#panel [data-builder][data-ready]", has=page.locator(f"textarea[name={field}]"))
    box.locator(".builder-json").evaluate("one => { one.open = true }")
    box.locator(f"textarea[name={field}]").fill(text)
    box.locator("[data-apply]").click()


def build(maja):
    """Entry by an event, a wait, a message, a goal: all on the canvas."""
    page = maja.page
    maja.open("/journeys/new/")
    page.fill("#id_name_en", "Basket left behind")
    page.fill("#id_name_de", "Liegen gelassener Korb")
    page.select_option("#id_phase", "purchase")
    with next_page(page):
        page.get_by_role("button", name="Begin").click()
    page.wait_for_url(f"**/journeys/{SLUG}/edit/")
    page.locator("#open-entry").click()
    expect(page.locator("#panel-title")).to_contain_text("Entry")
    settled(page)
    page.locator("#panel [name=mode]").select_option("event")
    condition(page, "event_when", '{"event": "cart_updated", "where": [{"property": "value", "gte": 20}]}')
    page.locator("#panel details", has=page.locator("[name=key]")).evaluate("one => { one.open = true }")
    page.fill("#panel [name=key]", "cart_id")
    save(page)
    put_in(page, "a.plus[data-at='into:end']", "wait")
    page.fill("#panel [name=name_en]", "Patience")
    page.fill("#panel [name=name_de]", "Geduld")
    page.fill("#panel [name=for_0]", "1")
    page.select_option("#panel [name=for_1]", "h")
    save(page)
    put_in(page, "a.plus[data-at='out:wait:next']", "send")
    page.fill("#panel [name=name_en]", "Reminder")
    page.fill("#panel [name=name_de]", "Erinnerung")
    page.select_option("#panel [name=block]", "your-basket-waits")
    save(page)
    page.locator("#check").get_by_role("link", name="There is no goal").click()
    expect(page.locator("#panel-title")).to_contain_text("Goal")
    settled(page)
    page.fill("#panel [name=name_en]", "Ordered")
    page.fill("#panel [name=name_de]", "Bestellt")
    condition(page, "goal_when", '{"event": "order_placed", "since": "entry"}')
    save(page)
    shot(maja, "built")
    assert (maja.violations(), maja.too_wide()) == ([], 0)


def publish(maja, **choices):
    page = maja.page
    maja.open(f"/journeys/{SLUG}/publish/")
    shot(maja, f"publish-{len(choices)}")
    for name, value in choices.items():
        page.select_option(f"select[name=do-{name}]", value)
    with next_page(page):
        page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url("**/versions/")
    shot(maja, f"versions-{len(choices)}")


def on_canvas(maja, step):
    maja.open(f"/journeys/{SLUG}/")
    return " ".join(maja.page.locator(f"#step-{step} .step-numbers").all_inner_texts()).split()


def test_marketer_builds_publishes_sees_the_mail_and_moves_people_into_another_version(visit, inbox):
    Journey.objects.update(state=Journey.State.PAUSED)  # the others keep still
    Holdout.objects.update(active=False)  # else two in a hundred who are added are drawn
    started = datetime.now(UTC)
    maja = visit()
    maja.log_in()
    write_content(visit, maja)
    build(maja)
    publish(maja)
    assert Journey.objects.get(slug=SLUG).state == "live"

    # two people fill their carts, one of them orders; after an hour the other gets a mail
    key = create_key(name="shop", source="shop", now=started)
    anna, ben = person("Anna", started), person("Ben", started)
    for who, cart in ((anna, "C-17"), (ben, "C-18")):
        tell(maja.address, key, "cart_updated", who, cart_id=cart, value=80)
    tell(maja.address, key, "cart_updated", ben, cart_id="C-19", value=5)  # too little
    now = datetime.now(UTC)
    loop.beat(now=now)
    assert on_canvas(maja, "wait")[:4] == ["arrived", "2", "here", "2"]
    tell(maja.address, key, "order_placed", ben, order_id="O-1")
    now += timedelta(minutes=61)
    loop.beat(now=now)
    deliver_touches(now=lambda: now)
    assert {run.contact.first_name: run.reason for run in Enrollment.objects.filter(journey__slug=SLUG)} == {
        "Anna": "completed",
        "Ben": "goal",
    }
    assert on_canvas(maja, "wait") == ["arrived", "2", "here", "0", "moved", "on", "1", "left", "1"]
    assert on_canvas(maja, "send")[-8:] == ["sent", "1", "clicked", "0", "held", "0", "not", "sent", "0"][-8:]
    shot(maja, "numbers")
    maja.open("/demo/inbox/")
    row = maja.page.locator("tr", has_text="anna@post.example")
    expect(row).to_have_count(1)
    assert maja.page.get_by_text("ben@post.example").count() == 0
    shot(maja, "inbox")
    maja.open(row.get_by_role("link", name="Your basket, Anna").get_attribute("href"))
    assert "Basket C-17 is still there." in maja.page.inner_text("body")

    # three more people wait while the wait becomes longer
    later = [person(name, started) for name in ("Cem", "Dora", "Emil")]
    for n, who in enumerate(later):
        tell(maja.address, key, "cart_updated", who, cart_id=f"D-{n}", value=30)
    now = datetime.now(UTC)  # their hour counts from their event
    loop.beat(now=now)
    page = maja.page
    maja.open(f"/journeys/{SLUG}/edit/")
    page.locator("#open-wait").click()
    expect(page.locator("#panel-title")).to_contain_text("Patience")
    settled(page)
    page.fill("#panel [name=for_0]", "3")
    save(page)
    publish(maja, wait="again")
    assert "Version 2 is live." in page.inner_text("main")
    assert "3 went on in it with a new time" in page.inner_text("main")
    moved = Enrollment.objects.filter(journey__slug=SLUG, left_at=None, version__number=2)
    assert moved.count() == 3
    assert Transition.objects.filter(enrollment__in=moved, exit="moved_version").count() == 3
    assert on_canvas(maja, "wait")[2:4] == ["here", "3"]
    expect(page.locator("#step-wait")).to_contain_text("3 hours")
    shot(maja, "moved")
    loop.beat(now=now + timedelta(hours=1, minutes=30))  # the old hour is over, the new three are not
    assert on_canvas(maja, "wait")[2:4] == ["here", "3"]
    loop.beat(now=now + timedelta(hours=3, minutes=5))
    assert on_canvas(maja, "wait")[2:4] == ["here", "0"]
    assert (maja.violations(), maja.too_wide()) == ([], 0)
    maja.wrong[:] = [one for one in maja.wrong if "favicon" not in one and "404" not in one]  # a mail has no icon
