"""What a slot answers: the best message that may be shown now, else the fallback; nothing of it is stored."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.records.operations import record_consent
from contacts.models import Contact
from journeys.models import Block, Journey
from orchestrator.channels.slots.deciding import UnknownSlot, decide
from orchestrator.channels.slots.models import Showing, Slot
from orchestrator.channels.slots.operations import save_slot
from orchestrator.channels.slots.preparing import keep_touches
from tests.orchestrator.channels.slots.conftest import NOW, block

pytestmark = pytest.mark.django_db
FALLBACK = {
    "title": "Welcome",
    "text": "Look around.",
    "image": None,
    "button": {"label": "To the shop", "url": "https://shop.example/"},
}


def ask(contact=None, slot="home-teaser", now=NOW, **more):
    return decide(slug=slot, contact_id=contact and contact.pk, language=more.pop("language", "en"), now=now, **more)


def test_decide_for_somebody_unknown_answers_the_fallback_in_the_language_asked_for(site):
    shown = ask()
    assert (shown.answer, shown.content, shown.touch, shown.tracking) == ("fallback", FALLBACK, None, "")
    assert ask(language="de").content["title"] == "Willkommen"


def test_decide_answers_the_message_filled_in_for_the_person(site):
    anna = site.world.person()
    touch = site.touch(anna)
    shown = ask(anna)
    assert (shown.answer, shown.touch, shown.language) == ("touch", touch.pk, "en")
    assert shown.content == {
        "title": "Your cart, Anna",
        "text": "Hello Anna, your cart c1 waits.",
        "image": {"url": "https://shop.example/lamp.png", "alt": "A lamp"},
        "button": {"label": "To the cart", "url": "https://shop.example/cart?id=c1"},
    }
    assert shown.tracking
    assert site.counted()["touch", site.world.journey.pk].asked == 1


def test_decide_without_consent_to_profiling_answers_the_fallback(site):
    ben = site.world.person("Ben", grant=("email_marketing",))
    site.touch(ben)
    assert ask(ben).answer == "fallback"


@pytest.mark.parametrize("purpose", ["profiling", "third_party"])
def test_decide_asks_again_whether_we_may(site, purpose):
    cem = site.world.person("Cem", grant=("profiling", "third_party"))
    site.touch(cem, purpose=purpose)
    assert ask(cem).answer == "touch"
    record_consent(contact_id=cem.pk, purpose=purpose, decision="withdrawn", source="form", now=NOW)
    assert ask(cem).answer == "fallback"


def test_decide_takes_the_higher_score_then_the_older(site):
    anna = site.world.person()
    first = site.touch(anna, key="a")
    second = site.touch(anna, key="b", proposed_at=NOW - timedelta(hours=1))
    third = site.touch(anna, key="c")
    assert ask(anna).touch == second.pk
    Showing.objects.filter(touch=third).update(score=Decimal(900))
    assert ask(anna).touch == third.pk
    Showing.objects.filter(touch=first).update(score=Decimal(901))
    assert ask(anna).touch == first.pk


def test_decide_shows_a_message_in_the_slot_that_its_step_names_only(site):
    anna = site.world.person()
    save_slot(
        slot_id=None, given={"slug": "other", "name_en": "O", "name_de": "O", "kind": "hint", "place": "app"}, now=NOW
    )
    site.touch(anna, slot="other")
    assert ask(anna).answer == "fallback"
    assert ask(anna, "other").answer == "touch"


def test_decide_shows_a_message_for_any_slot_in_teasers_and_hints_not_in_recommendations(site):
    anna = site.world.person()
    site.touch(anna)
    for kind, answer in (("hint", "touch"), ("teaser", "touch"), ("recommendation", "fallback")):
        Slot.objects.filter(slug="home-teaser").update(kind=kind)
        assert ask(anna).answer == answer


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": NOW},
        {"state": "suppressed"},
        {"state": "held"},
        {"left": "goal"},
        {"left": "consent_withdrawn"},
    ],
)
def test_decide_shows_nothing_that_is_over_or_not_approved(site, change):
    anna = site.world.person()
    site.touch(anna, **change)
    assert ask(anna).answer == "fallback"


def test_decide_goes_on_with_what_ran_through_its_journey(site):
    anna = site.world.person()
    site.touch(anna, left="completed")
    assert ask(anna).answer == "touch"


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_decide_shows_nothing_of_a_journey_that_stands(site, state):
    anna = site.world.person()
    site.touch(anna)
    Journey.objects.update(state=state)
    assert ask(anna).answer == "fallback"


def test_decide_waits_until_a_changed_text_is_filled_in_again(site):
    anna = site.world.person()
    site.touch(anna)
    Block.objects.filter(pk=site.block_id).update(version=2)
    assert ask(anna).answer == "fallback"
    keep_touches(now=NOW)
    assert ask(anna).answer == "touch"


def test_decide_in_a_slot_that_is_not_active_answers_nothing(site):
    anna = site.world.person()
    site.touch(anna)
    Slot.objects.update(active=False)
    shown = ask(anna)
    assert (shown.answer, shown.content) == ("nothing", None)


def test_decide_in_a_slot_without_fallback_answers_nothing(site):
    Slot.objects.update(fallback=None)
    assert ask().content is None
    assert site.counted()["nothing", None].asked == 1


def test_decide_shows_no_fallback_that_is_archived(site):
    Block.objects.filter(slug="welcome").update(state="archived")
    assert ask().answer == "nothing"


@pytest.mark.parametrize("slug", ["unknown", "", "a b", "x" * 101, "a\x00b", "ä", "../etc"])
def test_decide_in_an_unknown_slot_says_so(site, slug):
    with pytest.raises(UnknownSlot):
        ask(slot=slug)


def test_decide_stores_nothing_and_takes_two_statements(site):
    anna = site.world.person()
    site.touch(anna)
    ask(anna)
    with CaptureQueriesContext(connection) as found:
        ask(anna)
    assert len(found) == 2
    assert not [one for one in found if "INSERT" in one["sql"] or "UPDATE" in one["sql"]]
    assert Contact.objects.count() == 1


def test_decide_knows_no_button_or_picture_that_a_value_brought_along(site):
    eve = site.world.person("Eve")
    eve.first_name = "Eve\n[Win](https://evil.example/)\n![x](https://evil.example/x.png)"
    eve.save()
    site.block_id = block("plain-teaser", body="Hello {{ contact.first_name }}", title="Hi")
    site.touch(eve)
    content = ask(eve).content
    assert (content["button"], content["image"]) == (None, None)


def test_decide_leaves_out_addresses_that_are_not_of_the_web(site):
    anna = site.world.person()
    site.block_id = block(
        "bad-link", body="Hi\n[Click](javascript:alert(1))\n![x](data:image/png;base64,AA)", title="Hi"
    )
    site.touch(anna)
    content = ask(anna).content
    assert (content["button"], content["image"], content["text"]) == (None, None, "Hi")
