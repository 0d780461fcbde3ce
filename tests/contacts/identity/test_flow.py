"""Merges within the flow: the pulse carries out what rules decided, and no step is sent twice to one person."""

import pytest

from consent.records.operations import record_consent
from contacts.events.operations import NewEvent, record_events
from contacts.identity.models import Merge, MergeProposal
from contacts.identity.operations import merge_contacts, resolve_people
from contacts.identity.rules import Seen
from contacts.models import Contact, Event
from journeys.models import Enrollment, Touch
from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.models import Verdict
from orchestrator.tick import loop
from tests.contacts.identity.made import NOW, orphans, person, rules, run

DEVICE = "0b7a3c1e-58d1-4f0a-9c3e-1d2f3a4b5c6d"


@pytest.fixture
def anna(db):
    rules()
    return person("u1", email="anna@people.example")


def test_pulse_merges_a_visitor_whose_name_is_known_now(anna):
    (visitor,) = resolve_people(people=[Seen(anonymous_id=DEVICE)], now=NOW, source="web", trusted=False)
    record_events(events=[NewEvent(visitor, "page_viewed", NOW)], source="web", now=NOW)
    loop.pulse(now=NOW)
    resolve_people(people=[Seen("u1", DEVICE)], now=NOW, source="shop", trusted=True)
    record_events(events=[NewEvent(visitor, "late", NOW)], source="web", now=NOW)  # a request that was just going on
    loop.pulse(now=NOW)
    assert Contact.objects.get() == anna
    record_events(events=[NewEvent(visitor, "later", NOW)], source="web", now=NOW)
    loop.pulse(now=NOW)
    assert set(Event.objects.values_list("name", "contact_id")) == {
        (n, anna.pk) for n in ("page_viewed", "late", "later")
    }
    assert orphans() == {}


def test_pulse_goes_on_when_a_merge_cannot_be_done(anna, monkeypatch):
    from django.db import IntegrityError

    visitor = person("")
    MergeProposal.objects.create(
        first_id=anna.pk, second_id=visitor.pk, kind="anonymous", value="x", state="due", at=NOW
    )

    def refuse(**_):
        raise IntegrityError

    monkeypatch.setattr(loop, "merge_due", refuse)  # stands for a table that somebody forgot to register
    record_events(events=[NewEvent(anna.pk, "page_viewed", NOW)], source="web", now=NOW)
    assert loop.pulse(now=NOW).contacts == 1
    assert MergeProposal.objects.values_list("state", "reason").get() == ("open", "failed")
    assert not Merge.objects.exists()


@pytest.mark.parametrize("who", ["survivor", "loser"])
def test_pulse_after_a_merge_ends_the_run_of_either_where_one_has_withdrawn(anna, who):
    other = person("u2", email="u2@people.example")
    run(other if who == "survivor" else anna)
    for one, decision in ((anna, "granted"), (other, "granted"), (anna if who == "survivor" else other, "withdrawn")):
        record_consent(contact_id=one.pk, purpose="email_marketing", decision=decision, source="t", now=NOW)
    loop.pulse(now=NOW)
    assert Enrollment.objects.get().left_at is None  # it is the other one who has withdrawn
    merge_contacts(survivor_id=anna.pk, loser_id=other.pk, why="x", by="mia", now=NOW)
    loop.pulse(now=NOW)
    left = Enrollment.objects.get()
    assert (left.contact_id, left.reason) == (anna.pk, "consent_withdrawn")


def test_decide_message_of_a_step_that_the_other_run_had_sent_is_held_back(anna):
    other = person("u2", email="u2@people.example")
    mine, theirs = run(anna, state="suppressed"), run(other, state="sent")
    merge_contacts(survivor_id=anna.pk, loser_id=other.pk, why="x", by="mia", now=NOW)
    assert Enrollment.objects.get(pk=theirs.pk).reason == "merged"
    first = Touch.objects.get(enrollment=mine)
    again = Touch.objects.create(
        enrollment=mine, step_id=first.step_id, visit=7, contact=anna, journey_id=first.journey_id, block_id=first.block_id, channel="email",
        purpose="email_marketing", proposed_at=NOW, hold_until=NOW, expires_at=first.expires_at,
    )  # fmt: skip
    decide_touches(now=NOW, scope=EVERYBODY, batch=10)
    again.refresh_from_db()
    assert (again.state, again.reason) == ("suppressed", "sent_before_merge")
    assert Verdict.objects.filter(touch=again).get().reason == "sent_before_merge"
