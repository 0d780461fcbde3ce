"""A marketer builds journeys on the canvas: from nothing, by keys alone, by dragging, beside somebody else, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from journeys.canvas.drafts import draft_of, edit_draft, undo
from journeys.models import Journey
from tests.browser.waiting import next_page, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def maja(visit):
    marketer = visit()
    marketer.log_in()
    return marketer


def keys(slug):
    return [step["key"] for step in draft_of(Journey.objects.get(slug=slug)).definition["steps"]]


def names(page):
    """The names on the canvas, in the order of the flow."""
    return page.locator(".sequence .step-open")


def edit(maja, slug="loyalty"):
    """Open the draft of a live journey; its numbers make cards taller when they come, so they are waited for."""
    maja.open(f"/journeys/{slug}/edit/")
    expect(maja.page.locator("a.step-open[tabindex='0']")).to_have_count(1)
    expect(maja.page.locator("#canvas [data-numbers]:not([hidden])")).not_to_have_count(0)
    settled(maja.page)
    return maja.page


def save(page):
    page.locator(".panel-foot .btn-primary").click()
    expect(page.locator(".panel-saved")).to_be_visible()
    settled(page)


def put_in(page, plus, kind):
    plus.click()
    page.locator(f"#ask button[value={kind}]").click()
    expect(page.locator("#panel .panel-box")).to_be_visible()
    expect(page.locator("#ask")).to_be_hidden()  # it closes when all of the change has settled


def test_marketer_builds_the_abandoned_cart_from_nothing(maja):
    page = maja.page
    maja.open("/journeys/new/")
    page.fill("#id_name_en", "Basket left behind")
    page.fill("#id_name_de", "Liegen gelassener Korb")
    page.select_option("#id_phase", "purchase")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/journeys/basket-left-behind/edit/")

    # who comes in: a signal
    page.locator("#open-entry").click()
    expect(page.locator("#panel-title")).to_be_focused()
    page.locator("#panel [name=mode]").select_option("signal")
    page.locator("#panel [name=signal]").select_option(index=1)
    save(page)
    assert draft_of(Journey.objects.get(slug="basket-left-behind")).definition["entry"]["signal"]

    # wait, then send
    put_in(page, page.locator("a.plus[data-at='into:end']"), "wait")
    page.fill("#panel [name=name_en]", "Four hours")
    page.fill("#panel [name=name_de]", "Vier Stunden")
    save(page)
    put_in(page, page.locator("a.plus[data-at='out:wait:next']"), "send")
    expect(page.locator("#step-send")).to_have_class(re.compile("step-missing"))
    page.locator("#panel [name=block]").select_option(index=1)
    save(page)
    expect(page.locator("#step-send")).not_to_have_class(re.compile("step-missing"))
    expect(names(page)).to_have_text(["Four hours", "Send", "End"], use_inner_text=True)
    assert keys("basket-left-behind") == ["wait", "send", "end"]

    # the goal, from the finding that there is none
    page.locator("#check").get_by_role("link", name="There is no goal").click()
    expect(page.get_by_role("dialog", name="Goal")).to_be_visible()
    settled(page)
    page.locator("#panel [name=name_en]").fill("Order")
    page.locator("#panel [name=name_de]").fill("Bestellung")
    area = page.locator("#panel textarea[name=goal_when]")
    page.wait_for_selector("#panel [data-builder][data-ready]")
    page.evaluate("document.querySelector('#panel .builder-json').open = true")
    area.fill('{"event": "order_placed", "since": "entry"}')
    page.locator("#panel [data-apply]").click()
    save(page)
    expect(page.locator("#check")).not_to_contain_text("There is no goal")
    expect(page.locator("#runs-by")).to_contain_text("Order")
    assert maja.violations() == []
    assert maja.too_wide() == 0


def test_keys_alone_put_in_move_and_take_out(maja):
    page = edit(maja)
    before = keys_of_live("loyalty")
    first = page.locator(".sequence .step-open").first
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(first).not_to_be_focused()
    second = page.evaluate("document.activeElement.id")
    page.keyboard.press("ArrowUp")
    expect(page.locator(f"#{second}")).not_to_be_focused()
    page.keyboard.press("+")
    expect(page.locator("#ask")).to_be_visible()
    expect(page.locator("#ask .kinds button").first).to_be_focused()  # when the dialog has settled
    page.locator("#ask button[value=wait]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator("#ask")).to_be_hidden()
    new = next(key for key in keys("loyalty") if key not in before)
    page.keyboard.press("Escape")
    expect(page.locator(f"#open-{new}")).to_be_focused()

    # move: m, up to the start, Enter
    at = keys("loyalty").index(new)
    page.keyboard.press("m")
    for _ in range(6):  # up to the start
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#canvas-news")).to_contain_text("moved")
    expect(page.locator(f"#open-{new}")).to_be_focused()
    assert keys("loyalty").index(new) < at
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    expect(page.locator("#canvas-news")).to_contain_text("stays")

    # take out, undo, redo
    page.locator(f"#open-{new}").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#ask")).to_contain_text("This goes")
    expect(page.locator("#ask button.btn-danger")).to_be_focused()  # when the dialog has settled
    page.keyboard.press("Enter")
    expect(page.locator(f"#step-{new}")).to_have_count(0)
    expect(page.locator("#ask")).to_be_hidden()  # while it is open, keys are its own
    page.keyboard.press("Control+z")
    expect(page.locator(f"#step-{new}")).to_have_count(1)
    settled(page)
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator(f"#step-{new}")).to_have_count(0)


def keys_of_live(slug):
    return [step["key"] for step in Journey.objects.get(slug=slug).live_version.definition["steps"]]


def test_dragging_moves_a_step(maja):
    page = edit(maja)
    put_in(page, page.locator("a.plus").first, "update")
    page.keyboard.press("Escape")
    expect(page.locator("#panel .panel-box")).to_have_count(0)
    new = next(key for key in keys("loyalty") if key.startswith("update"))
    assert keys("loyalty")[0] == new
    expect(page.locator(f"#open-{new}")).to_be_focused()  # nothing scrolls any more
    card, plus = page.locator(f"#step-{new}"), page.locator("a.plus").nth(2)
    start, end = card.bounding_box(), plus.bounding_box()
    page.mouse.move(start["x"] + 100, start["y"] + 30)
    page.mouse.down()
    page.mouse.move(start["x"] + 110, start["y"] + 60, steps=3)
    expect(page.locator(".ghost")).to_be_visible()
    page.mouse.move(end["x"] + 12, end["y"] + 12, steps=5)
    expect(plus).to_have_class(re.compile("plus-near"))
    page.mouse.up()
    expect(page.locator("#canvas-news")).to_contain_text("moved")
    assert keys("loyalty")[0] != new
    expect(page.locator("#panel .panel-box")).to_have_count(0)


def test_second_editor_sees_both_and_loses_nothing(maja):
    page = edit(maja)
    journey = Journey.objects.get(slug="loyalty")
    wait = next(step for step in journey.live_version.definition["steps"] if step["kind"] == "wait")["key"]
    page.locator(f"#open-{wait}").click()
    expect(page.locator("#panel-title")).to_be_focused()
    page.locator("#panel [name=name_en]").fill("Mine")

    def change(definition):
        next(step for step in definition["steps"] if step["key"] == wait)["name"]["en"] = "Theirs"
        return definition

    from datetime import UTC, datetime

    edit_draft(journey=journey, revision=None, what="“Theirs” changed", by=None, now=datetime.now(UTC), change=change)
    page.locator(".panel-foot .btn-primary").click()
    conflict = page.locator("#panel .alert-warning")
    expect(conflict).to_contain_text("Somebody else changed this draft")
    expect(conflict).to_contain_text("Mine")
    expect(conflict).to_contain_text("Theirs")
    expect(page.locator("#panel [name=name_en]")).to_have_value("Mine")
    expect(page.locator(f"#open-{wait}")).to_have_text("Theirs")
    assert maja.violations() == []
    page.get_by_role("button", name="Take mine").click()
    expect(page.locator(f"#open-{wait}")).to_have_text("Mine")
    settled(page)
    undo(journey=journey)
    page.locator("a.plus").first.click()
    page.locator("#ask button[value=wait]").click()
    expect(page.locator("#ask")).to_contain_text("They took changes back")
    page.get_by_role("button", name="Do it all the same").click()
    expect(page.locator("#ask")).to_be_hidden()
    assert draft_of(journey).definition["steps"][0]["kind"] == "wait"
    maja.wrong[:] = [one for one in maja.wrong if "409" not in one]


def test_canvas_on_a_phone(visit):
    phone = visit(viewport={"width": 390, "height": 844}, has_touch=True)
    phone.log_in()
    page = edit(phone)
    assert phone.too_wide() == 0
    put_in(page, page.locator("a.plus").first, "send")
    assert phone.too_wide() == 0
    assert page.locator(".panel-box").bounding_box()["width"] == 390
    assert phone.violations() == []
    page.locator("#panel [data-close]").click()
    expect(page.locator("#panel .panel-box")).to_have_count(0)


def test_canvas_without_javascript_puts_in_and_saves(visit):
    plain = visit(java_script_enabled=False)
    plain.log_in()
    page = plain.page
    plain.open("/journeys/loyalty/edit/")
    with next_page(page):
        page.locator("a.plus").first.click()
    with next_page(page):
        page.locator("button[value=wait]").click()
    page.wait_for_url("**/edit/?step=*")
    page.fill("[name=name_en]", "By hand")
    with next_page(page):
        page.locator(".panel-foot .btn-primary").click()
    page.wait_for_url("**/edit/?step=*")
    expect(names(page).filter(has_text="By hand")).to_have_count(1)


def test_flow_people_and_prose_are_accessible(maja):
    page = maja.page
    for path in (
        "/journeys/loyalty/",
        "/journeys/loyalty/?people=1",
        "/journeys/loyalty/prose/?language=de",
        "/journeys/new/",
    ):
        maja.open(path)
        assert maja.violations() == [], path
        assert maja.too_wide() == 0, path
    maja.open("/journeys/loyalty/?people=1")
    page.locator(".people-bar").first.click()
    page.wait_for_url("**/journeys/loyalty/contacts/?step=*")
    edit(maja)
    page.get_by_role("button", name="Keys").click()
    expect(page.locator("#keys")).to_be_visible()
    assert maja.violations() == []
