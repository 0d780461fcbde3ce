"""How many messages are handed over in one go."""

import pytest

from orchestrator.channels.rules import next_size


@pytest.mark.parametrize(
    ("size", "seconds", "expected"),
    [(5, 0.01, 10), (20, 0.01, 25), (25, 0.01, 25), (8, 0.2, 8), (8, 0.3, 4), (1, 9, 1)],
)
def test_next_size_grows_while_it_is_quick_and_halves_where_it_takes_long(size, seconds, expected):
    assert next_size(size, seconds, 25) == expected
