"""Contact rules as sentences."""

from datetime import time, timedelta

import pytest

from consent.limits.rules import say_limit, say_quiet_hours


@pytest.mark.parametrize(
    ("given", "en", "de"),
    [
        (
            (1, timedelta(days=1), "email", "hold"),
            "At most 1 message by e-mail in 1 day; what is more waits until there is room.",
            "Höchstens 1 Nachricht per E-Mail in 1 Tag; was darüber liegt, wartet, bis Platz ist.",
        ),
        (
            (3, timedelta(hours=36), "", "drop"),
            "At most 3 messages in all channels together in 36 hours; what is more is dropped.",
            "Höchstens 3 Nachrichten über alle Kanäle zusammen in 36 Stunden; was darüber liegt, wird verworfen.",
        ),
    ],
)
def test_say_limit_speaks_both_languages(given, en, de):
    assert say_limit(*given, "en") == en
    assert say_limit(*given, "de") == de


def test_say_quiet_hours_speaks_both_languages():
    assert (
        say_quiet_hours(time(20), time(8), "", "en")
        == "Quiet from 20:00 to 08:00 at the person's place, in every channel."
    )
    assert (
        say_quiet_hours(time(20), time(8), "email", "de")
        == "Ruhe von 20:00 bis 08:00 Uhr am Ort der Person, per E-Mail."
    )
