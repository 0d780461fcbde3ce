"""What a marketer does with scores in a browser: writes one, tries it, keeps it, looks at who has which grade."""

import os
from datetime import UTC, datetime

import pytest

from contacts.models import Contact, Score, ScoreValue
from contacts.scores.operations import compute_scores
from orchestrator.kernel.scope import EVERYBODY
from tests.browser.waiting import next_page, settled
from tests.sizes import looks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")


def shot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_marketer_writes_a_score_tries_and_keeps_it(visit):
    maja = visit()
    maja.log_in()
    maja.open("/scores/new/")
    page = maja.page
    page.fill("#id_name_en", "Interest in prices")
    page.fill("#id_rules-0-name_en", "Lamp viewed")
    page.fill("#id_rules-0-points", "7.5")
    page.fill("#id_rules-0-event", "product_viewed")
    assert not page.is_visible(".for-condition")
    with next_page(page):
        page.click("text=Add a rule")
    page.fill("#id_rules-1-name_en", "From Germany")
    page.fill("#id_rules-1-points", "20")
    page.select_option("#id_rules-1-kind", "condition")
    page.locator(".for-condition:visible .builder-json summary").click()
    page.fill("#id_rules-1-condition", '{"attribute": "country", "is": "DE"}')
    page.click("button[name=preview]")
    page.wait_for_selector(".previewed .score-value")
    settled(page)
    shot(maja, "edit-preview")
    assert maja.too_wide() == 0
    assert maja.violations() == []
    assert not Score.objects.filter(slug="interest-in-prices").exists()
    with next_page(page):
        page.click("text=Save >> nth=0")
    page.wait_for_url("**/scores/")
    made = Score.objects.get(slug="interest-in-prices")
    assert [rule.event or rule.condition for rule in made.rules.all()] == [
        {"event": "product_viewed"},
        {"attribute": "country", "is": "DE"},
    ]


@pytest.mark.parametrize(("theme", "width"), looks([("light", 1440), ("dark", 390)], ("dark", 1440), ("light", 390)))
def test_pages_fit_and_are_accessible(visit, width, theme):
    compute_scores(now=datetime.now(UTC), scope=EVERYBODY)
    maja = visit(viewport={"width": width, "height": 900}, color_scheme=theme)
    maja.log_in()
    best = ScoreValue.objects.order_by("-value").first()
    assert best is not None
    pages = {
        "list": "/scores/",
        "edit": "/scores/engagement/",
        "grades": "/scores/grades/",
        "people": "/scores/grades/D4/",
        "contact": f"/contacts/{Contact.objects.get(pk=best.contact_id).pk}/",
    }
    for name, path in pages.items():
        maja.open(path)
        maja.all_there()
        shot(maja, f"{name}-{width}-{theme}")
        assert maja.too_wide() == 0, name
        assert maja.violations() == [], name
