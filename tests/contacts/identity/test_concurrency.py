"""G2: merges from many sides at once, while events, consents and ticks go on."""

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from consent.models import Record, State
from consent.records.operations import record_consent
from contacts.events.operations import NewEvent, record_events
from contacts.identity.models import Merge
from contacts.identity.operations import SamePerson, merge_contacts, reroute_recent
from contacts.models import Contact, Event, News
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.models import Enrollment, Touch, Transition
from orchestrator.tick import loop
from tests.contacts.identity.made import DAY, NOW, orphans, person, rules, run
from tests.waiting import HUNG, ended


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_merge_in_a_circle_while_facts_arrive():
    rules()
    people = [person(f"u{n}", email=f"u{n}@people.example") for n in range(3)]
    ids = [one.pk for one in people]
    runs = {}
    for one, state in zip(people, ("sent", "held", "approved"), strict=True):
        runs[state] = run(one, state=state).pk
        record_consent(contact_id=one.pk, purpose="email_marketing", decision="granted", source="t", now=NOW - DAY)
    wrong, sent, gate = [], [], threading.Barrier(16)

    def merging(dice):
        one, other = dice.choice([(0, 1), (1, 2), (2, 0)])
        merge_contacts(survivor_id=ids[one], loser_id=ids[other], why="circle", by="t", now=NOW)

    def facts(dice):
        who = dice.randrange(3)
        event = NewEvent(ids[who], "page_viewed", NOW, {}, f"m{dice.random()}")
        sent.extend(record_events(events=[event], source="t", now=NOW))
        upsert_contacts(people=[NewContact(f"u{who}", job_title=f"t{dice.random()}")], now=NOW, source="t")

    def answers(dice):
        record_consent(
            contact_id=dice.choice(ids),
            purpose="email_marketing",
            decision=dice.choice(["granted", "withdrawn"]),
            source="t",
            now=NOW,
        )

    def ticks(dice):
        loop.pulse(now=NOW)

    def work(n):
        dice = random.Random(n)
        try:
            gate.wait(HUNG)
            for _ in range(6):
                again(dice.choice([merging, facts, answers, ticks]) if n >= 6 else [merging, facts][n % 2], dice)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    [thread.start() for thread in threads]
    ended(threads)
    assert wrong == []
    for n in (0, 1, 2):  # whatever the dice left open
        if len(set(Contact.objects.values_list("pk", flat=True))) > 1:
            merge_contacts(survivor_id=ids[n], loser_id=ids[(n + 1) % 3], why="rest", by="t", now=NOW)
    loop.pulse(now=NOW)
    survivor = Contact.objects.get()
    assert dict(Merge.objects.values_list("loser_id", "survivor_id")) == {
        one: survivor.pk for one in ids if one != survivor.pk
    }
    assert reroute_recent(now=NOW + timedelta(minutes=1)) == 2
    assert orphans() == {}
    assert Event.objects.filter(name="page_viewed", contact=survivor).count() == len(sent) == sum(sent)
    assert not News.objects.exists()
    # what had gone out stays the only message of this step, whichever two became one first
    touches = dict(Touch.objects.values_list("enrollment_id", "state"))
    assert touches == {runs["sent"]: "sent", runs["held"]: "suppressed", runs["approved"]: "suppressed"}
    assert set(Touch.objects.filter(state="suppressed").values_list("reason", flat=True)) == {"sent_before_merge"}
    # a run ends in a merge beside another that is open, or by a withdrawal, which may come before any merge or after all
    left = Counter(Enrollment.objects.values_list("reason", flat=True))
    assert left.keys() <= {"", "merged", "consent_withdrawn"}
    assert left[""] <= 1
    assert left["merged"] <= 2
    state = State.objects.get()
    assert (state.contact_id, state.granted) == (survivor.pk, state.record.decision == "granted")
    assert state.granted or left[""] == 0  # nobody goes on who has taken it back
    if not Record.objects.filter(decision="withdrawn").exists():
        assert left == {"": 1, "merged": 2}
    said = dict(Transition.objects.filter(to_step=None).values_list("enrollment_id", "reason"))
    assert said == dict(Enrollment.objects.exclude(left_at=None).values_list("pk", "reason"))


def again(task, dice):
    """As the doors do: the loser of a deadlock tries once more."""
    for attempt in range(3):
        try:
            task(dice)
            return
        except SamePerson:
            return
        except OperationalError:
            if attempt == 2:
                raise
