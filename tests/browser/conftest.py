"""Real Chromium, a scene in the database, and pages that report what went wrong in them."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import get_ident

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import Client
from django.utils.timezone import localdate
from playwright.sync_api import expect, sync_playwright

from reporting.kpis.operations import roll_up_kpis
from tests.browser import kept
from tests.browser.scene import write_scene
from tests.browser.waiting import AT_MOST, built, settled, slow_down
from tests.conftest import put_back_rows

AXE = Path("static/vendor/axe.min.js")
ONLY = (
    "resultTypes: ['violations']"  # what passed is looked at as well, but not described node by node: a third less time
)
FRESH = timedelta(minutes=10)
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']"


def pytest_collection_modifyitems(items):
    """Try what failed in the browser once more: there a wait may stand in the test's wrong place. `make test` names who needed it."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def chromium():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("Chromium is missing: apt install chromium, or name it in CHROMIUM")
    if not AXE.exists():
        pytest.skip("the files of the pages are missing: make setup")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright runs an event loop in this thread
    expect.set_options(timeout=AT_MOST)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-quic", "--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def written():
    """When this process wrote the scene; empty before the first test."""
    return []


@pytest.fixture
def scene(transactional_db, written):
    """The scene, as it was written at most ten minutes ago and today, and nothing of what tests did to it."""
    now = datetime.now(UTC)
    if written and now - written[-1] < FRESH and localdate(now) == localdate(written[-1]):
        kept.put_back_rows()
        return
    put_back_rows()
    write_scene(now=now, people=25)
    roll_up_kpis(now=now, days=40)
    kept.keep_rows()
    written.append(now)


class Visitor:
    """A person at the browser: goes to pages and notes console errors, failed answers and requests to strangers."""

    def __init__(self, browser, address, **options):
        self.address, self.wrong = address, []
        usual = {
            "viewport": {"width": 1440, "height": 900},
            "reduced_motion": "reduce",
            "bypass_csp": False,
            "locale": "en-GB",
        }
        self.context = browser.new_context(**usual | options)
        self.context.set_default_timeout(AT_MOST)
        self.page = self.context.new_page()
        slow_down(self.page)
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("response", lambda a: self.wrong.append(f"{a.status} {a.url}") if a.status >= 400 else None)
        self.page.on(
            "request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else self.wrong.append(r.url)
        )

    def log_in(self, name="maja"):
        """Be logged in as the form of test_marketer does it, in a second less."""
        client = Client()
        client.force_login(User.objects.get(username=name))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.address}])

    def open(self, path):
        self.page.goto(self.address + path)
        built(self.page)

    def all_there(self):
        """Wait until nothing of the page is still to come: its own files, what HTMX asks for, figures."""
        self.page.wait_for_load_state("load")
        settled(self.page)
        expect(self.page.locator("[data-plot]:not(:has(.main-svg))")).to_have_count(0)

    def violations(self):
        """What axe finds on the page; frames show what authors write, without scripts, so that axe could not look into them."""
        self.all_there()
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            f"axe.run(document, {{runOnly: {RULES}, iframes: false, {ONLY}}}).then(r => r.violations)"
        )
        return [
            f"{one['id']}: {node['html'][:120]} {node.get('any', [{}])[:1]}"
            for one in found
            for node in one["nodes"][:3]
        ]

    def too_wide(self):
        """By how many pixels the page is wider than the window."""
        self.all_there()
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture
def answered(transactional_db, live_server):
    """Afterwards wait for what pages asked for in their last moment: emptying the tables would lock against it."""
    at_work = set()  # threads of the server

    def begun(**_):
        at_work.add(get_ident())

    def done(**_):
        at_work.discard(get_ident())

    request_started.connect(begun)
    request_finished.connect(done)
    yield
    calm, end = 0, time.monotonic() + 10
    while calm < 3 and time.monotonic() < end:
        calm = 0 if at_work or _busy_sessions() else calm + 1
        time.sleep(0.05)
    request_started.disconnect(begun)
    request_finished.disconnect(done)


def _busy_sessions():
    text = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND (state = 'active' OR state LIKE 'idle in transaction%')"
    )
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchone()[0]


@pytest.fixture
def visit(chromium, live_server, scene, answered):
    """Give a function that makes a visitor; afterwards nothing may have gone wrong."""
    visitors = []

    def make(**options):
        visitors.append(Visitor(chromium, live_server.url, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [wrong for visitor in visitors for wrong in visitor.wrong] == []
