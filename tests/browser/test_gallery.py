"""A marketer in the gallery: reads when to use a template, makes a draft of it, takes a file out and in again."""

import pytest

from journeys.gallery.templates import template
from journeys.gallery.writing import write_document
from journeys.models import Journey
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.mark.parametrize("options", [{}, {**PHONE, "color_scheme": "dark"}])
def test_gallery_is_read_and_a_template_used(visit, options):
    maja = visit(**options)
    maja.log_in()
    maja.open("/journeys/templates/")
    assert maja.page.locator(".gallery-card").count() == 8
    assert (maja.violations(), maja.too_wide()) == ([], 0)
    with next_page(maja.page):
        maja.page.click("text=Abandoned cart: remind, advise, let go")
    maja.page.wait_for_selector("#use-title")
    assert "Which data it needs" in maja.page.inner_text("main")
    assert (maja.violations(), maja.too_wide()) == ([], 0)
    maja.page.fill("#id_slug", "our-carts")
    with next_page(maja.page):
        maja.page.click("text=Make a draft of it")
    maja.page.wait_for_url("**/journeys/our-carts/edit/")
    assert Journey.objects.get(slug="our-carts").state == "draft"


@pytest.mark.parametrize("options", [{}, {**PHONE, "color_scheme": "dark"}])
def test_file_goes_out_and_shows_what_it_would_change_when_it_comes_in(visit, options):
    maja = visit(**options)
    maja.log_in()
    maja.open("/journeys/import/")
    assert (maja.violations(), maja.too_wide()) == ([], 0)
    document = template("win-back").document
    maja.page.fill("#id_text", write_document(document))
    with next_page(maja.page):
        maja.page.click("text=Look at it")
    maja.page.wait_for_selector("#changes-title")
    assert (maja.violations(), maja.too_wide()) == ([], 0)
    with next_page(maja.page):
        maja.page.click("text=Take it in")
    maja.page.wait_for_url("**/journeys/win-back-cancelled/edit/")
    maja.open("/journeys/")
    with maja.page.expect_download() as download:
        maja.page.evaluate("window.location = '/journeys/reactivation/export/'")
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("bundle: 1\njourneys:\n  - slug: reactivation\n")
    maja.open("/journeys/import/")
    maja.page.fill("#id_text", text.replace("for: 14d", "for: 21d").replace("within: 12mo", "within: 6mo"))
    with next_page(maja.page):
        maja.page.click("text=Look at it")
    maja.page.wait_for_selector("#changes-title")
    said = maja.page.inner_text("#changes")
    assert "Step “Two weeks to decide”" in said
    assert "waits 14 days" in said
    assert "waits 21 days" in said
    for one in maja.page.query_selector_all("details summary"):
        one.click() if one.is_visible() else None
    assert (maja.violations(), maja.too_wide()) == ([], 0)
