"""A marketer connects a shop: makes a key, copies the code, runs it in a browser, and sees what arrives."""

import os
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import expect

from contacts.events.models import Event
from orchestrator.api.models import Arrival
from orchestrator.api.operations import create_key
from tests.browser.waiting import next_page, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")  # a folder to keep pictures in, for whoever works on the pages


def shot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def write_connections(now):
    for source, hours, problem in (
        ("shop", 0.2, ""),
        ("crm", 6, "batch[3].traits.email: expected an e-mail address"),
        ("app", 90, ""),
    ):
        create_key(name=f"The {source}", source=source, public=source == "app", now=now - timedelta(days=30))
        Arrival.objects.bulk_create(
            Arrival(
                source=source,
                at=now - timedelta(hours=hours + n / 10),
                door="batch",
                name="order_completed",
                library="analytics-python 2.4.0",
                accepted=90 + n,
                rejected=n % 3 if problem else 0,
                problem=problem if n % 3 else "",
            )
            for n in reversed(range(12))
        )
    create_key(name="The data warehouse", source="warehouse", now=now)


class Shop(BaseHTTPRequestHandler):
    """A shop with one page, on an address of its own."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Prices</title>")

    def log_message(self, *args):
        pass


@pytest.fixture
def shop_url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def copies(page):
    """Copy the code; whether the button said so, which it does for two seconds only."""
    page.locator("button[data-copy='code-page']").click()
    try:
        page.get_by_role("button", name="Copied").wait_for(timeout=2_000)
    except Late:
        return False
    return True


def test_marketer_connects_a_shop_and_sees_what_arrives(visit, live_server, settings, shop_url):
    settings.PUBLIC_URL = live_server.url
    write_connections(datetime.now(UTC))
    marketer = visit()
    marketer.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = marketer.page
    marketer.log_in()
    marketer.open("/contacts/connections/")
    page.get_by_role("navigation", name="People").get_by_role("link", name="Connections").wait_for()
    expect(page.locator("#connections tbody tr")).to_have_count(4)
    assert marketer.violations() == []
    shot(page, "connections")
    page.get_by_label("What is it called?").fill("Web shop")
    page.get_by_label("Short name of the source").fill("Web-Shop")
    page.get_by_label("A web page or an app").check()
    with next_page(page):
        page.get_by_role("button", name="Make a key").click()
    key = page.locator("#new-key").inner_text()
    assert marketer.violations() == []
    shot(page, "made")
    until(lambda: copies(page))
    code = page.evaluate("navigator.clipboard.readText()")
    assert key in code
    with next_page(page):
        page.get_by_role("link", name="See what arrives").click()
    page.get_by_text("Nothing has arrived yet").wait_for()
    assert key not in page.content()

    shop = marketer.context.browser.new_context()
    script = code.removeprefix("<script>").removesuffix("</script>").strip()
    tab = shop.new_page()
    tab.goto(f"{shop_url}/prices?utm_source=ad&email=a@b.example")
    with tab.expect_response("**/v1/page") as answer:
        tab.evaluate(script)
    assert answer.value.status == 200
    shop.close()
    page.get_by_role("row", name="page_viewed").wait_for()
    event = Event.objects.get(source="web-shop")
    assert event.properties["url"] == f"{shop_url}/prices?utm_source=ad"
    assert event.properties["device"] == "desktop"
    assert marketer.violations() == []
    shot(page, "connection")
    with next_page(page):
        page.get_by_role("button", name="Revoke").click()
    expect(page.locator("[role=status]")).to_contain_text("is refused from now on")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_connections_fit_a_phone(visit, scheme):
    write_connections(datetime.now(UTC))
    marketer = visit(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    marketer.log_in()
    for name, path in (("list", "/contacts/connections/"), ("one", "/contacts/connections/crm/")):
        marketer.open(path)
        assert marketer.too_wide() == 0
        assert marketer.violations() == []
        shot(marketer.page, f"phone-{name}-{scheme}")
