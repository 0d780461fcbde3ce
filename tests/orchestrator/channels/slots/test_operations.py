"""What somebody does with what was shown counts once, and the first sight is the sending, under its guards."""

from datetime import timedelta

import pytest

from consent.records.operations import record_consent
from contacts.events.models import Event
from journeys.models import Touch
from orchestrator.channels.slots.deciding import decide
from orchestrator.channels.slots.models import Showing, Slot
from orchestrator.channels.slots.operations import delete_slot, record_reaction, save_slot
from orchestrator.channels.slots.queries import Named, read_token
from orchestrator.channels.slots.rules import Reaction
from tests.orchestrator.channels.slots.conftest import LATER, NOW

pytestmark = pytest.mark.django_db


def react(site, touch, reaction, now=LATER, **more):
    named = Named(touch.pk, None, site.slot.pk)
    done = record_reaction(
        named=named, reaction=Reaction(reaction), machine=more.pop("machine", False), now=now, **more
    )
    touch.refresh_from_db()
    return done


def events():
    return list(Event.objects.order_by("id").values_list("name", flat=True))


def answer(person, now=LATER):
    return decide(slug="home-teaser", contact_id=person.pk, language="en", now=now).answer


def test_first_sight_is_the_sending(site):
    anna = site.world.person()
    touch = site.touch(anna, address="")
    assert react(site, touch, "shown")
    assert (touch.state, touch.sent_at, touch.called_at) == ("sent", LATER, LATER)
    assert (touch.subject, touch.language, touch.content_version) == ("Your cart, Anna", "en", 1)
    assert touch.address == f"person {anna.pk}"
    event = Event.objects.get()
    assert (event.name, event.contact_id, event.source) == ("onsite_shown", anna.pk, "onsite")
    assert event.properties == {
        "touch": touch.pk, "journey": "cart", "block": "cart-teaser", "slot": "home-teaser", "likely_machine": False,
    }  # fmt: skip
    assert answer(anna) == "touch"  # it goes on being shown


def test_each_reaction_counts_once_however_often_it_comes(site):
    anna = site.world.person()
    touch = site.touch(anna)
    done = [react(site, touch, one, now=LATER + timedelta(minutes=n)) for n in range(3) for one in ("shown", "clicked")]
    assert done == [True, True, False, False, False, False]
    assert events() == ["onsite_shown", "onsite_clicked"]
    counted = site.counted()["touch", site.world.journey.pk]
    assert (counted.shown, counted.clicked, counted.dismissed) == (1, 1, 0)
    assert touch.sent_at == LATER


def test_click_that_comes_first_is_the_sight_too(site):
    anna = site.world.person()
    touch = site.touch(anna)
    assert react(site, touch, "clicked")
    assert touch.state == "sent"
    showing = Showing.objects.get()
    assert (showing.shown_at, showing.clicked_at) == (LATER, LATER)
    assert answer(anna) == "fallback"  # who clicked does not see it again


def test_what_was_closed_is_closed_for_good(site):
    anna = site.world.person()
    touch = site.touch(anna)
    react(site, touch, "shown")
    assert react(site, touch, "dismissed")
    assert answer(anna) == "fallback"
    assert events() == ["onsite_shown", "onsite_dismissed"]


def test_withdrawn_consent_wins_over_the_sight(site):
    cem = site.world.person("Cem")
    touch = site.touch(cem)
    record_consent(contact_id=cem.pk, purpose="profiling", decision="withdrawn", source="form", now=NOW)
    assert not react(site, touch, "shown")
    assert not react(site, touch, "clicked")
    assert (touch.state, touch.called_at) == ("approved", None)
    assert events() == []
    assert react(site, touch, "dismissed")  # to close something asks nobody's leave
    assert (touch.state, events()) == ("approved", [])


def test_consent_withdrawn_after_the_sight_records_no_click(site):
    cem = site.world.person("Cem")
    touch = site.touch(cem)
    react(site, touch, "shown")
    record_consent(contact_id=cem.pk, purpose="profiling", decision="withdrawn", source="form", now=LATER)
    react(site, touch, "clicked")
    assert events() == ["onsite_shown"]


@pytest.mark.parametrize("state", ["expired", "suppressed", "held", "proposed", "failed"])
def test_what_is_not_approved_is_not_sent_by_looking(site, state):
    anna = site.world.person()
    touch = site.touch(anna)
    Touch.objects.filter(pk=touch.pk).update(state=state)
    assert not react(site, touch, "shown")
    assert (touch.state, events()) == (state, [])


def test_what_has_expired_meanwhile_is_not_sent(site):
    anna = site.world.person()
    touch = site.touch(anna)
    assert not react(site, touch, "shown", now=touch.expires_at)
    assert touch.state == "approved"


def test_machines_are_marked(site):
    anna = site.world.person()
    react(site, site.touch(anna), "clicked", machine=True)
    assert Event.objects.get().properties["likely_machine"] is True


def test_touch_of_another_channel_or_gone_is_nothing(site):
    anna = site.world.person()
    mail = site.world.touch(anna)
    assert not react(site, mail, "shown")
    assert mail.state == "approved"
    assert not record_reaction(named=Named(10**12, None, 1), reaction=Reaction.SHOWN, machine=False, now=NOW)


def test_token_with_any_changed_byte_is_not_ours(site):
    anna = site.world.person()
    site.touch(anna)
    token = decide(slug="home-teaser", contact_id=anna.pk, language="en", now=NOW).tracking
    assert read_token(token).slot == site.slot.pk
    changed = [token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] for n in range(len(token))]
    assert [
        one for one in [*changed, token[:-1], token + "A", token + "=", "", "\ud800", "t-1-1"] if read_token(one)
    ] == []


def test_save_slot_fills_its_fallback_in_and_clears_it_with_it(site):
    assert site.slot.fallback_texts["de"]["title"] == "Willkommen"
    assert site.slot.fallback_version == 1
    saved = save_slot(slot_id=site.slot.pk, given={"fallback": None}, now=NOW)
    assert (saved.fallback_texts, saved.fallback_version) == ({}, None)


def test_delete_slot_takes_its_counts_along_and_touches_stay(site):
    anna = site.world.person()
    touch = site.touch(anna)
    answer(anna)
    site.counted()
    assert delete_slot(slot_id=site.slot.pk)
    assert not delete_slot(slot_id=site.slot.pk)
    assert (Slot.objects.count(), site.counted()) == (0, {})
    assert react(site, touch, "shown")  # the page was open already
    assert Event.objects.get().properties["slot"] == ""
