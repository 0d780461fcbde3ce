"""What a marketer does with versions: change a wait, publish with a plan, see people moved; compare; pause; the list."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from journeys.canvas.drafts import edit_draft
from journeys.models import Enrollment, Journey, Transition
from tests.browser.waiting import next_page
from tests.sizes import looks

pytestmark = pytest.mark.browser
SLUG = "abandoned-cart"
PICTURES = os.environ.get("PICTURES")  # a folder: keep pictures of the pages there


def picture(visitor, name):
    if PICTURES:
        visitor.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def well_made(visitor):
    assert visitor.violations() == []
    assert visitor.too_wide() <= 0


def longer_wait(definition):
    wait = next(step for step in definition["steps"] if step["kind"] == "wait" and "for" in step)
    wait["for"] = "9h"
    return definition


@pytest.fixture
def drafted(scene):
    journey = Journey.objects.get(slug=SLUG)
    now = datetime.now(UTC)
    return edit_draft(journey=journey, revision=None, what="9 hours", by=None, now=now, change=longer_wait)


def test_marketer_changes_a_wait_publishes_with_a_plan_and_sees_people_moved(visit, drafted):
    visitor = visit()
    visitor.log_in()
    visitor.open(f"/journeys/{SLUG}/publish/")
    well_made(visitor)
    picture(visitor, "publish-1440")
    key = next(s["key"] for s in drafted.definition["steps"] if s["kind"] == "wait" and "for" in s)
    people = Enrollment.objects.filter(journey__slug=SLUG, left_at=None).count()
    on_it = Enrollment.objects.filter(journey__slug=SLUG, left_at=None, step__key=key).count()
    page = visitor.page
    page.select_option(f"select[name='do-{key}']", "again")
    page.fill("#note", "Nine hours: fewer people feel hunted")
    with next_page(page):
        page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url("**/versions/")
    assert "Version 2 is live." in page.inner_text("main")
    assert Enrollment.objects.filter(version__number=2, journey__slug=SLUG, left_at=None).count() == people
    assert Transition.objects.filter(exit="moved_version").count() == people
    if on_it:
        assert f"{on_it} went on in it with a new time" in page.inner_text("main")
    well_made(visitor)
    picture(visitor, "versions-1440")
    with next_page(page):
        page.get_by_role("link", name="Compare version 1 with the live one").click()
    page.wait_for_url("**/compare/**")
    assert "now: waits 9 hours" in page.inner_text("main")
    well_made(visitor)
    picture(visitor, "compare-1440")


@pytest.mark.parametrize(("width", "scheme"), looks([(1440, "dark"), (390, "light")], (390, "dark")))
def test_pages_of_versions_are_well_made_in_every_light_and_width(visit, drafted, width, scheme):
    visitor = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    visitor.log_in()
    pages = {
        "list": "/journeys/",
        "list-filtered": "/journeys/?phase=purchase",
        "publish": f"/journeys/{SLUG}/publish/",
        "versions": f"/journeys/{SLUG}/versions/",
        "compare": f"/journeys/{SLUG}/compare/?a=1&b=2",
        "pause": f"/journeys/{SLUG}/pause/",
        "archive": f"/journeys/{SLUG}/archive/",
        "contacts": f"/journeys/{SLUG}/contacts/",
        "contacts-left": f"/journeys/{SLUG}/contacts/?state=left",
    }
    for name, path in pages.items():
        visitor.open(path)
        picture(visitor, f"{name}-{width}-{scheme}")
        assert visitor.violations() == [], name
        assert visitor.too_wide() <= 0, name


def test_list_keeps_a_view_changes_a_priority_and_pauses_several(visit, scene):
    visitor = visit()
    visitor.log_in()
    page = visitor.page
    visitor.open("/journeys/?state=live")
    well_made(visitor)
    picture(visitor, "list-1440")
    page.fill("#view-name", "Running")
    with next_page(page):
        page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="Running", exact=True)).to_be_visible()
    journey = Journey.objects.get(slug=SLUG)
    box = page.get_by_label(f"Priority of “{journey.name_en}”")
    box.fill("91")
    with next_page(page):
        box.press("Enter")
    journey.refresh_from_db()
    assert journey.priority == 91
    page.get_by_label("Mark all").check()
    with next_page(page):
        page.get_by_role("button", name="Pause", exact=True).click()
    assert set(Journey.objects.values_list("state", flat=True)) == {"paused"}
