"""The reference of the points: quotas, decay, clamp, words, circles."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from contacts.scores import rules
from contacts.scores.rules import Factor, Points

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def scored(*given, events=None, holds=(), decay="none", days=10):
    return rules.score_person(given, holds=set(holds), events=events or {}, decay=decay, decay_days=days, now=NOW)


@pytest.mark.parametrize(
    ("decay", "age", "left"),
    [
        ("none", 300, "1"), ("linear", 0, "1"), ("linear", 3, "0.7"), ("linear", 10, "0"), ("linear", 12, "0"),
        ("half_life", 0, "1"), ("half_life", 10, "0.5"), ("half_life", 5, "0.707107"), ("half_life", 70, "0.007813"),
    ],
)  # fmt: skip
def test_decay_factor_at_its_boundaries(decay, age, left):
    assert rules.decay_factor(decay, 10, age) == Decimal(left)


def test_score_person_counts_quotas_by_utc_day_and_not_the_future():
    at = [NOW - timedelta(hours=h) for h in (-1, 1, 2, 3, 11)]
    assert scored(Points(1, Decimal(5), True, 2), events={1: at}) == (15, [Factor(1, Decimal("15.00"), 3)])


def test_score_person_rounds_half_up_and_stays_between_0_and_100():
    assert scored(Points(1, Decimal("2.5")), holds=[1]).value == 3
    assert scored(Points(1, Decimal(90)), Points(2, Decimal(90)), holds=[1, 2]).value == 100
    assert scored(Points(1, Decimal(-3)), holds=[1]) == (0, [Factor(1, Decimal("-3.00"), 1)])


def test_score_person_leaves_out_what_gives_nothing():
    old = {1: [NOW - timedelta(days=10)]}
    assert scored(Points(1, Decimal(50), True), Points(2, Decimal(5)), events=old, decay="linear") == (0, [])


@pytest.mark.parametrize(
    ("computed", "hourly", "due"),
    [
        (None, False, True),
        (NOW.replace(hour=0), False, False),
        (NOW.replace(hour=0) - timedelta(seconds=1), False, True),
        (NOW - timedelta(minutes=1), True, True),  # the hour before
        (NOW, True, False),
    ],
)
def test_is_due_on_a_new_day_or_hour(computed, hourly, due):
    assert rules.is_due(computed, now=NOW, hourly=hourly) is due


def test_grade_span_gives_both_ends():
    bands = rules.DEFAULT_BANDS["fit"]
    assert [rules.grade_span(label, bands) for label in "ABCD"] == [(75, 100), (50, 74), (25, 49), (0, 24)]
    assert rules.grade_of(10, 10, {"fit": [("A", 50)], "engagement": [("1", 0)]}) == ""


def test_factors_are_said_in_words():
    assert rules.say_factor("Visited prices", 4, counted=True, language="en") == "Visited prices 4 times"
    assert rules.say_factor("Preise besucht", 1, counted=True, language="de") == "Preise besucht einmal"
    assert rules.say_factor("From Germany", 1, counted=False, language="en") == "From Germany"
    assert [rules.say_points(Decimal("12.50"), "en"), rules.say_points(-4.25, "de")] == ["+12.5", "−4,25"]


def test_bins_count_by_tens():
    assert rules.bins({0: 1, 9: 2, 10: 4, 99: 8, 100: 16}) == [3, 4, 0, 0, 0, 0, 0, 0, 0, 24]


def test_circle_gives_the_way():
    names = {
        ("score", "a"): [("segment", "x"), ("event", "e")],
        ("segment", "x"): [("signal", "y")],
        ("signal", "y"): [("score", "a")],
    }
    assert rules.circle("a", names) == [("score", "a"), ("segment", "x"), ("signal", "y"), ("score", "a")]
    assert rules.circle("a", {("score", "a"): [("segment", "x")]}) == []
