"""How strong a signal still is, and what context may do."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.signals.rules import acts_on_context_alone, beyond_context, holds_on_context, strength_now

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
DAYS = timedelta(days=1)
SIGNAL, HOTEL, EVENT = {"signal": "hotel"}, {"account": "industry", "is": "hotel"}, {"event": "demo_requested"}


@pytest.mark.parametrize(
    ("strength", "decay", "ago", "left"),
    [
        ("weak", "none", 0, 1.0), ("medium", "none", 9, 2.0), ("strong", "none", 10, 0.0),
        ("strong", "linear", 0, 3.0), ("strong", "linear", 5, 1.5), ("strong", "linear", 10, 0.0),
        ("medium", "half_life", 0, 2.0), ("medium", "half_life", 5, 1.0), ("strong", "half_life", -1, 0.0),
    ],
)  # fmt: skip
def test_strength_now_gets_less_while_the_signal_holds(strength, decay, ago, left):
    found = strength_now(strength, decay, fired_at=NOW - ago * DAYS, holds_for=10 * DAYS, now=NOW)
    assert found == pytest.approx(left)


def test_strength_now_of_a_signal_that_holds_for_no_time_is_nothing():
    assert strength_now("strong", "linear", fired_at=NOW, holds_for=timedelta(), now=NOW) == 0


def test_beyond_context_lists_what_context_may_not_look_at():
    assert (
        beyond_context({"all": [HOTEL, {"context": "weekday", "in": ["mon"]}, {"attribute": "country", "is": "DE"}]})
        == []
    )
    assert beyond_context({"any": [HOTEL, {"not": EVENT}, {"stage": "lead"}]}) == ["event", "stage"]


@pytest.mark.parametrize(
    ("condition", "alone"),
    [
        (SIGNAL, True), ({"not": SIGNAL}, True), ({"all": [SIGNAL, HOTEL]}, True), ({"any": [SIGNAL, EVENT]}, True),
        ({"all": [SIGNAL, {"any": [EVENT, HOTEL]}]}, True), ({"segment": "hotels"}, True), ({"segment": "deep"}, True),
        ({"all": [SIGNAL, EVENT]}, False), (HOTEL, False), (EVENT, False), ({"signal": "other"}, False), (None, False),
        ({"all": [{"segment": "hotels"}, {"not": EVENT}]}, False), ({"segment": "list"}, False), ({"segment": "round"}, False),
    ],
)  # fmt: skip
def test_acts_on_context_alone_looks_through_groups_and_segments(condition, alone):
    segments = {
        "hotels": SIGNAL,
        "deep": {"any": [EVENT, {"segment": "hotels"}]},
        "list": None,
        "round": {"segment": "round"},
    }
    assert acts_on_context_alone(condition, {"hotel"}, segments) is alone


@pytest.mark.parametrize(
    ("condition", "nothing"),
    [
        (None, True),
        (HOTEL, True),
        ({"any": [HOTEL, EVENT]}, True),
        ({"all": [HOTEL, EVENT]}, False),
        ({"stage": "lead"}, False),
    ],
)
def test_holds_on_context_asks_for_more_in_every_way(condition, nothing):
    assert holds_on_context(condition, {"hotel"}, {}) is nothing
