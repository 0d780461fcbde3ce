"""Messages with an offer: its values in the text, looked at again before it goes out."""

from datetime import timedelta

import pytest

from journeys.models import Offer, OfferGrant, Touch, Variant
from orchestrator.channels.models import Link
from orchestrator.channels.operations import deliver_touches
from tests.orchestrator.channels.conftest import NOW

TEXT = """<mj-text>{{ offer.name }}: {{ offer.code }} worth {{ offer.value | money: offer.currency }} until {{ offer.valid_until | date: "long" }}.
<a href="{{ offer.decline_url }}">No thanks</a></mj-text>"""


@pytest.fixture
def grant(world):
    Variant.objects.filter(block_id=world.block_id).update(body=TEXT)
    offer = Offer.objects.create(
        slug="spring", kind="voucher", state="live", created_at=NOW, name_en="Spring", name_de="Frühling", value=10
    )
    anna = world.person(grant=("email_marketing",), language="de")
    anna.time_zone = "Asia/Tokyo"
    anna.save()
    ends = NOW.replace(hour=23) + timedelta(days=3)  # the next morning in Tokyo
    return OfferGrant.objects.create(offer=offer, contact=anna, code="A-1", value=10, granted_at=NOW, expires_at=ends)


@pytest.mark.django_db
def test_message_says_the_offer_of_the_person(world, clock, smtp, grant):
    world.touch(grant.contact, grant=grant)
    assert deliver_touches(now=clock)["sent"] == 1
    page = smtp.mails[0].get_body(("html",)).get_content()
    assert "Frühling: A-1 worth 10,00\u00a0€ until 6. März 2026" in page
    assert "/no/" in page


@pytest.mark.django_db
def test_no_thanks_is_no_click(world, clock, smtp, grant):
    body = f'{TEXT}<mj-text><a href="https://shop.example/cart">Cart</a></mj-text>'
    Variant.objects.filter(block_id=world.block_id).update(body=body)
    ben = world.person("ben", grant=("email_marketing", "profiling"))
    OfferGrant.objects.update(contact=ben)
    world.touch(ben, grant=OfferGrant.objects.get())
    assert deliver_touches(now=clock)["sent"] == 1
    assert list(Link.objects.values_list("url", flat=True)) == ["https://shop.example/cart"]
    for kind in ("html", "plain"):
        page = smtp.mails[0].get_body((kind,)).get_content()
        assert (page.count("/no/"), page.count("/c/")) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "reason"),
    [("accepted", "offer_conflict"), ("withdrawn", "offer_conflict"), ("declined", "rest_after_decline")],
)
def test_message_whose_offer_is_over_by_now_is_not_sent(world, clock, smtp, grant, state, reason):
    world.touch(grant.contact, grant=grant)
    OfferGrant.objects.update(state=state)
    assert deliver_touches(now=clock)[reason] == 1
    assert (Touch.objects.get().reason, smtp.mails) == (reason, [])
