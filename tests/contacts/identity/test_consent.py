"""G1: a merge never widens consent, and neither does its undo."""

from datetime import timedelta
from itertools import product

import pytest

from consent.models import Record, State, Suppression
from consent.purposes.models import Purpose
from consent.records.operations import Choice, rebuild_states, record_consent, record_consents, suppress_address
from contacts.identity.merging import Wanted, merge_pairs
from contacts.identity.operations import merge_contacts, undo_merge
from contacts.models import Contact
from tests.contacts.identity.made import DAY, NOW

LATER = NOW + timedelta(hours=1)
PURPOSES = ("email_marketing", "profiling", "third_party")
ANSWERS = (None, "refused", "granted")  # from the most to the least restrictive is refused, nothing said, granted
RANK = {"refused": 0, "withdrawn": 0, None: 1, "granted": 2}


def states(contact_ids):
    """(contact, purpose) -> granted, for those who said anything."""
    rows = State.objects.filter(contact_id__in=contact_ids)
    return {(row.contact_id, row.purpose.slug): row.granted for row in rows.select_related("purpose")}


def granted(found, contact_id, purpose):
    return {True: 2, None: 1, False: 0}[found.get((contact_id, purpose))]


def two(n, mine, theirs, **columns):
    made = [
        Contact.objects.create(
            external_id=f"{n}-{side}", email=f"{side}{n}@people.example", created_at=NOW, updated_at=NOW
        )
        for side in "ab"
    ]
    if columns:
        Contact.objects.filter(pk=made[1].pk).update(**columns)
    choices = [
        Choice(person.pk, purpose, answer, "form", at=NOW - DAY)
        for person, answers in zip(made, (mine, theirs), strict=True)
        for purpose, answer in zip(PURPOSES, answers, strict=True)
        if answer
    ]
    return made, choices


def merge(survivor, loser, now=NOW):
    return merge_contacts(survivor_id=survivor.pk, loser_id=loser.pk, why="test", by="mia", now=now)


@pytest.mark.django_db
def test_merge_of_all_729_states_never_widens_and_neither_does_the_undo():
    cases, choices = [], []
    for n, answers in enumerate(product(ANSWERS, repeat=6)):
        people, said = two(n, answers[:3], answers[3:])
        cases.append((people, answers))
        choices += said
    record_consents(choices=choices, now=NOW)
    ids = [person.pk for people, _ in cases for person in people]
    pairs = merge_pairs([Wanted(b.pk, a.pk, "test", "mia") for (a, b), _ in cases], NOW)
    found = states(ids)
    for (a, b), answers in cases:
        for place, purpose in enumerate(PURPOSES):
            least = min(RANK[answers[place]], RANK[answers[place + 3]])
            now_is = granted(found, a.pk, purpose)
            assert (now_is == 2) == (least == 2), (answers, purpose)  # never agreed where one has not
            assert (now_is == 0) or 0 not in (RANK[answers[place]], RANK[answers[place + 3]])  # never forgets a refusal
            assert (b.pk, purpose) not in found
    cases = cases[::10]  # every pair of answers for every purpose is among them
    assert {(n, answers[n], answers[n + 3]) for _, answers in cases for n in range(3)} == set(
        product(range(3), ANSWERS, ANSWERS)
    )
    ids = [person.pk for people, _ in cases for person in people]
    for pair in pairs:
        if pair.survivor in ids:
            undo_merge(merge_id=pair.merge, by="mia", now=LATER)
    after = states(ids)
    for (a, b), answers in cases:
        for place, purpose in enumerate(PURPOSES):
            held = granted(found, a.pk, purpose)
            for person, before in ((a, answers[place]), (b, answers[place + 3])):
                assert granted(after, person.pk, purpose) <= min(held, RANK[before]), (answers, purpose)
            both = RANK[answers[place]] == RANK[answers[place + 3]]
            if both:  # nothing was in doubt: all is as before
                assert granted(after, a.pk, purpose) == granted(after, b.pk, purpose) == RANK[answers[place]]
    rebuild_states()
    assert states(ids) == after  # the records alone say the same


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mine", "theirs", "after"),
    [
        ("granted", None, True),
        ("granted", "refused", False),
        (None, "granted", None),
        (None, "withdrawn", False),
        (None, None, None),
    ],
)
def test_merge_of_a_visitor_has_only_refusals_to_say(mine, theirs, after):
    (known, visitor), choices = two(1, (mine, None, None), (theirs, None, None), external_id=None, email="")
    record_consents(choices=choices, now=NOW)
    merge(known, visitor)
    assert states([known.pk]).get((known.pk, "email_marketing")) is after


@pytest.mark.django_db
def test_merge_says_in_the_record_why_a_consent_holds_no_more():
    (a, b), choices = two(1, ("granted", None, None), ("withdrawn", None, None))
    record_consents(choices=choices, now=NOW)
    before = list(Record.objects.order_by("id").values())
    done = merge(a, b)
    record = Record.objects.latest("id")
    assert (record.contact_id, record.decision, record.source, record.at) == (a.pk, "withdrawn", "merge", NOW)
    assert record.proof["merge"] == done.pk
    assert record.proof["other"]["contact_id"] == b.pk
    assert list(Record.objects.order_by("id").values())[:2] == before


@pytest.mark.django_db
def test_suppressed_addresses_stay_suppressed():
    (a, b), _ = two(1, (None,) * 3, (None,) * 3)
    for person in (a, b):
        suppress_address(channel="email", address=person.email, reason="bounced", now=NOW)
    merge(a, b)
    assert set(Suppression.objects.values_list("address", flat=True)) == {a.email, b.email}


@pytest.mark.django_db
def test_a_withdrawal_by_an_old_link_reaches_the_survivor():
    (a, b), choices = two(1, ("granted",) * 3, ("granted",) * 3)
    record_consents(choices=choices, now=NOW)
    merge(a, b)
    record_consent(contact_id=b.pk, purpose="email_marketing", decision="withdrawn", source="link", now=LATER)
    assert states([a.pk, b.pk])[a.pk, "email_marketing"] is False
    assert Purpose.objects.filter(slug="email_marketing").exists()


@pytest.mark.django_db
def test_undo_after_new_answers_keeps_the_narrower():
    (a, b), choices = two(1, ("granted", "refused", "granted"), ("granted", "refused", "granted"))
    record_consents(choices=choices, now=NOW)
    done = merge(a, b)
    for purpose, decision in (("email_marketing", "withdrawn"), ("profiling", "granted")):
        record_consent(contact_id=a.pk, purpose=purpose, decision=decision, source="form", now=LATER)
    undo_merge(merge_id=done.pk, by="mia", now=LATER + DAY)
    assert states([a.pk, b.pk]) == {
        (a.pk, "email_marketing"): False,
        (b.pk, "email_marketing"): False,
        (a.pk, "profiling"): False,
        (b.pk, "profiling"): False,
        (a.pk, "third_party"): True,
        (b.pk, "third_party"): True,
    }
