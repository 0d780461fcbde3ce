"""The kind `offer`: its settings, its words, its ways out, its form. What it does to people is in tests/journeys/offers."""

import pytest

from journeys.models import Offer
from journeys.steps.base import Reference
from journeys.steps.registry import kind_of, validate_step
from tests.flows.conftest import NOW, names

KIND = kind_of("offer")
STEP = {"key": "give", "kind": "offer", "name": names("Give"), "offer": "spring", "not_offered": "end", "next": "mail"}


@pytest.mark.parametrize("given", [None, "", 7, ["spring"], "x" * 201])
def test_validate_without_an_offer_says_so(given):
    (problem,) = validate_step({**STEP, "offer": given}, "steps[0]", {})
    assert str(problem).startswith("steps[0].offer: expected the short name of an offer")


def test_validate_of_a_whole_step_finds_nothing_and_of_a_strange_key_says_so():
    assert validate_step(STEP, "steps[0]", {}) == []
    assert "unknown" in str(validate_step({**STEP, "code": "A"}, "steps[0]", {})[0])


@pytest.mark.parametrize(
    ("settings", "ways"),
    [
        ({"offer": "a"}, {"next": "following", "not_offered": "following"}),
        ({"offer": "a", "next": "b"}, {"next": "b", "not_offered": "b"}),
        ({"offer": "a", "not_offered": "c"}, {"next": "following", "not_offered": "c"}),
        ({"offer": "a", "next": "b", "not_offered": "c"}, {"next": "b", "not_offered": "c"}),
    ],
)
def test_targets_of_those_without_are_the_same_unless_said(settings, ways):
    assert KIND.targets(settings, "following") == ways


def test_aim_writes_both_ways():
    assert KIND.aim(STEP, {"next": "x", "not_offered": "y"}) == {**STEP, "next": "x", "not_offered": "y"}
    assert KIND.aim({"offer": "a"}, {}) == {"offer": "a"}


def test_refers_to_the_offer():
    assert KIND.refers(STEP) == [Reference("offer", "offer", "spring")]
    assert KIND.refers(KIND.blank()) == []


def test_say_in_both_languages_also_of_a_blank_step():
    known = {("offer", "spring"): {"en": "Spring", "de": "Frühling"}}
    assert KIND.say(STEP, "en", known) == "makes the offer “Spring”"
    assert KIND.say(STEP, "de", known) == "macht das Angebot „Frühling“"
    assert "…" in KIND.say(KIND.blank(), "en")
    assert (KIND.say_exit(STEP, "not_offered", "de"), KIND.say_exit(STEP, "next", "en")) == ("kein Angebot", "")


@pytest.mark.django_db
def test_form_chooses_among_offers_that_are_not_over_and_keeps_the_ways():
    for slug, state in (("spring", "live"), ("draft", "draft"), ("over", "ended")):
        Offer.objects.create(slug=slug, kind="gift", state=state, created_at=NOW, name_en=slug, name_de=slug)
    form = KIND.form(None, step=STEP, definition={"steps": [STEP]})
    assert [value for value, _ in form.fields["offer"].choices] == ["", "draft", "spring"]
    given = {"name_en": "Give", "name_de": "Geben", "offer": "draft"}
    form = KIND.form(given, step=STEP, definition={"steps": [STEP]})
    assert form.is_valid(), form.errors
    assert form.changed_step() == {**STEP, "name": {"en": "Give", "de": "Geben"}, "offer": "draft"}
    form = KIND.form({**given, "offer": ""}, step=STEP, definition={"steps": [STEP]})
    assert "offer" in form.errors
    over = {**STEP, "offer": "over"}
    assert "over" in dict(KIND.form(None, step=over, definition={"steps": [over]}).fields["offer"].choices)
