"""What would have to be otherwise: a sentence for every reason, in both languages, with its time and its names."""

import pytest
from django.utils.translation import override

from journeys.enrollments.rules import TOUCH_REASONS
from reporting.explain.changes import CHANGES, say_changes
from reporting.explain.gates import Reader
from reporting.explain.replay import REASONS, UnknownReason

from .crowd import NOW
from .test_replay import FULL, GATES

NAMES = {
    ("purpose", "email_marketing"): {"en": "E-mail marketing", "de": "E-Mail-Marketing"},
    ("offer", "spring"): {"en": "Spring", "de": "Frühling"},
    ("offer", "gift"): {"en": "Gift", "de": "Geschenk"},
}
TIME = "2026-12-02T07:00:00+00:00"


def said(reason, language="en", **gates):
    reader = Reader("Europe/Berlin", language, NAMES, {"week": "3 a week"})
    with override(language):
        return say_changes(reason, GATES | gates, NOW, reader)


@pytest.mark.parametrize("reason", sorted({*TOUCH_REASONS, *REASONS, ""}))
def test_say_changes_has_a_sentence_for_every_reason_in_both_languages(reason):
    full = {"caps": [FULL]} if reason in ("outranked", "slot_reserved") else {}
    (english,), (german,) = said(reason, **full)[:1], said(reason, "de", **full)[:1]
    assert len(english) > 20
    assert english != german
    assert "%(" not in english + german


def test_every_sentence_belongs_to_a_reason():
    assert set(CHANGES) == {*TOUCH_REASONS, *REASONS, ""}


@pytest.mark.parametrize(
    ("reason", "gates", "english", "german"),
    [
        ("no_consent", {"consent": GATES["consent"] | {"against": "no_consent"}}, "if the person agreed to “E-mail marketing”", "wenn die Person „E-Mail-Marketing“ zustimmte"),
        ("quiet_hours", {"quiet_hours": {"until": TIME}}, "from 2 Dec 08:00 on, when quiet hours are over", "ab 2. Dez 08:00, wenn die Ruhezeit vorbei ist"),
        ("paused_by_person", {"rest": {"goal": None, "paused_until": TIME}}, "from 2 Dec 08:00 on, when the pause that the person chose is over", None),
        ("rest_after_goal", {"rest": {"goal": "after", "until": TIME}}, "from 2 Dec 08:00 on, when the rest after the goal is over", None),
        ("cap_week", {"caps": [FULL | {"most": 3, "used": 3, "seconds": 7 * 86400, "free_at": TIME}]}, "if fewer than 3 messages had been sent in 7 days (“3 a week”); a place is free from 2 Dec 08:00 on", None),
        ("cap_week", {"caps": [FULL | {"most": 1, "used": 1, "seconds": 86400, "free_at": TIME}]}, "if no message had been sent in 1 day (“3 a week”); a place is free from 2 Dec 08:00 on", None),
        ("cap_week", {"caps": [FULL | {"calendar": "week", "seconds": 7 * 86400, "free_at": TIME}]}, "if fewer than 2 messages had been sent in that calendar week (“3 a week”); a place is free from 2 Dec 08:00 on", None),
        ("cap_week", {"caps": [FULL | {"most": 0, "used": 0}]}, "if the limit “3 a week” allowed messages at all", None),
        ("outranked", {"caps": [FULL | {"at_now": True, "free_at": TIME}]}, "if no journey with a higher score had taken the place; the next one is free from 2 Dec 08:00 on", None),
        ("offer_conflict", {"offer": {"slug": "spring", "other": "gift", "against": "other_offer"}}, "if the offer “Gift” were not open for the person or the company", None),
    ],
)  # fmt: skip
def test_say_changes_names_times_limits_and_purposes(reason, gates, english, german):
    assert said(reason, **gates) == [english]
    assert german is None or said(reason, "de", **gates) == [german]


def test_say_changes_goes_on_with_what_would_stop_it_next():
    gates = {
        "consent": GATES["consent"] | {"against": "unsubscribed"},
        "sales": {"handover": 3},
        "quiet_hours": {"until": TIME},
    }
    assert said("unsubscribed", **gates) == [
        "if the person agreed to “E-mail marketing” again",
        "as soon as sales has closed the conversation",
        "from 2 Dec 08:00 on, when quiet hours are over",
    ]


def test_say_changes_of_a_verdict_with_few_values_still_says_its_own():
    reader = Reader("Europe/Berlin", "en", NAMES, {})
    with override("en"):
        assert say_changes("missing_content", {"moment": "claim"}, NOW, reader) == [
            "if the content had an approved text in the person's language"
        ]
        (old,) = say_changes(
            "cap_week", {"caps": [{"limit": "week", "used": 2, "most": 2, "free_at": TIME}]}, NOW, reader
        )
    assert old.startswith("if fewer than 2 messages had been sent in its window")


def test_say_changes_fails_for_a_reason_without_a_sentence():
    with pytest.raises(UnknownReason):
        said("moon_is_full")
