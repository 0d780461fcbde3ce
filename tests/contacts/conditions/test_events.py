"""Event leaves: sums, extremes and the newest value, what none of them says, windows and machines."""

from datetime import timedelta

import pytest

from contacts.conditions.language import compile_condition, depends_on, explain, say, validate
from contacts.models import Contact, EventType
from tests.contacts.conditions.truths import NOW, agree, happen, truth

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    """Three orders: 30 ten days ago, 80.5 two days ago, and one whose value is a text an hour ago."""
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order", name_de="Bestellung")
    contact = Contact.objects.create(external_id="anna", time_zone="Europe/Berlin", created_at=NOW, updated_at=NOW)
    happen(contact, "order_placed", hours=240, value=30, plan="free", due="2026-11-20")
    happen(contact, "order_placed", hours=48, value=80.5, plan="pro", due="2026-11-21T23:30:00Z", items=["a", "b"])
    happen(contact, "order_placed", hours=1, value="12", gift=True)
    return contact


@pytest.fixture
def ben():
    """Nothing ever happened."""
    return Contact.objects.create(external_id="ben", created_at=NOW, updated_at=NOW)


def order(**more):
    return {"event": "order_placed", **more}


MEASURES = [
    # condition, for somebody with orders, for somebody without
    (order(sum={"property": "value", "gte": 110}), True, False),
    (order(sum={"property": "value", "is": 110.5}), True, False),  # a text is no number
    (order(sum={"property": "value", "gte": 110}, within="7d"), False, False),
    (order(sum={"property": "value", "lt": 100}, within="7d"), True, True),  # the sum of nothing is 0
    (order(sum={"property": "value", "lte": 0}), False, True),
    (order(sum={"property": "value", "in": [0, 110.5]}), True, True),
    (order(sum={"property": "value", "between": [-1, 1]}), False, True),
    (order(sum={"property": "unheard", "is_not": 0}), False, False),
    (order(max={"property": "value", "gt": 80}), True, None),  # the largest of nothing is unknown
    (order(max={"property": "value", "gt": 80.5}), False, None),
    (order(min={"property": "value", "lte": 30}), True, None),
    (order(min={"property": "value", "lte": 30}, within="7d"), False, None),
    (order(min={"property": "unheard", "lte": 30}), None, None),
    (order(last={"property": "value", "is": "12"}), True, None),
    (order(last={"property": "value", "gte": 1}), None, None),  # the newest is a text
    (order(last={"property": "plan", "is": "pro"}), None, None),  # the newest has none
    (order(last={"property": "plan", "is_set": False}), True, True),
    (order(last={"property": "plan", "is_set": True}), False, False),
    (order(last={"property": "gift", "is": True}), True, None),
    (order(last={"property": "plan", "is": "pro"}, where=[{"property": "value", "gt": 50}]), True, None),
    (order(last={"property": "plan", "starts_with": "fr"}, where=[{"property": "value", "lt": 50}]), True, None),
    (order(last={"property": "due", "after": "2026-11-21"}, where=[{"property": "value", "gt": 50}]), True, None),  # in Berlin
    (order(last={"property": "due", "within": {"days": 1, "of": "today"}}, where=[{"property": "value", "gt": 50}]), True, None),
    (order(last={"property": "due", "before": "+1d"}, where=[{"property": "value", "gt": 50}]), False, None),
    (order(count={"is": 3}), True, False),
    (order(count={"lte": 2}), False, True),
    (order(count={"gt": 2}), True, False),
    (order(count={"gte": 0}), True, True),
    (order(count={"lt": 1}), False, True),
    (order(where=[{"property": "items", "contains": "b"}]), True, False),
    (order(where=[{"property": "items", "in": ["x", "a"]}]), True, False),
    (order(where=[{"property": "value", "in": [30, 31]}, {"property": "plan", "is_set": True}]), True, False),
    (order(where=[{"property": "due", "before": "-1d"}]), False, False),
    (order(where=[{"property": "due", "before": "2026-11-21"}]), True, False),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "with_orders", "without"), MEASURES)
def test_compile_of_a_measure_gives_its_truth(anna, ben, condition, with_orders, without):
    assert truth(anna, condition) is with_orders
    assert truth(ben, condition) is without


def test_compile_of_a_measure_of_behaviour_without_profiling_consent_is_unknown(ben):
    happen(ben, "viewed", hours=1, price=5)
    measures = [
        {"sum": {"property": "price", "gte": 1}},
        {"sum": {"property": "price", "lt": 1}},
        {"max": {"property": "price", "gte": 1}},
        {"last": {"property": "price", "is": 5}},
        {"last": {"property": "price", "is_set": False}},
        {"count": {"lte": 3}},
        {"count": {"is": 0}},
    ]
    assert {truth(ben, {"event": "viewed", **measure}) for measure in measures} == {None}
    agree(ben)
    assert [truth(ben, {"event": "viewed", **measure}) for measure in measures] == [True, False, True, True, False, True, False]  # fmt: skip


def test_events_in_the_future_and_at_the_edge_of_a_window_do_not_count(anna):
    happen(anna, "order_placed", hours=-1, value=1000)
    assert truth(anna, order(max={"property": "value", "gte": 1000})) is False
    assert truth(anna, order(count={"gte": 1}, within="1h")) is False  # exactly an hour ago is outside
    assert truth(anna, order(last={"property": "gift", "is": True})) is True


def test_opens_and_clicks_of_machines_do_not_count(ben):
    EventType.objects.create(slug="email_clicked", kind="feedback", name_en="c", name_de="c")
    happen(ben, "email_clicked", hours=2, likely_machine=True, n=1)
    assert truth(ben, {"event": "email_clicked"}) is False
    assert truth(ben, {"event": "email_clicked", "sum": {"property": "n", "gte": 1}}) is False
    happen(ben, "email_clicked", hours=1, likely_machine=False, n=1)
    assert truth(ben, {"event": "email_clicked", "count": {"is": 1}}) is True


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        (order(count={"gte": 1}, sum={"property": "v", "gte": 1}), 'expected one of count, sum, min, max, last, got ["count", "sum"]'),
        (order(sum={"gte": 1}), 'sum: expected an object with "property" and a comparison'),
        (order(sum={"property": "v"}), "sum: expected one comparison of is, is_not, in, lt"),
        (order(min={"property": "v", "contains": "1"}), "min.contains: unknown; expected one of is, is_not, in, lt"),
        (order(max={"property": "v", "is": True}), "max.is: expected a number, got true"),
        (order(max={"property": "v", "in": ["a"]}), 'max.in: expected a number, got ["a"]'),
        (order(last={"property": "v", "before": "x"}), "last.before: expected a date"),
        (order(since="entry", since_step=True), "expected since or since_step, not both"),
        (order(since_step=False), "since_step: expected true, got false"),
        (order(where=[{"property": "p", "is": 1}] * 21), "where: expected a list of at most 20 parts"),
    ],
)  # fmt: skip
def test_validate_of_a_bad_measure_names_path_and_expectation(condition, error):
    assert next(str(problem) for problem in validate(condition)).startswith(error)


def test_depends_on_is_timed_by_windows_and_by_days_from_today():
    assert depends_on(order(within="7d")).timed
    assert depends_on(order(where=[{"property": "due", "before": "+1d"}])).timed
    assert not depends_on(order(sum={"property": "v", "gte": 1})).timed


@pytest.mark.parametrize(
    ("condition", "value", "hours"),
    [
        (order(), 3, 240),  # since the first
        (order(count={"gte": 2}), 3, 48),
        (order(count={"gte": 2}, within="3d"), 2, 1),
        (order(count={"gte": 4}), 3, None),
        (order(count={"lte": 1}), 3, 48),
        (order(sum={"property": "value", "gte": 1}), 110.5, 1),
        (order(last={"property": "value", "is": "12"}), "12", 1),
        (order(max={"property": "unheard", "gte": 1}), None, 1),
    ],
)
def test_explain_shows_what_was_measured_and_since_when(anna, condition, value, hours):
    leaf = explain(condition, contact_id=anna.pk, now=NOW)
    assert (leaf["value"], leaf["since"]) == (value, None if hours is None else NOW - timedelta(hours=hours))


def test_explain_hides_behaviour_of_people_without_profiling_consent(ben, django_assert_num_queries):
    happen(ben, "viewed", hours=1, price=5)
    with django_assert_num_queries(1):
        leaf = explain({"event": "viewed", "last": {"property": "price", "is": 5}}, contact_id=ben.pk, now=NOW)
    assert (leaf["truth"], leaf["value"], leaf["since"]) == (None, None, None)


@pytest.mark.parametrize(
    ("condition", "english", "german"),
    [
        (order(sum={"property": "value", "gte": 100.5}, within="30d"), "“order placed” within 30 days with sum of value ≥ 100.5", "„order placed“ innerhalb von 30 Tagen mit Summe von value ≥ 100,5"),
        (order(min={"property": "net_price", "between": [1, 2]}), "“order placed” with smallest net price from 1 to 2", "„order placed“ mit kleinster Wert von net price von 1 bis 2"),
        (order(last={"property": "plan", "is": "pro"}), "“order placed” with last plan = pro", "„order placed“ mit letzter Wert von plan = pro"),
        ({"not": order(count={"gte": 3})}, "“order placed” less than 3 times", "„order placed“ weniger als 3-mal"),
        ({"not": order(count={"gt": 0}, within="7d")}, "“order placed” not once within 7 days", "„order placed“ kein Mal innerhalb von 7 Tagen"),
        (order(since_step=True), "“order placed” since this step", "„order placed“ seit diesem Schritt"),
    ],
)  # fmt: skip
def test_say_of_a_measure(condition, english, german):
    assert (say(condition, "en"), say(condition, "de")) == (english, german)


def test_wide_reads_the_events_once_for_all():
    from contacts.models import Contact as People

    for condition in (
        order(count={"gte": 3}, within="7d"),
        order(sum={"property": "v", "gte": 1}),
        order(last={"property": "v", "is": 1}),
    ):
        text = str(People.objects.filter(compile_condition(condition, now=NOW, wide=True)).query)
        assert "GROUP BY" in text
        assert "U0.contact_id = contacts_contact" not in text.replace('"', "")[text.find("GROUP") :]
