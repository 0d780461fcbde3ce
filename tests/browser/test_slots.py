"""The script of slots on a page of another origin: before and after consent, seen, clicked, closed, and nothing unsafe."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from contacts.events.models import Event
from journeys.models import Touch
from orchestrator.api.operations import create_key
from orchestrator.channels.slots.models import Slot, SlotDay
from orchestrator.channels.slots.rules import SCRIPT_BYTES
from tests.browser.slots_scene import VISITOR, write_slots
from tests.browser.waiting import AT_MOST, slow_down, until

SCRIPT = Path("static/js/slots.js")
LOW = '<div style="height: 3000px"></div>'
PAGE = """<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,"></head><body><main><h1>Shop</h1>
<div data-slot="{slot}"{more}><p>Our own words</p></div>{low}</main>
<script src="{address}/static/js/slots.js" data-key="{key}"{consent} async></script></body></html>"""


class Shop(BaseHTTPRequestHandler):
    """A page of somebody else, on another port."""

    pages: dict[str, str] = {}

    def do_GET(self):
        body = self.pages.get(self.path.split("?")[0], "")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        # the strictest policy that a shop may have: no style or script of ours inside the page
        self.send_header("Content-Security-Policy", f"script-src {self.pages['/address']}; object-src 'none'")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def shop(chromium, live_server, transactional_db, answered):
    """Gives a function that writes a page with a slot and opens it."""
    now = datetime.now(UTC)
    write_slots(now)
    key = create_key(name="web", source="shop", public=True, now=now)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    Shop.pages = {"/address": live_server.url}
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(AT_MOST)
    context.route("https://shop.example/**", lambda route: route.fulfill(body="", content_type="image/png"))
    wrong = []

    def open_page(slot="home-teaser", *, consent="", more="", low=""):
        given = {"slot": slot, "address": live_server.url, "key": key, "consent": consent, "more": more, "low": low}
        Shop.pages["/page"] = PAGE.format(**given)
        page = context.new_page()
        slow_down(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.asked = []
        page.on("request", lambda r: page.asked.append(r.url) if "/v1/decide" in r.url else None)
        with page.expect_response("**/v1/decide/**"):
            page.goto(address + "/page")
        return page

    open_page.context, open_page.address = context, address
    yield open_page
    context.close()
    server.shutdown()
    server.server_close()
    assert wrong == []


def kept(page):
    return page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")


def agree(page, visitor=VISITOR):
    page.evaluate(f"localStorage.setItem('visitor', '{visitor}')")
    page.evaluate("void journey.consent(true)")


def test_script_is_smaller_than_promised():
    assert len(SCRIPT.read_bytes()) < SCRIPT_BYTES
    assert "innerHTML" not in SCRIPT.read_text()


def test_before_consent_the_fallback_is_shown_and_nothing_is_kept(shop):
    page = shop()
    expect(page.get_by_role("region", name="Welcome")).to_contain_text("Look around.")
    expect(page.get_by_role("link", name="To the shop")).to_have_attribute("href", "https://shop.example/")
    expect(page.get_by_role("button")).to_have_count(0)
    assert kept(page) == ["", 0, 0]
    assert shop.context.cookies() == []
    assert [url for url in page.asked if "anonymousId" in url] == []


def test_after_consent_the_id_is_kept_and_sent_and_taken_back(shop):
    page = shop()
    page.evaluate("journey.consent(true)")  # until it has asked and got its answer
    visitor = page.evaluate("localStorage.getItem('visitor')")
    assert len(visitor) == 32
    assert f"anonymousId={visitor}" in page.asked[-1]
    assert shop.context.cookies() == []
    again = shop(consent=' data-consent="true"')
    assert f"anonymousId={visitor}" in again.asked[-1]
    again.evaluate("journey.consent(false)")
    assert kept(again) == ["", 0, 0]
    assert "anonymousId" not in again.asked[-1]


def test_message_is_seen_when_half_of_it_is_in_the_window(shop):
    page = shop(low="")
    page.evaluate("document.querySelector('h1').style.marginBottom = '3000px'")
    agree(page)
    page.get_by_role("region", name="Your cart, Anna").wait_for(state="attached")
    page.wait_for_timeout(300)  # time to say too early that it was seen; nothing may come
    assert Touch.objects.get(channel="onsite").state == "approved"
    with page.expect_response("**/shown") as seen:
        page.get_by_role("region", name="Your cart, Anna").scroll_into_view_if_needed()
    assert seen.value.status == 200
    assert Touch.objects.get(channel="onsite").state == "sent"
    assert Event.objects.get(name="onsite_shown").properties["slot"] == "home-teaser"


def test_click_leads_on_and_counts_once(shop):
    page = shop()
    with page.expect_response("**/shown"):
        agree(page)
    expect(page.get_by_role("img", name="A lamp")).to_have_count(1)
    page.get_by_role("link", name="To the cart").click()
    page.wait_for_url("https://shop.example/cart**")  # the page is gone, what it said arrives all the same
    until(lambda: Event.objects.filter(name="onsite_clicked").count(), 1)


def test_closed_message_is_closed_for_good(shop):
    page = shop()
    agree(page)
    with page.expect_response("**/dismissed"):
        page.get_by_role("button", name="Close").press("Enter")
    expect(page.locator("[data-slot]")).to_have_text("")
    again = shop(consent=' data-consent="true"')
    expect(again.get_by_role("region", name="Welcome")).to_be_visible()


def test_consent_taken_back_puts_the_page_s_own_words_back(shop):
    Slot.objects.update(fallback=None)
    page = shop()
    expect(page.locator("[data-slot]")).to_have_text("Our own words")
    agree(page)
    page.get_by_role("region", name="Your cart, Anna").wait_for()
    page.evaluate("journey.consent(false)")
    expect(page.locator("[data-slot]")).to_have_text("Our own words")


def test_text_is_text_whatever_stands_in_it(shop):
    slot = Slot.objects.get(slug="home-teaser")
    texts = {
        "title": "<img src=x onerror=alert(1)>",
        "text": "<script>alert(1)</script>",
        "image": {"url": "javascript:alert(1)", "alt": ""},
        "button": {"label": "<b>Go</b>", "url": "javascript:alert(1)"},
    }
    slot.fallback_texts = {"en": texts, "de": texts}
    slot.save()
    page = shop()
    place = page.locator("[data-slot]")
    expect(place.locator(".journey-title")).to_have_text(texts["title"])
    expect(place.locator(".journey-text")).to_have_text(texts["text"])
    assert [place.locator(kind).count() for kind in ("img", "script", "a", "b")] == [0, 0, 0, 0]


def test_counts_are_written_down(shop):
    shop()
    until(lambda: SlotDay.objects.filter(answer="fallback").exists())
    day = SlotDay.objects.get(answer="fallback")
    assert day.asked >= 1
    assert day.on >= (datetime.now(UTC) - timedelta(days=1)).date()
