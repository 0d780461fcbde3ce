"""What links name, how often an address is asked, until when a pause is."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.preferences.rules import BadPause, Subject, may_ask, one_line, pause_until, read, written

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"


@pytest.mark.parametrize("subject", [Subject(1, 0), Subject(7, 9), Subject(7, 9, "news-lamps_2")])
def test_read_what_was_written_is_the_same(subject):
    assert read(written(subject)) == subject


@pytest.mark.parametrize("text", ["", "1", "0-1", "1-01", "1-1-", "1-1-ä", "1-1-a b", " 1-1", "1-1\n", "9" * 20 + "-1"])
def test_read_anything_else_is_none(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("hours", "allowed"),
    [((), True), ((23.9,), False), ((24,), True), ((25, 50), True), ((25, 50, 719), False), ((25, 50, 720), True)],
)
def test_may_ask_at_most_once_a_day_and_three_times_in_thirty(hours, allowed):
    assert may_ask([NOW - timedelta(hours=h) for h in hours], NOW) is allowed


@pytest.mark.parametrize(
    ("now", "choice", "day", "until"),
    [
        (NOW, "", "", None),
        (NOW, "1w", "", datetime(2026, 3, 9, 9, tzinfo=UTC)),
        (NOW, "4w", "", datetime(2026, 3, 30, 9, tzinfo=UTC)),
        (NOW, "3m", "", datetime(2026, 6, 2, 8, tzinfo=UTC)),  # ten o'clock there, in summer too
        (datetime(2026, 11, 30, 9, tzinfo=UTC), "3m", "", datetime(2027, 2, 28, 9, tzinfo=UTC)),
        (datetime(2026, 9, 30, 8, tzinfo=UTC), "3m", "", datetime(2026, 12, 30, 9, tzinfo=UTC)),
        (NOW, "day", "2026-04-01", datetime(2026, 3, 31, 22, tzinfo=UTC)),
        (NOW, "day", "2026-03-03", datetime(2026, 3, 2, 23, tzinfo=UTC)),
    ],
)
def test_pause_until_is_in_the_persons_own_time(now, choice, day, until):
    assert pause_until(choice, day, zone=ZONE, now=now) == until


@pytest.mark.parametrize(
    ("choice", "day"), [("day", "2026-03-02"), ("day", ""), ("day", "9999-12-31"), ("for ever", "2026-05-05")]
)
def test_pause_until_that_is_no_day_ahead_is_refused(choice, day):
    with pytest.raises(BadPause):
        pause_until(choice, day, zone=ZONE, now=NOW)


def test_one_line_leaves_no_line_break_in_a_name():
    assert one_line("  An\r\nna\u2028 \x00B\u202e ") == "An na B"
    assert len(one_line("x" * 999)) == 100
