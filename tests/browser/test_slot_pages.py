"""The pages of slots: no finding of axe, not too wide, in both lights and languages; and a slot is made by hand."""

import os
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from orchestrator.channels.slots import counts
from orchestrator.channels.slots.models import Slot
from tests.browser.slots_scene import write_slots
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
LOOKS = {
    "wide-light-en": {},
    "wide-dark-de": {"color_scheme": "dark", "locale": "de-DE"},
    "phone-dark-en": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "phone-light-de": {"viewport": {"width": 390, "height": 844}, "locale": "de-DE"},
}
PATHS = {"list": "", "slot": "home-teaser/", "edit": "home-teaser/edit/", "new": "new/"}


@pytest.fixture
def slots(scene):
    now = datetime.now(UTC)
    touch = write_slots(now)
    slot = Slot.objects.get(slug="home-teaser")
    for what, answer, journey, n in (
        ("asked", "touch", touch.journey_id, 1284), ("shown", "touch", touch.journey_id, 912), ("clicked", "touch", touch.journey_id, 118),
        ("dismissed", "touch", touch.journey_id, 41), ("asked", "fallback", None, 20411),
    ):  # fmt: skip
        counts._counts.setdefault(
            counts.Counted(slot.pk, now.date(), answer, journey or 0), dict.fromkeys(counts.WHAT, 0)
        )
        counts._counts[counts.Counted(slot.pk, now.date(), answer, journey or 0)][what] += n
    counts.write_down()


@pytest.mark.parametrize("look", LOOKS)
def test_pages_of_slots_are_fine(visit, slots, look):
    marketer = visit(**LOOKS[look])
    marketer.log_in()
    for name, path in PATHS.items():
        marketer.open(f"/channels/slots/{path}")
        if SHOTS:
            marketer.page.screenshot(path=f"{SHOTS}/slots-{name}-{look}.png", full_page=True)
        assert marketer.violations() == [], name
        assert marketer.too_wide() == 0, name


def test_marketer_makes_a_slot_and_copies_its_code(visit, slots):
    marketer = visit()
    marketer.log_in()
    marketer.open("/channels/slots/")
    page = marketer.page
    with next_page(page):
        page.get_by_role("link", name="New slot").click()
    page.get_by_label("name (English)").fill("Hint in the cart")
    page.get_by_label("name (German)").fill("Hinweis im Korb")
    page.get_by_label("kind").select_option("hint")
    page.get_by_label("fallback").select_option(label="welcome")
    with next_page(page):
        page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Hint in the cart").wait_for()
    expect(page.locator("#slot-code")).to_contain_text('data-slot="hint-in-the-cart"')
    page.get_by_role("region", name="Welcome").wait_for()
