"""Real Chromium, a scene in the database, and pages that report what went wrong in them."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reporting.kpis.operations import roll_up_kpis
from tests.browser.scene import PASSWORD, write_scene
from tests.conftest import put_back_rows

AXE = Path("static/vendor/axe.min.js")
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']"


@pytest.fixture(scope="session")
def chromium():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("Chromium is missing: apt install chromium, or name it in CHROMIUM")
    if not AXE.exists():
        pytest.skip("the files of the pages are missing: make setup")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright runs an event loop in this thread
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-quic", "--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def scene(transactional_db):
    put_back_rows()
    now = datetime.now(UTC)
    write_scene(now=now, people=25)
    roll_up_kpis(now=now, days=40)


class Visitor:
    """A person at the browser: goes to pages and notes console errors, failed answers and requests to strangers."""

    def __init__(self, browser, address, **options):
        self.address, self.wrong = address, []
        settings = {
            "viewport": {"width": 1440, "height": 900},
            "reduced_motion": "reduce",
            "bypass_csp": False,
            "locale": "en-GB",
        }
        self.context = browser.new_context(**settings | options)
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("response", lambda a: self.wrong.append(f"{a.status} {a.url}") if a.status >= 400 else None)
        self.page.on(
            "request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else self.wrong.append(r.url)
        )

    def log_in(self, name="maja"):
        self.open("/accounts/login/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", PASSWORD)
        self.page.press("#id_password", "Enter")
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)

    def open(self, path):
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("load")

    def violations(self):
        """What axe finds on the page."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(f"axe.run(document, {{runOnly: {RULES}}}).then(r => r.violations)")
        return [
            f"{one['id']}: {node['html'][:120]} {node.get('any', [{}])[:1]}"
            for one in found
            for node in one["nodes"][:3]
        ]

    def too_wide(self):
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture
def visit(chromium, live_server, scene):
    """Give a function that makes a visitor; afterwards nothing may have gone wrong."""
    visitors = []

    def make(**options):
        visitors.append(Visitor(chromium, live_server.url, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [wrong for visitor in visitors for wrong in visitor.wrong] == []
