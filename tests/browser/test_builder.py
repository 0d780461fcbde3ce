"""What a marketer builds: a condition by mouse and keyboard, saved, opened again, changed as JSON, explained."""

import json

import pytest
from playwright.sync_api import expect

from consent.purposes.models import Purpose
from contacts.models import Contact, Event, Segment
from journeys.models import Journey
from tests.browser.test_marketer import busy_contact
from tests.browser.waiting import next_page, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WANTED = {
    "all": [
        {"event": "pricing_viewed", "count": {"gte": 3}, "within": "7d"},
        {"not": {"segment": "big-spenders"}},
    ]
}
NESTED = {
    "any": [
        {"attribute": "country", "in": ["DE", "AT"]},
        {"all": [{"attribute": "created_at", "after": "-30d"}, {"not": {"any": [{"stage": "sql"}, {"journey": "loyalty"}]}}]},
        {"event": "order_placed", "sum": {"property": "value", "gte": 100}, "within": "90d", "where": [{"property": "category", "is": "outdoor"}]},
        {"touch": {"channel": "email"}, "state": "sent", "count": {"gte": 2}, "within": "30d"},
    ]
}  # fmt: skip


@pytest.fixture
def maja(visit):
    marketer = visit()
    marketer.log_in()
    return marketer


def ready(page):
    page.wait_for_selector("[data-builder][data-ready]")


def condition(page):
    return json.loads(page.locator("textarea[name=condition]").input_value())


def choose_by_typing(page, words, value):
    """Type the beginning of an option into the list that has the focus; a browser that stalls for a second forgets it."""
    chosen = page.locator("select:focus")
    for _ in range(5):
        page.keyboard.type(words)
        if chosen.input_value() == value:
            return
        page.wait_for_timeout(1_500)  # until it has forgotten all of it
    expect(chosen).to_have_value(value)


def look_three_times(contacts):
    """People who looked at prices three times in the last days."""
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    Event.objects.bulk_create(
        Event(contact=c, name="pricing_viewed", occurred_at=now - timedelta(hours=n + 1), received_at=now, properties={}, source="shop", message_id=f"look-{c.pk}-{n}")
        for c in contacts
        for n in range(3)
    )  # fmt: skip


def test_marketer_builds_saves_and_changes_a_condition(maja):
    look_three_times(Contact.objects.filter(state__purpose__slug=Purpose.PROFILING, state__granted=True)[:4])
    page = maja.page
    maja.open("/segments/new/")
    ready(page)
    page.fill("#id_name_en", "Ready to talk")
    page.fill("#id_name_de", "Bereit zum Gespräch")

    # by mouse: an event, at least three times in seven days
    page.get_by_role("button", name="+ Condition").click()
    page.get_by_label("Kind of condition").select_option("event")
    page.get_by_label("Event", exact=True).select_option("pricing_viewed")
    page.locator("[data-focus$='-n']").fill("3")
    page.locator("[data-focus$='-span']").fill("7")
    expect(page.locator(".condition-sentence[lang=en]")).to_contain_text(
        "“Project prices viewed” at least 3 times within 7 days"
    )
    expect(page.locator(".condition-sentence[lang=de]")).to_contain_text("mindestens 3-mal innerhalb von 7 Tagen")

    # by keyboard: and not in a segment
    page.get_by_role("button", name="+ Condition").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Kind of condition").nth(1)).to_be_focused()
    choose_by_typing(page, "Seg", "segment")
    page.keyboard.press("Tab")
    choose_by_typing(page, "Big", "big-spenders")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")  # not
    expect(page.locator(".condition-sentence[lang=en]")).to_contain_text("and not in segment “Big spenders”")
    assert condition(page) == WANTED
    expect(page.locator(".condition-count")).to_contain_text("people")
    expect(page.locator(".condition-sample li")).not_to_have_count(0)
    expect(page.locator(".condition-reach")).to_contain_text("E-mail")

    with next_page(page):
        page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/segments/ready-to-talk/**")
    assert Segment.objects.get(slug="ready-to-talk").condition == WANTED

    # opened again, moved by keyboard, changed as JSON
    maja.open("/segments/ready-to-talk/edit/")
    ready(page)
    page.locator(".rule").nth(1).get_by_label("Kind of condition").focus()
    page.keyboard.press("Alt+Shift+ArrowUp")
    until(lambda: condition(page)["all"][0], WANTED["all"][1])
    page.locator(".builder-json summary").click()
    page.locator("textarea[name=condition]").fill('{"all": [{"event": "pricing_viewed", "count": {"gte": "three"}}]}')
    page.get_by_role("button", name="Take over into the rows").click()
    expect(page.locator(".builder-check [data-level=error]")).to_contain_text("count.gte")
    expect(page.locator(".rule-problem")).to_contain_text("expected a number")
    page.locator("textarea[name=condition]").fill(json.dumps(WANTED["all"][0]))
    page.get_by_role("button", name="Take over into the rows").click()
    expect(page.locator(".rule")).to_have_count(1)
    expect(page.locator(".builder-check [data-level=error]")).to_have_count(0)
    with next_page(page):  # the address of the editor fits the pattern below as well
        page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/segments/ready-to-talk/**")
    assert Segment.objects.get(slug="ready-to-talk").condition == WANTED["all"][0]


def test_marketer_loses_nothing_by_reload_and_error(maja):
    page = maja.page
    maja.open("/segments/new/")
    ready(page)
    page.get_by_role("button", name="+ Condition").click()
    page.get_by_label("Attribute", exact=True).select_option("country")
    page.locator("[data-focus$='-value']").fill("DE")
    wanted = {"attribute": "country", "is": "DE"}
    until(lambda: condition(page), wanted)
    page.reload()
    ready(page)
    assert condition(page) == wanted
    maja.open("/contacts/")
    page.go_back()
    ready(page)
    assert condition(page) == wanted
    page.get_by_role("button", name="+ Condition").click()  # not filled in: the server refuses it
    page.evaluate("document.querySelector('.builder').closest('form').noValidate = true")
    with next_page(page):
        page.get_by_role("button", name="Save").click()
    ready(page)
    assert condition(page)["all"][0] == wanted
    expect(page.locator(".rule")).to_have_count(2)


def test_marketer_opens_the_search_by_a_condition(maja):
    page = maja.page
    maja.open("/contacts/")
    assert page.locator("[data-ready]").count() == 0  # nothing is counted for what nobody sees
    page.locator("summary", has_text="By a condition").click()
    ready(page)
    page.get_by_role("button", name="+ Condition").click()
    expect(page.locator(".rule-hint")).to_be_visible()
    page.get_by_label("Kind of condition").select_option("context")
    page.get_by_label("Add a value").select_option("sat")
    page.get_by_label("Add a value").select_option("sun")
    until(lambda: condition(page), {"context": "weekday", "in": ["sat", "sun"]})
    expect(page.locator(".condition-sentence[lang=en]")).to_contain_text("it is Saturday or Sunday")


def test_marketer_moves_groups_and_removes(maja):
    page = maja.page
    maja.open(f"/contacts/?condition={json.dumps(NESTED)}")
    ready(page)
    expect(page.locator(".rule")).to_have_count(6)
    assert condition(page) == NESTED
    first = page.locator(".rule").first
    first.get_by_role("button", name="Move, group, copy").click()
    page.get_by_role("button", name="Put into a group").click()
    until(lambda: condition(page)["any"][0], {"any": [NESTED["any"][0]]})
    page.locator(".rule-nested").first.get_by_label("How the conditions of this group count").first.select_option(
        "none"
    )
    until(lambda: condition(page)["any"][0], {"not": {"any": [NESTED["any"][0]]}})
    page.locator(".rule").first.get_by_role("button", name="Remove", exact=True).click()
    until(lambda: len(condition(page)["any"]), 3)
    expect(page.locator(".condition-sentence[lang=en]")).to_contain_text("sum of value ≥ 100")
    with page.expect_response(lambda answer: "/contacts/?" in answer.url):
        page.get_by_role("button", name="Show these people").click()
    page.wait_for_url(lambda url: "condition=" in url)
    expect(page.locator("#contact-list").get_by_role("link", name="Save as a segment")).to_be_visible()


def test_marketer_changes_a_goal_and_explains_it(maja):
    page = maja.page
    maja.open("/journeys/loyalty/conditions/")
    with next_page(page):
        page.get_by_role("link", name="Edit: Recommended or reviewed, the goal: whoever reaches it leaves").click()
    ready(page)
    page.get_by_label("Window of time").first.select_option("step")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_contain_text("Saved.")
    maja.open("/journeys/loyalty/publish/")
    with next_page(page):
        page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("body")).to_contain_text("ersion 2")
    assert Journey.objects.get(slug="loyalty").live_version.number == 2
    maja.open(f"/contacts/{busy_contact().pk}/")
    page.get_by_label("Segment, signal, stage or goal").select_option("goal:loyalty")
    expect(page.locator("#rule-answer .explained")).not_to_have_count(0)


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}],
    ids=["wide light", "phone dark"],
)
def test_builder_is_accessible_and_fits(visit, options):
    marketer = visit(**options)
    page = marketer.page
    marketer.log_in()
    for path in (f"/contacts/?condition={json.dumps(NESTED)}", "/journeys/b2b-nurture/conditions/", "/journeys/b2b-nurture/edit/?step=interest"):  # fmt: skip
        marketer.open(path)
        if "condition=" in path or "edit" in path:
            ready(page)
            page.wait_for_selector(".condition-numbers")
            page.locator(".builder-json summary").click()
        assert (marketer.violations(), marketer.too_wide()) == ([], 0), path


def test_condition_is_checked_without_javascript(visit):
    reader = visit(java_script_enabled=False)
    reader.log_in()
    reader.open("/segments/new/")
    reader.page.locator("textarea[name=condition]").fill(json.dumps(WANTED))
    with reader.context.expect_page() as opened:
        reader.page.get_by_role("button", name="Check").click()
    expect(opened.value.locator("body")).to_contain_text("Big spenders")
