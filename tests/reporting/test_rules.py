"""Figures: shares, changes, sparklines, the comparison with the holdout."""

from datetime import timedelta

import pytest

from contacts.conditions.evidence import say_evidence
from journeys.enrollments.comparison import uplift
from reporting.dashboards.rules import sparkline
from reporting.explain.rules import flat, say_properties
from reporting.kpis.rules import NAMES, Metric, change, second_figure
from reporting.templatetags.figures import percent, stretch


@pytest.mark.parametrize("language", ["en", "de"])
def test_metrics_all_have_a_name(language):
    assert all(NAMES[metric][language] for metric in Metric)


def test_second_figure_of_awareness_is_the_share_that_moved_on():
    assert second_figure("awareness", at_start=80, arrived=20, moved_on=25, moved_back=0) == 0.25


def test_second_figure_of_retention_is_the_share_that_did_not_fall_back():
    assert second_figure("retention", at_start=80, arrived=20, moved_on=25, moved_back=10) == 0.9


def test_second_figure_of_nobody_is_none():
    assert second_figure("retention", at_start=0, arrived=0, moved_on=0, moved_back=0) is None


def test_change_from_nothing_is_none():
    assert change(5, 0) is None


def test_uplift_of_large_groups_is_clear():
    found = uplift(400, 1000, 200, 1000)
    assert found.points == pytest.approx(20)
    assert found.clear
    assert found.low < 20 < found.high


def test_uplift_of_small_groups_is_not_clear():
    assert not uplift(2, 5, 1, 5).clear


def test_uplift_without_holdout_is_none():
    assert uplift(2, 5, 0, 0) is None


def test_sparkline_without_change_is_flat():
    assert {point.split(",")[1] for point in sparkline([3, 3, 3]).split()} == {"11.0"}


def test_flat_turns_nested_values_into_rows():
    assert flat({"caps": [{"limit": "weekly", "used": 2}], "arm": None, "ok": True}) == [
        ("caps 1 limit", "weekly"),
        ("caps 1 used", "2"),
        ("arm", "–"),
        ("ok", "✓"),
    ]


def test_say_evidence_says_how_often_and_how_often_it_had_to_come():
    evidence = {"at": "2026-03-01T00:00:00Z", "counts": {"pricing_viewed": 4}, "properties": {"plan": "team"}}
    asked = {
        "all": [{"event": "pricing_viewed", "count": {"gte": 3}, "within": "7d"}, {"not": {"event": "order_placed"}}]
    }
    assert say_evidence(evidence, asked, "en") == "“pricing viewed” 4 times within 7 days (needs 3)"
    assert say_evidence(evidence, asked, "de") == "„pricing viewed“ 4-mal innerhalb von 7 Tagen (nötig: 3)"
    assert say_evidence({"counts": {"pricing_viewed": 1}}, None, "en") == "“pricing viewed” once"
    assert say_evidence({}, asked, "en") == ""


def test_say_properties_leaves_ids_of_ours_out():
    assert say_properties({"touch": 5, "plan": "pro", "deep": {"a": 1}}) == "plan: pro"


@pytest.mark.parametrize(
    ("share", "said"), [(11 / 91, "12.1\u00a0%"), (0.299, "30\u00a0%"), (0.0, "0\u00a0%"), (None, "–")]
)
def test_percent_rounds_and_does_not_cut(share, said):
    assert percent(share) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(minutes=252), "4\u00a0h 12\u00a0min"),
        (timedelta(days=2, minutes=3), "2\u00a0d 3\u00a0min"),
        (timedelta(seconds=9), "less than a minute"),
    ],
)
def test_stretch_says_the_two_largest_units(length, said):
    assert stretch(length) == said
