"""Waits for what comes in its own time: the next page, an answer of HTMX, rows of the database; and slows pages down."""

import os
import time
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.waiting import HUNG

SLOW = float(os.environ.get("BROWSER_SLOW", "1"))  # 6: as on a machine with much other work; finds who does not wait
AT_MOST = 60_000  # milliseconds; what is waited for comes at once, but a machine with other work takes longer
LATENCY = 25  # milliseconds that each request takes longer, for each time slower
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"


@contextmanager
def next_page(page):
    """What is done in it leads to another page, and afterwards that is there as a whole, scripts too."""
    with page.expect_navigation():
        yield
    built(page)


def built(page):
    """Wait until the builders of conditions on a page took the places of their text areas; without scripts there are none."""
    if page.evaluate("'conditionBuilder' in window"):
        expect(page.locator("[data-builder]:not([data-ready], details:not([open]) *)")).to_have_count(0)


def settled(page):
    """Wait until HTMX has put in what it asked for, and what hangs on that has run."""
    expect(page.locator(BUSY)).to_have_count(0)


def until(read, wanted=True):
    """Call a function until it gives what is wanted."""
    end = time.monotonic() + HUNG
    while (found := read()) != wanted:
        assert time.monotonic() < end, f"after {HUNG:.0f} s still {found!r} instead of {wanted!r}"
        time.sleep(0.05)


def slow_down(page):
    """Give a page less of the processor and of the network, where BROWSER_SLOW says so."""
    if SLOW == 1:
        return
    talk = page.context.new_cdp_session(page)
    talk.send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    talk.send("Network.enable")
    speed = {"offline": False, "latency": LATENCY * SLOW, "downloadThroughput": -1, "uploadThroughput": -1}
    talk.send("Network.emulateNetworkConditions", speed)
