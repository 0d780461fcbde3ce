"""The pages of the demo shop: slots that a journey fills, and somebody to come as."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import include, path

from consent.records.operations import record_consent
from contacts.events.operations import NewEvent, open_months, record_events
from contacts.models import Contact, Identifier
from journeys.models import Journey, Touch
from orchestrator.api.models import ApiKey
from orchestrator.channels.slots.deciding import decide
from orchestrator.channels.slots.models import Slot
from orchestrator.channels.slots.preparing import prepare_touches
from orchestrator.demo import definitions
from orchestrator.demo.site import come_as_somebody, shop_key, write_site
from orchestrator.tick.loop import beat, pulse
from orchestrator.urls import urlpatterns as product
from tests.orchestrator.channels.slots.conftest import counts_wait  # noqa: F401

pytestmark = pytest.mark.django_db
urlpatterns = [*product, path("", include("orchestrator.demo.urls"))]
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def company(db):
    definitions.write_facts()
    definitions.write_journeys(now=NOW - timedelta(days=1))
    write_site(now=NOW - timedelta(days=1))
    open_months(first=NOW.date(), last=NOW.date())


def come(name="Anna"):
    person = Contact.objects.create(
        first_name=name, external_id=f"NL-{name}", email=f"{name}@mail.example".lower(), language="en", created_at=NOW, updated_at=NOW
    )  # fmt: skip
    record_consent(
        contact_id=person.pk, purpose="profiling", decision="granted", source="form", now=NOW - timedelta(days=1)
    )
    event = NewEvent(person.pk, "cart_updated", NOW, {"cart_id": "C-1", "value": 80})
    record_events(events=[event], source="shop", now=NOW)
    return person


def test_site_has_two_slots_and_a_journey_that_fills_one(company):
    write_site(now=NOW)  # again
    assert list(Slot.objects.values_list("slug", "kind")) == [
        ("home-teaser", "teaser"),
        ("product-ideas", "recommendation"),
    ]
    assert Slot.objects.get(slug="home-teaser").fallback_texts["de"]["title"] == "Licht, das bleibt"
    assert Journey.objects.get(slug="cart-on-site").state == "live"


def test_whoever_fills_a_cart_sees_it_on_the_home_page(company):
    anna = come()
    pulse(now=NOW)
    beat(now=NOW + timedelta(seconds=5))
    touch = Touch.objects.get(contact=anna, channel="onsite")
    assert (touch.state, touch.reason, touch.address) == ("approved", "", f"person {anna.pk}")
    prepare_touches(now=NOW)
    shown = decide(slug="home-teaser", contact_id=anna.pk, language="en", now=NOW)
    assert shown.content["title"] == "Welcome back, Anna"
    assert shown.content["button"]["url"].endswith("/cart/C-1")
    guest = come_as_somebody(now=NOW)
    assert guest.name == "Anna"
    assert Identifier.objects.get(value=guest.visitor).contact == anna


def test_shop_shows_its_slots_with_a_key_that_stays_the_same(company, client, settings):
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.orchestrator.demo.test_site"
    assert shop_key(now=NOW) == shop_key(now=NOW)
    assert ApiKey.objects.get(name="Demo shop").public
    body = client.get("/demo/shop/").content.decode()
    assert 'data-slot="home-teaser"' in body
    assert shop_key(now=NOW) in body
    assert "whom nobody knows" in body
    assert "cart/C-1" in client.get("/demo/shop/cart/C-1").content.decode()
    client.post("/demo/shop/")
    assert not Identifier.objects.exists()  # a stranger comes as nobody
    client.force_login(User.objects.create_user("maja"))
    assert "Nothing waits for anybody" in client.post("/demo/shop/").content.decode()
