"""What a marketer does with offers in a browser: writes one, gives it codes, publishes it, looks at what became of it."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from contacts.models import Contact
from journeys.definitions.operations import import_journey
from journeys.models import Block, Enrollment, Journey, Offer, OfferCode, OfferDecision, OfferGrant
from journeys.offers.queries import decline_url
from tests.browser.waiting import next_page
from tests.sizes import looks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")


def shot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/offers-{name}.png", full_page=True)


def names(text):
    return {"en": text, "de": text}


def test_marketer_writes_an_offer_gives_it_codes_and_publishes_it(visit):
    maja = visit()
    maja.log_in()
    maja.open("/offers/")
    page = maja.page
    with next_page(page):
        page.click("text=New offer")
    page.fill("#id_name_en", "Spring voucher")
    page.fill("#id_name_de", "Frühlingsgutschein")
    page.select_option("#id_kind", "voucher")
    page.fill("#id_value", "15")
    page.select_option("#id_codes", "single")
    page.fill("#id_budget", "4500")
    page.check("label:has-text('Retention') input")
    shot(maja, "edit-filled")
    with next_page(page):
        page.click("button:has-text('Save')")
    page.wait_for_url("**/offers/spring-voucher/")
    with next_page(page):
        page.click("button:has-text('Publish')")
    assert "There are no codes yet." in page.inner_text("main")
    page.fill("#id_count", "25")
    page.fill("#id_prefix", "spring")
    with next_page(page):
        page.click("button:has-text('Add codes')")
    assert "25 new codes." in page.inner_text("main")
    assert maja.violations() == []
    with next_page(page):
        page.click("button:has-text('Publish')")
    assert "is live" in page.inner_text("main")
    shot(maja, "published")
    one = Offer.objects.get(slug="spring-voucher")
    assert (one.state, one.single_codes.count(), one.phases) == ("live", 25, ["retention"])


def a_past(now):
    """Two offers in two journeys, what became of them, and people who are in both."""
    spring = Offer.objects.create(
        slug="spring-voucher", kind="voucher", state="live", created_at=now, name_en="Spring voucher", name_de="Frühlingsgutschein", value=15,
        budget=450, codes="single", phases=["purchase", "retention"], eligibility={"attribute": "country", "in": ["DE", "AT"]},
        valid_from=now - timedelta(days=40), valid_until=now + timedelta(days=50),
    )  # fmt: skip
    shipping = Offer.objects.create(
        slug="free-shipping", kind="free_shipping", state="live", created_at=now, name_en="Free shipping this autumn", name_de="Versand frei",
        segments=["big-spenders"], most_grants=500,
    )  # fmt: skip
    Offer.objects.create(
        slug="talk", kind="consultation", state="draft", created_at=now, name_en="A talk", name_de="Gespräch"
    )
    Offer.objects.create(
        slug="old", kind="gift", state="ended", created_at=now, name_en="Winter gift", name_de="Geschenk"
    )
    OfferCode.objects.bulk_create(OfferCode(offer=spring, code=f"SPRING-7K2M-XQ4D-{n:04}") for n in range(40))
    block = Block.objects.filter(state="approved").first().slug
    for slug, offer in (("loyalty-thanks", spring), ("second-order", shipping)):
        steps = [
            {
                "key": "give",
                "kind": "offer",
                "name": names("Give the offer"),
                "offer": offer.slug,
                "not_offered": "end",
            },
            {"key": "mail", "kind": "send", "name": names("Say it"), "block": block},
            {"key": "end", "kind": "end", "name": names("End")},
        ]
        title = slug.replace("-", " ").capitalize()
        import_journey(
            definition={"slug": slug, "name": names(title), "phase": "retention", "entry": {"signal": "repeated-pricing"}, "steps": steps},
            now=now,
        )  # fmt: skip
    people = list(Contact.objects.order_by("pk"))
    states = ["open"] * 6 + ["accepted"] * 8 + ["declined"] * 2 + ["expired"] * 4
    for n, (person, state) in enumerate(zip(people, states, strict=False)):
        made = now - timedelta(days=n % 9, hours=3)
        grant = OfferGrant.objects.create(
            offer=spring, contact=person, state=state, code=f"SPRING-7K2M-XQ4D-{n:04}", value=15, granted_at=made, expires_at=made + timedelta(days=14),
            answered_at=None if state == "open" else made + timedelta(hours=2), rest_until=now + timedelta(days=20) if state == "declined" else None,
        )  # fmt: skip
        OfferCode.objects.filter(code=grant.code).update(grant=grant)
    for slug in ("loyalty-thanks", "second-order"):
        journey = Journey.objects.get(slug=slug)
        first = journey.live_version.steps.get(key="mail")
        for n, person in enumerate(people[:8]):
            run = Enrollment.objects.create(
                contact=person,
                journey=journey,
                version=journey.live_version,
                step=first,
                entered_at=now,
                arrived_at=now,
            )
            reason = ["", "not_eligible", "resting", "budget_used_up"][n % 4]
            OfferDecision.objects.create(
                offer=spring, contact=person, enrollment=run, visit=0, reason=reason, at=now - timedelta(days=1)
            )


@pytest.mark.parametrize(("theme", "width"), looks([("light", 1440), ("dark", 390)], ("dark", 1440), ("light", 390)))
def test_pages_fit_and_are_accessible(visit, width, theme):
    a_past(datetime.now(UTC))
    maja = visit(viewport={"width": width, "height": 900}, color_scheme=theme)
    maja.log_in()
    pages = {
        "list": "/offers/",
        "one": "/offers/spring-voucher/",
        "draft": "/offers/talk/",
        "edit": "/offers/spring-voucher/edit/",
        "new": "/offers/new/",
        "conflicts": "/offers/conflicts/",
    }
    for name, path in pages.items():
        maja.open(path)
        maja.all_there()
        shot(maja, f"{name}-{width}-{theme}")
        assert maja.too_wide() <= 0, name
        assert maja.violations() == [], name


def test_person_says_no_thanks_without_a_login(visit):
    now = datetime.now(UTC)
    a_past(now)
    grant = OfferGrant.objects.filter(state="open").first()
    anna = visit(viewport={"width": 390, "height": 800})
    anna.open("/no/" + decline_url(grant.pk).split("/no/")[1])
    assert anna.violations() == []
    shot(anna, "no-thanks")
    with next_page(anna.page):
        anna.page.click("button")
    anna.page.wait_for_selector("[role=status]")
    assert anna.violations() == []
    assert anna.too_wide() <= 0
    grant.refresh_from_db()
    assert grant.state == "declined"
