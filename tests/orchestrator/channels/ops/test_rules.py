"""When a queue will be empty: by the pace, never faster than a limit, and unknown without either."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.channels.ops.rules import Pace, empty_at

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("waiting", "pace", "limit", "promised", "minutes"),
    [
        (0, Pace(0, 0), None, None, 0),
        (1200, Pace(300, 300), None, None, 20),
        (1200, Pace(600, 300), 1.0, None, 20),  # the limit is slower
        (1200, Pace(300, 300), 50.0, None, 20),  # the pace is slower
        (1200, Pace(0, 0), 2.0, None, 10),  # nothing went out yet: the limit is believed
        (60, Pace(300, 300), None, NOW + timedelta(minutes=30), 30),  # the last of a slow domain
        (5, Pace(0, 0), None, None, None),
        (10**9, Pace(1, 300), None, None, None),
    ],
)
def test_empty_at(waiting, pace, limit, promised, minutes):
    found = empty_at(waiting=waiting, pace=pace, per_second=limit, promised_until=promised, now=NOW)
    assert found == (None if minutes is None else NOW + timedelta(minutes=minutes))
