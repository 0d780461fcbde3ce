"""G2: merges from many sides at once, while events, consents and ticks go on."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from consent.models import State
from consent.records.operations import record_consent
from contacts.events.operations import NewEvent, record_events
from contacts.identity.models import Merge
from contacts.identity.operations import SamePerson, merge_contacts, reroute_recent
from contacts.models import Contact, Event, News
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.models import Enrollment, Touch
from orchestrator.tick import loop
from tests.contacts.identity.made import DAY, NOW, orphans, person, rules, run


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_merge_in_a_circle_while_facts_arrive():
    rules()
    people = [person(f"u{n}", email=f"u{n}@people.example") for n in range(3)]
    ids = [one.pk for one in people]
    for one, state in zip(people, ("sent", "held", "approved"), strict=True):
        run(one, state=state)
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
            gate.wait(timeout=30)
            for _ in range(6):
                again(dice.choice([merging, facts, answers, ticks]) if n >= 6 else [merging, facts][n % 2], dice)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    [thread.start() for thread in threads]
    [thread.join(timeout=120) for thread in threads]
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
    reasons = sorted(Enrollment.objects.values_list("reason", flat=True))
    assert reasons in (["", "merged", "merged"], ["consent_withdrawn", "merged", "merged"]), reasons
    goes_out = Touch.objects.filter(state__in=("approved", "sending", "sent", "unknown"))
    assert goes_out.count() == 1
    assert State.objects.filter(contact=survivor).count() == 1
    assert not News.objects.exists()


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
