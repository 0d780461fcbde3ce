"""What a marketer does with contact rules in a browser: sees the effect, saves, reorders journeys, draws a holdout."""

import os

import pytest
from playwright.sync_api import expect

from consent.models import Holdout, Limit, QuietHours
from journeys.models import Journey
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")


def shot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_marketer_sees_the_effect_of_a_limit_before_saving_it(visit):
    maja = visit()
    maja.log_in()
    maja.open("/consent/rules/")
    assert maja.violations() == []
    shot(maja, "rules")
    page = maja.page
    with next_page(page):
        page.click("text=New limit")
    page.fill("#id_most", "1")
    page.fill("#id_span", "30")
    effect = page.locator("#rule-effect")
    expect(effect).to_contain_text("At most 1 message in all channels together in 30 days")
    expect(effect).to_contain_text("It would have held back")
    strict = int(page.locator("#rule-effect .figure").get_attribute("data-held"))
    assert strict > 0
    page.fill("#id_most", "900")
    expect(page.locator("#rule-effect .figure")).to_have_attribute("data-held", "0")
    page.fill("#id_most", "0")
    expect(effect).to_contain_text("greater than or equal to 1")
    page.fill("#id_most", "2")
    page.fill("#id_name_en", "Two in a month")
    page.fill("#id_name_de", "Zwei im Monat")
    expect(effect).to_contain_text("At most 2 messages")
    assert maja.violations() == []
    shot(maja, "limit")
    with next_page(page):
        page.click("button:has-text('Save')")
    page.wait_for_url("**/consent/rules/")
    assert "At most 2 messages in all channels together in 30 days" in page.inner_text("main")
    one = Limit.objects.get(slug="two-in-a-month")
    with next_page(page):
        page.click("text=Two in a month")
    expect(page.locator("#id_span")).to_have_value("30")
    with next_page(page):
        page.click("button:has-text('Delete')")
    assert "The rule is deleted." in page.inner_text("main")
    assert not Limit.objects.filter(pk=one.pk).exists()


def test_marketer_reorders_journeys_by_keyboard_and_by_mouse(visit):
    maja = visit()
    maja.log_in()
    maja.open("/consent/rules/priorities/")
    page = maja.page
    assert maja.violations() == []
    shot(maja, "priorities")
    before = list(Journey.objects.order_by("-priority", "slug").values_list("slug", flat=True))
    page.locator(f"button[name=down][value={before[0]}]").focus()
    page.keyboard.press("Enter")
    rows = page.locator(".ranks > li")
    expect(rows.nth(1).locator(f"button[name=down][value={before[0]}]")).to_be_focused()
    rows.nth(3).drag_to(rows.nth(0), target_position={"x": 40, "y": 4})
    expect(rows.nth(0).locator(f"button[name=down][value={before[3]}]")).to_have_count(1)
    with next_page(page):
        page.click("text=Save the order")
    assert "The order is saved." in page.inner_text("main")
    expected = [before[3], before[1], before[0], *before[2:3], *before[4:]]
    assert list(Journey.objects.order_by("-priority", "slug").values_list("slug", flat=True)) == expected
    with next_page(page):
        page.locator("a:has-text('Weights')").first.click()
    assert maja.violations() == []
    page.fill("#id_value", "2.5")
    with next_page(page):
        page.click("button:has-text('Save')")
    assert "worth 2.5 times" in page.inner_text("main")


def test_marketer_works_without_javascript(visit):
    maja = visit(java_script_enabled=False)
    maja.log_in()
    maja.open("/consent/rules/quiet/new/")
    page = maja.page
    page.fill("#id_starts", "22:00")
    page.fill("#id_ends", "06:30")
    with next_page(page):
        page.click("button:has-text('Show the effect')")
    assert "Quiet from 22:00 to 06:30" in page.inner_text("#rule-effect")
    assert page.input_value("#id_ends") == "06:30"
    with next_page(page):
        page.click("button:has-text('Save')")
    assert QuietHours.objects.filter(starts="22:00", ends="06:30").exists()
    maja.open("/consent/rules/priorities/")
    first = Journey.objects.order_by("-priority", "slug").first().slug
    with next_page(page):
        page.click(f"button[name=down][value={first}]")
    assert "The order is saved." in page.inner_text("main")
    assert Journey.objects.order_by("-priority", "slug")[1].slug == first


@pytest.mark.parametrize(("width", "scheme", "locale"), [(390, "dark", "de-DE"), (1440, "light", "de-DE"), (390, "light", "en-GB")])  # fmt: skip
def test_contact_rules_fit_every_window(visit, width, scheme, locale):
    maja = visit(viewport={"width": width, "height": 850}, color_scheme=scheme, locale=locale)
    maja.log_in()
    limit = Limit.objects.first().pk
    Holdout.objects.get_or_create(slug="x", defaults={"name_en": "X", "name_de": "X", "buckets": 1, "salt": "x", "created_at": Journey.objects.first().created_at})  # fmt: skip
    for name, path in (
        ("rules", "/consent/rules/"),
        ("limit", f"/consent/rules/limits/{limit}/"),
        ("quiet", "/consent/rules/quiet/new/"),
        ("rest", "/consent/rules/rests/new/"),
        ("holdout", "/consent/rules/holdouts/new/"),
        ("priorities", "/consent/rules/priorities/"),
    ):
        maja.open(path)
        shot(maja, f"{name}-{width}-{scheme}-{locale[:2]}")
        assert maja.violations() == [], name
        assert maja.too_wide() <= 0, name
