"""The language of every rule: what holds, what is unknown, what is said, what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.models import Purpose, Record, State
from contacts.conditions.language import compile_condition, depends_on, explain, say, validate
from contacts.conditions.names import load_names
from contacts.models import Account, Contact, Event, EventType, Segment, SegmentMember, Signal, SignalFiring, Stage

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    """A customer in Germany who agreed to profiling: 3 pricing views, 1 order."""
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order", name_de="Bestellung")
    account = Account.objects.create(external_id="a1", name="Nordwind", industry="retail", created_at=NOW)
    stage = Stage.objects.create(slug="active", phase="retention", position=1, name_en="Active", name_de="Aktiv")
    contact = Contact.objects.create(
        external_id="anna", email="anna@nord.example", country="DE", account=account, stage=stage, created_at=NOW - timedelta(days=40),
        updated_at=NOW, attributes={"orders": 4, "vip": True, "city": "Kiel", "birthday": "1990-11-20"},
    )  # fmt: skip
    grant(contact, "profiling")
    for hours in (1, 30, 24 * 8):
        add(contact, "pricing_viewed", hours=hours, plan="pro")
    add(contact, "order_placed", hours=5, value=30, cart_id="c1")
    return contact


def grant(contact, purpose):
    row = Purpose.objects.get(slug=purpose)
    record = Record.objects.create(contact=contact, purpose=row, decision="granted", at=NOW, source="test")
    State.objects.create(contact=contact, purpose=row, granted=True, since=NOW, record=record)


def add(contact, name, *, hours, **properties):
    at = NOW - timedelta(hours=hours)
    Event.objects.create(
        contact=contact,
        name=name,
        occurred_at=at,
        received_at=NOW,
        properties=properties,
        source="t",
        message_id=f"{name}{hours}",
    )


def truth(contact, condition):
    """The three-valued truth, which must also agree with what a filter says."""
    assert validate(condition) == []
    value = (
        Contact.objects.filter(pk=contact.pk)
        .annotate(t=compile_condition(condition, now=NOW, positive=False))
        .values_list("t", flat=True)
        .get()
    )
    assert Contact.objects.filter(compile_condition(condition, now=NOW), pk=contact.pk).exists() is (value is True)
    assert explain(condition, contact_id=contact.pk, now=NOW)["truth"] is value
    return value


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"attribute": "country", "in": ["DE", "AT"]}, True),
        ({"attribute": "country", "is_not": "DE"}, False),
        ({"attribute": "phone", "is": "1"}, None),
        ({"attribute": "phone", "is_not": "1"}, None),
        ({"not": {"attribute": "phone", "is": "1"}}, None),
        ({"attribute": "phone", "is_set": False}, True),
        ({"attribute": "orders", "gte": 4}, True),
        ({"attribute": "orders", "between": [1, 3]}, False),
        ({"attribute": "orders", "is": "4"}, True),
        ({"attribute": "vip", "is": True}, True),
        ({"attribute": "vip", "gt": 1}, None),
        ({"attribute": "city", "starts_with": "ki"}, True),
        ({"attribute": "city", "contains": "%"}, False),
        ({"attribute": "birthday", "before": "2000-01-01"}, True),
        ({"attribute": "created_at", "after": "-41d"}, True),
        ({"attribute": "unheard", "is": "x"}, None),
        ({"attribute": "unheard", "is_set": True}, False),
        ({"event": "pricing_viewed"}, True),
        ({"event": "pricing_viewed", "count": {"gte": 3}}, True),
        ({"event": "pricing_viewed", "count": {"gte": 3}, "within": "7d"}, False),
        ({"event": "pricing_viewed", "count": {"is": 2}, "within": "7d"}, True),
        ({"event": "pricing_viewed", "count": {"lt": 1}, "within": "30m"}, True),
        ({"event": "pricing_viewed", "within": "1h"}, False),  # half open: exactly one hour ago is outside
        (
            {"event": "order_placed", "where": [{"property": "value", "gte": 30}, {"property": "cart_id", "is": "c1"}]},
            True,
        ),
        ({"event": "order_placed", "where": [{"property": "value", "gt": 30}]}, False),
        ({"segment": "fans"}, True),
        ({"segment": "others"}, False),
        ({"signal": "hot"}, True),
        ({"signal": "hot", "within": "1h"}, False),
        ({"stage": "active"}, True),
        ({"phase": "purchase"}, False),
        ({"consent": "profiling"}, True),
        ({"consent": "email_marketing"}, False),
        ({"account": "industry", "is": "retail"}, True),
        ({"account": "domain", "is": "x"}, None),
        ({"journey": "onboarding"}, False),
        ({"touch": {"channel": "email"}, "count": {"is": 0}, "within": "30d"}, True),
        ({"all": [{"stage": "active"}, {"attribute": "phone", "is": "1"}]}, None),
        ({"any": [{"stage": "active"}, {"attribute": "phone", "is": "1"}]}, True),
        ({"all": [{"stage": "lead"}, {"attribute": "phone", "is": "1"}]}, False),
    ],
)
def test_compile_of_each_leaf_gives_its_truth(anna, condition, expected):
    segment = Segment.objects.create(slug="fans", condition={}, name_en="Fans", name_de="Fans")
    SegmentMember.objects.create(segment=segment, contact=anna, since=NOW)
    signal = Signal.objects.create(
        slug="hot",
        kind="behaviour",
        condition={},
        cooldown=timedelta(1),
        holds_for=timedelta(1),
        name_en="Hot",
        name_de="Heiß",
    )
    SignalFiring.objects.create(signal=signal, contact=anna, fired_at=NOW - timedelta(hours=2))
    assert truth(anna, condition) is expected


def test_compile_of_behaviour_without_profiling_consent_is_unknown(anna):
    State.objects.update(granted=False)
    assert truth(anna, {"event": "pricing_viewed"}) is None
    assert truth(anna, {"not": {"event": "pricing_viewed"}}) is None
    assert truth(anna, {"event": "pricing_viewed", "count": {"is": 0}}) is None
    assert truth(anna, {"event": "order_placed"}) is True  # a transaction needs no profiling consent


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ([], "expected an object"),
        ({}, "expected one of all, any, not"),
        ({"all": []}, "all: expected a list with at least one"),
        ({"all": [{"stage": "a"}, {"any": [{"stage": 3}]}]}, "all[1].any[0].stage: expected a name, got 3"),
        ({"event": "x", "count": {"gte": "three"}}, 'count.gte: expected a number, got "three"'),
        ({"event": "x", "count": {"gte": -1}}, "count.gte: expected a whole number from 0"),
        ({"event": "x", "within": "7 days"}, "within: expected a duration like"),
        ({"event": "x", "within": "1d", "since": "entry"}, "expected within or since"),
        ({"event": "x", "where": [{"property": "p"}]}, "where[0]: expected one comparison"),
        ({"event": "x", "where": [{"property": "p", "is": {"run": "x"}}]}, "where[0].is: expected a text"),
        ({"attribute": "user__password", "matches": "(a+)+$"}, "matches: unknown"),
        ({"attribute": "a", "gt": "3"}, "gt: expected a number"),
        ({"attribute": "a", "gt": float("nan")}, "gt: expected a number"),
        ({"attribute": "a", "gt": 1, "lt": 3}, "expected one comparison"),
        ({"attribute": "a", "before": "2026-02-30"}, "before: expected a date"),
        ({"stage": "a", "not": {"stage": "b"}}, "expected not alone"),
        ({"all": [{"stage": "s"}] * 101}, "expected at most 100 parts"),
    ],
)
def test_validate_of_a_bad_condition_names_path_and_expectation(condition, error):
    problems = [str(problem) for problem in validate(condition)]
    assert any(error in problem for problem in problems), problems


def test_validate_of_deep_nesting_refuses_without_recursion():
    condition: dict = {"stage": "x"}
    for _ in range(200):
        condition = {"not": condition}
    assert "expected at most 8 levels" in str(validate(condition)[0])


@pytest.mark.parametrize("name", ["x' OR 1=1--", "a__b", "_connector", "%s", "{}", 'q"q'])
def test_compile_of_hostile_names_is_a_parameter(anna, name):
    assert truth(anna, {"attribute": name, "is": name}) is None
    assert truth(anna, {"event": name, "where": [{"property": name, "is": name}]}) is False


def test_say_without_names_says_short_names_with_blanks():
    condition = {
        "all": [{"event": "pricing_viewed", "count": {"gte": 3}, "within": "7d"}, {"not": {"stage": "at-risk"}}]
    }
    assert say(condition, "en") == "“pricing viewed” at least 3 times within 7 days and stage is not at risk"
    assert say(condition, "de") == "„pricing viewed“ mindestens 3-mal innerhalb von 7 Tagen und Stufe ist nicht at risk"


@pytest.mark.parametrize(
    ("condition", "english", "german"),
    [
        ({"event": "order_placed", "count": {"gte": 1}, "since": "entry"}, "“Order” at least once since the entry", "„Bestellung“ mindestens einmal seit dem Eintritt"),
        ({"not": {"event": "order_placed", "within": "12h"}}, "“Order” not once within 12 hours", "„Bestellung“ kein Mal innerhalb von 12 Stunden"),
        ({"event": "order_placed", "count": {"is": 2}, "where": [{"property": "value", "gte": 20}, {"property": "cart_id", "is": {"run": "key"}}]},
         "“Order” exactly twice with value ≥ 20 and the cart id of this run", "„Bestellung“ genau zweimal mit value ≥ 20 und cart id wie in diesem Durchlauf"),
        ({"attribute": "country", "in": ["DE", "AT", "CH"]}, "country is DE, AT or CH", "Land ist DE, AT oder CH"),
        ({"stage": "active"}, "stage is Active", "Stufe ist Aktiv"),
        ({"not": {"phase": "retention"}}, "phase is not Retention", "Phase ist nicht Bindung"),
        ({"segment": "big-spenders"}, "in segment “Big spenders”", "im Segment „Vielkäufer“"),
        ({"not": {"signal": "s", "within": "2d"}}, "signal “Prices” did not fire within 2 days", "Signal „Preise“ nicht ausgelöst innerhalb von 2 Tagen"),
        ({"consent": "email_marketing"}, "has agreed to “E-mail marketing”", "hat „E-Mail-Marketing“ zugestimmt"),
        ({"account": "industry", "is": "hotel"}, "industry of the company is hotel", "Branche der Firma ist hotel"),
        ({"touch": {"channel": "email"}, "count": {"gte": 2}, "within": "30d"}, "e-mail sent at least twice within 30 days", "E-Mail gesendet mindestens zweimal innerhalb von 30 Tagen"),
    ],
)  # fmt: skip
def test_say_with_names_gives_a_sentence_in_both_languages(anna, condition, english, german):
    Segment.objects.create(slug="big-spenders", name_en="Big spenders", name_de="Vielkäufer", condition={})
    Signal.objects.create(
        slug="s", name_en="Prices", name_de="Preise", condition={}, cooldown=timedelta(1), holds_for=timedelta(1)
    )
    names = load_names()
    assert (say(condition, "en", names), say(condition, "de", names)) == (english, german)


def test_load_names_reads_every_kind_in_one_statement(anna, django_assert_num_queries):
    with django_assert_num_queries(1):
        names = load_names()
    assert names["event", "order_placed"] == {"en": "Order", "de": "Bestellung"}
    assert names["purpose", "email_marketing"]["de"] == "E-Mail-Marketing"
    assert {kind for kind, _ in names} <= {"event", "segment", "signal", "stage", "purpose", "journey", "block"}


def test_explain_shows_each_leaf_with_its_value(anna):
    tree = explain(
        {"all": [{"event": "pricing_viewed", "within": "7d"}, {"attribute": "country", "is": "AT"}]},
        contact_id=anna.pk,
        now=NOW,
    )
    assert tree["truth"] is False
    assert [(part["truth"], part["value"]) for part in tree["parts"]] == [(True, 2), (False, "DE")]


def test_depends_on_lists_events_attributes_and_time():
    found = depends_on(
        {"all": [{"event": "a", "within": "7d"}, {"attribute": "country", "is": "DE"}, {"not": {"segment": "s"}}]}
    )
    assert (found.events, found.attributes, found.others, found.timed) == ({"a"}, {"country"}, {"segment:s"}, True)
    assert found.news() == {"a", "segment:s", "profile", "consent"}
