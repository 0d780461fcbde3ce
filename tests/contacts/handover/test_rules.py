"""When an answer is due, and what can be said about a lead."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.handover.rules import MOVES, REASONS, business_due, main_signal, say_reason

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "span", "due"),
    [
        ("2026-03-11 10:00", 4 * HOUR, "2026-03-11 14:00"),  # Wednesday, inside the day
        ("2026-03-11 13:00", 4 * HOUR, "2026-03-11 17:00"),  # exactly at closing
        ("2026-03-11 15:00", 4 * HOUR, "2026-03-12 11:00"),  # over night
        ("2026-03-11 06:00", 4 * HOUR, "2026-03-11 13:00"),  # before opening
        ("2026-03-11 17:00", 1 * HOUR, "2026-03-12 10:00"),  # at closing: the day is over
        ("2026-03-13 16:00", 4 * HOUR, "2026-03-16 12:00"),  # Friday afternoon to Monday
        ("2026-03-14 12:00", 4 * HOUR, "2026-03-16 13:00"),  # Saturday
        ("2026-03-15 23:59", 8 * HOUR, "2026-03-16 17:00"),  # Sunday, one whole day
        ("2026-03-27 16:00", 2 * HOUR, "2026-03-30 10:00"),  # over the night in which clocks go forward
        ("2026-10-23 16:00", 2 * HOUR, "2026-10-26 10:00"),  # over the night in which they go back
        ("2026-03-11 10:00", 24 * HOUR, "2026-03-16 10:00"),  # three working days
        ("2026-03-11 10:00", timedelta(), "2026-03-11 10:00"),
        ("2026-03-14 10:00", timedelta(), "2026-03-16 09:00"),
        ("2026-03-11 10:00", -HOUR, "2026-03-11 10:00"),
    ],
)
def test_business_due_counts_open_hours_only(now, span, due):
    from zoneinfo import ZoneInfo

    place = ZoneInfo("Europe/Berlin")
    moment = datetime.fromisoformat(now).replace(tzinfo=place).astimezone(UTC)
    found = business_due(moment, span, "Europe/Berlin")
    assert found.astimezone(place).replace(tzinfo=None) == datetime.fromisoformat(due)
    assert found.tzinfo is UTC


def test_business_due_in_another_zone_counts_its_day():
    assert business_due(datetime(2026, 3, 11, 12, tzinfo=UTC), HOUR, "America/New_York") == datetime(
        2026, 3, 11, 14, tzinfo=UTC
    )


def test_say_reason_of_every_action_speaks_both_languages():
    for code in {code for move in MOVES.values() for code in move.reasons}:
        assert set(REASONS[code]) == {"en", "de"}
        assert say_reason(code, "en") != say_reason(code, "de")


def test_main_signal_with_several_takes_the_strongest_and_newest():
    def given(slug, strength, at):
        return {"slug": slug, "strength": strength, "fired_at": at}

    signals = [given("a", "weak", "2026-03-11"), given("b", "strong", "2026-03-09"), given("c", "strong", "2026-03-10")]
    assert main_signal({"signals": signals})["slug"] == "c"
    assert main_signal({}) is None
