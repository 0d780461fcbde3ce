"""Senders in a real browser: by keyboard, without JavaScript, narrow, dark; and a journey that stopped itself."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from journeys.models import Journey
from orchestrator.channels.senders.operations import save_sender
from orchestrator.models import Sender
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS", "")  # a folder, for who wants to look at the pages


def shoot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def senders(scene):
    User.objects.filter(username="maja").update(is_staff=True)
    now = datetime.now(UTC)
    one = save_sender(
        sender=Sender(
            name="Nordlicht", address="hello@nordlicht.example", reply_to="answers@nordlicht.example", dkim_selectors="s1 s2",
            note="News and offers", warm_up_from=date(2026, 3, 1), purposes=["email_marketing"],
        ),
        now=now,
    )  # fmt: skip
    save_sender(
        sender=Sender(name="Nordlicht Service", address="service@nordlicht.example", purposes=["service"]), now=now
    )
    journey = Journey.objects.filter(state="live").order_by("pk").first()
    Journey.objects.filter(pk=journey.pk).update(
        state="paused", brake={"level": "stop", "sent": 1000, "complained": 4, "bounced": 12, "at": now.isoformat()}
    )
    return one, journey


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("de", "dark")])
def test_pages_of_senders_are_clean_wide_and_narrow(visit, senders, language, theme):
    one, journey = senders
    for width in (1440, 390):
        visitor = visit(viewport={"width": width, "height": 900}, locale=f"{language}-{language.upper()}")
        visitor.context.add_cookies(
            [
                {"name": "theme", "value": theme, "url": visitor.address},
                {"name": "django_language", "value": language, "url": visitor.address},
            ]
        )
        visitor.log_in()
        pages = {
            "list": "/senders/",
            "sender": f"/senders/{one.pk}/",
            "edit": f"/senders/{one.pk}/edit/",
            "journey": f"/journeys/{journey.slug}/",
            "today": "/",
        }
        for name, path in pages.items():
            visitor.open(path)
            assert visitor.violations() == []
            assert visitor.too_wide() <= 0
            shoot(visitor, f"{name}-{language}-{theme}-{width}")


def test_sender_is_made_without_javascript(visit, senders):
    visitor = visit(java_script_enabled=False)
    visitor.log_in()
    visitor.open("/senders/new/")
    visitor.page.fill("#id_name", "Shop")
    visitor.page.fill("#id_address", "shop@nordlicht.example")
    with next_page(visitor.page):
        visitor.page.press("#id_address", "Enter")
    visitor.page.wait_for_url(lambda url: "/new/" not in url)
    assert visitor.page.locator("h1").inner_text().startswith("Shop")
    assert Sender.objects.filter(address="shop@nordlicht.example", is_default=False).exists()
