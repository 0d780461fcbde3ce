"""Text messages: what they are charged as is said beside them, with the line how to stop."""

import pytest

from journeys.content.models import Block, Variant
from journeys.content.previewing import _stop
from journeys.content.queries import problems_of
from journeys.content.rules import sms_length, with_stop

LINE = "Reply STOP to opt out."


@pytest.mark.parametrize(
    ("text", "alphabet", "used", "segments"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("ä" * 160, "GSM-7", 160, 1),
        ("–" * 70, "UCS-2", 70, 1),
        ("–" * 71, "UCS-2", 71, 2),
        ("–" * 134, "UCS-2", 134, 2),
        ("–" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
    ],
)
def test_sms_length(text, alphabet, used, segments):
    found = sms_length(text)
    assert (found.alphabet, found.used, found.segments) == (alphabet, used, segments)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Hello", f"Hello\n{LINE}"),
        ("", LINE),
        ("Hello. Text STOP to end.", "Hello. Text STOP to end."),
        ("Abmelden: stopp antworten", "Abmelden: stopp antworten"),
        ("Nonstop fun", f"Nonstop fun\n{LINE}"),
    ],
)
def test_with_stop(text, whole):
    assert with_stop(text, LINE) == whole


def test_with_stop_without_a_line_changes_nothing():
    assert with_stop("Hello", "") == "Hello"


def variant(body, channel="sms"):
    return Variant(block=Block(slug="x"), channel=channel, language="de", subject="", body=body)


def test_problems_of_a_long_sms_say_what_it_costs(settings):
    settings.SMS_STOP = {"en": LINE, "de": "Abmelden: STOP antworten."}
    assert problems_of(variant("a" * 400)) == []
    (problem,) = problems_of(variant("a" * 450))
    assert (problem.level, problem.stops, problem.field) == ("warning", False, "body")
    assert "4 SMS" in problem.message
    assert problems_of(variant("a" * 450 + " STOP")) == []  # it says itself how to stop
    assert problems_of(variant("a" * 900, "letter")) == []


def test_preview_says_what_marketing_adds(settings):
    settings.SMS_STOP = {"en": LINE, "de": "Abmelden: STOP antworten."}
    assert _stop("a" * 150, "de") == {"line": "Abmelden: STOP antworten.", "segments": 2}
    assert _stop("Ende: STOP", "de") is None
