"""§ 7(3) UWG: only all four conditions together make an existing customer, and a word of the person ends it."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from consent.models import Purpose, Record, State, Wording
from consent.records.existing import REASONS, Sale, record_existing_customers
from consent.records.operations import (
    Choice,
    UnknownDecision,
    rebuild_states,
    record_consent,
    record_consents,
    suppress_address,
)
from consent.records.queries import allowed_among
from contacts.identity.operations import merge_contacts, undo_merge
from contacts.models import Contact

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db
RANK = {"refused": 0, None: 1, "existing": 2, "granted": 3}


@pytest.fixture(autouse=True)
def purpose():
    found = Purpose.objects.get(slug="email_marketing")
    found.existing_customer, found.similar_goods = True, "books and audio books"
    found.notice_en, found.notice_de = "You can object at any time.", "Sie können jederzeit widersprechen."
    found.save()
    Wording.objects.create(purpose=found, language="de", version=1, text="Hinweis", digest="d1", created_at=NOW)
    return found


def made(n=1, **more):
    columns = {"email": f"p{n}@mail.example", "created_at": NOW, "updated_at": NOW}
    return Contact.objects.create(**{**columns, **more})


def sale(contact, **more):
    given = {
        "order": "A-17",
        "ordered_at": NOW - DAY,
        "goods": "a book",
        "notice": "email_marketing/de/1",
        "noticed_at": NOW - DAY,
    }
    return Sale(contact.pk, **{**given, **more})


def record(*sales, now=NOW):
    return record_existing_customers(purpose="email_marketing", sales=sales, source="shop", now=now)


def held(contact):
    return State.objects.filter(contact=contact).values_list("granted", "basis").first()


def say(contact, decision, now):
    record_consent(contact_id=contact.pk, purpose="email_marketing", decision=decision, source="page", now=now)


def test_all_four_conditions_make_an_existing_customer_with_their_proof():
    anna = made()
    (outcome,) = record(sale(anna))
    kept = Record.objects.get()
    assert (outcome.record, outcome.reason) == (kept.pk, "")
    assert (kept.decision, kept.wording, held(anna)) == (
        "existing_customer",
        "email_marketing/de/1",
        (True, "existing_customer"),
    )
    assert kept.proof["order"] == "A-17"
    assert kept.proof["similar_goods"] == "books and audio books"
    assert kept.proof["notice_digest"] == "d1"
    assert kept.proof["notice_in_messages"]["de"] == "Sie können jederzeit widersprechen."
    assert allowed_among([anna.pk], "email_marketing") == {anna.pk}


@pytest.mark.parametrize(
    ("without", "reason"),
    [
        ({"order": " "}, "no_sale"),
        ({"ordered_at": None}, "no_sale"),
        ({"ordered_at": NOW + DAY}, "no_sale"),
        ({"goods": ""}, "no_similar_goods"),
        ({"notice": "email_marketing/de/9"}, "no_notice"),
        ({"noticed_at": None}, "no_notice"),
        ({"noticed_at": NOW - DAY / 2}, "no_notice"),
    ],
)
def test_a_condition_of_the_sale_missing_writes_nothing(without, reason):
    (outcome,) = record(sale(made(), **without))
    assert (outcome.record, outcome.reason) == (None, reason)
    assert not Record.objects.exists()
    assert not State.objects.exists()


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"existing_customer": False}, "not_allowed"),
        ({"active": False}, "not_allowed"),
        ({"enforcement": "opt_out"}, "not_allowed"),
        ({"similar_goods": " "}, "no_similar_goods"),
        ({"notice_de": " "}, "no_notice_in_messages"),
    ],
)
def test_a_condition_of_the_purpose_missing_writes_nothing(columns, reason):
    Purpose.objects.filter(slug="email_marketing").update(**columns)
    assert record(sale(made()))[0].reason == reason
    assert not Record.objects.exists()


def test_without_an_address_or_a_person_nothing_is_written():
    nobody = sale(made())._replace(contact_id=999)
    assert [one.reason for one in record(sale(made(2, email="")), nobody)] == ["no_sale", "unknown_person"]
    assert not Record.objects.exists()


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
def test_who_objected_is_no_existing_customer_even_after_agreeing_and_withdrawing(decision):
    anna = made()
    say(anna, "granted", NOW - 3 * DAY)
    say(anna, decision, NOW - 2 * DAY)
    assert record(sale(anna))[0].reason == "objected"
    assert held(anna)[0] is False


def test_an_objection_under_the_same_address_counts():
    anna, twin = made(), made(2, email="p1@mail.example")
    say(twin, "withdrawn", NOW - 2 * DAY)
    assert record(sale(anna))[0].reason == "objected"


def test_a_suppressed_address_objected():
    anna = made()
    suppress_address(channel="email", address=anna.email, reason="complained", now=NOW)
    assert record(sale(anna))[0].reason == "objected"


def test_many_need_as_many_statements_as_one(django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    first = made(0)
    with CaptureQueriesContext(connection) as one:
        record(sale(first))
    people = [made(n) for n in range(1, 31)]
    with django_assert_num_queries(len(one)):
        assert all(outcome.record for outcome in record(*map(sale, people)))
    assert [outcome.reason for outcome in record(sale(people[0]), sale(people[0]))] == ["holds", "holds"]
    assert Record.objects.count() == 31


def test_switching_it_off_stops_it_at_once_and_on_again_lets_it():
    anna = made()
    record(sale(anna))
    for on in (False, True):
        Purpose.objects.filter(slug="email_marketing").update(existing_customer=on)
        assert allowed_among([anna.pk], "email_marketing") == ({anna.pk} if on else set())


@pytest.mark.parametrize(
    ("words", "after"),
    [
        ([("granted", 1)], (True, "consent")),
        ([("withdrawn", 1)], (False, "consent")),
        ([("withdrawn", -5)], (False, "consent")),  # a refusal that comes in late
        ([("granted", -5)], (True, "existing_customer")),
        ([("withdrawn", 1), ("granted", 2)], (True, "consent")),
        ([("refused", -5), ("granted", -4)], (True, "consent")),
    ],
)
def test_words_after_it_decide_and_a_rebuild_says_the_same(words, after):
    anna = made()
    record(sale(anna))
    choices = [Choice(anna.pk, "email_marketing", word, "page", at=NOW + days * DAY) for word, days in words]
    record_consents(choices=choices, now=NOW + 9 * DAY)
    assert held(anna) == after
    rebuild_states()
    assert held(anna) == after


def test_after_a_withdrawal_nothing_revives_it():
    anna = made()
    record(sale(anna))
    say(anna, "withdrawn", NOW + DAY)
    assert record(sale(anna, order="B"), now=NOW + 2 * DAY)[0].reason == "objected"
    assert held(anna) == (False, "consent")


def test_who_agrees_already_is_left_as_they_are():
    anna = made()
    say(anna, "granted", NOW - DAY)
    assert record(sale(anna))[0].reason == "agrees"
    assert held(anna) == (True, "consent")


def test_nobody_says_of_themselves_to_be_an_existing_customer():
    with pytest.raises(UnknownDecision):
        say(made(), "existing_customer", NOW)


def test_every_reason_has_a_sentence_in_both_languages():
    assert all(set(texts) == {"en", "de"} and all(texts.values()) for texts in REASONS.values())


def give(contact, answer):
    if answer == "existing":
        assert record(sale(contact))[0].record
    elif answer:
        say(contact, answer, NOW)


@pytest.mark.parametrize(("mine", "theirs"), list(product(RANK, repeat=2)))
def test_merge_keeps_the_weaker_basis_and_its_undo_widens_nothing(mine, theirs):
    a, b = made(1, external_id="a"), made(2, external_id="b")
    give(a, mine)
    give(b, theirs)
    done = merge_contacts(survivor_id=a.pk, loser_id=b.pk, why="test", by="mia", now=NOW + DAY)

    def rank(contact):
        state = held(contact)
        return 1 if state is None else 0 if not state[0] else 3 if state[1] == "consent" else 2

    merged = rank(a)
    assert merged <= max(1, min(RANK[mine], RANK[theirs]))
    if 1 not in (RANK[mine], RANK[theirs]):
        assert merged == min(RANK[mine], RANK[theirs])
    rebuild_states()
    assert rank(a) == merged
    undo_merge(merge_id=done.pk, by="mia", now=NOW + 2 * DAY)
    after = rank(a), rank(b)
    assert after[0] <= min(merged, RANK[mine])
    assert after[1] <= min(merged, RANK[theirs])
    rebuild_states()
    assert (rank(a), rank(b)) == after
