"""Journeys that open each other: a warning where no time passes between, and only there."""

import pytest

from journeys.definitions.check import check
from tests.flows.conftest import journey, names, world

__all__ = ["world"]
pytestmark = pytest.mark.usefixtures("world")
END = {"key": "end", "kind": "end"}
REST = {"key": "rest", "kind": "wait", "for": "1d"}
OVER = {"key": "over", "kind": "jump", "journey": "second", "then": "leave"}
BACK = {"key": "back", "kind": "jump", "journey": "first", "then": "leave"}


def definition(*steps, slug="first", **more):
    named = [{"name": names(step["key"]), **step} for step in steps]
    return {"slug": slug, "name": names(slug), "phase": "purchase", "entry": {"signal": "cart"}, "steps": named, **more}


def warnings(definition):
    found = check(definition)
    assert not [problem for problem in found if problem.level == "error"]
    return [(problem.path, problem.message) for problem in found if problem.path != "goal"]


def second(*steps, **more):
    journey("first", [dict(END)])
    journey("second", [dict(step) for step in steps], **more)


AGAIN = "These journeys open each other at once, again and again: "


def test_two_journeys_that_jump_to_each_other_are_a_circle():
    second(BACK)
    ((path, text),) = warnings(definition(OVER))
    assert path == "steps[0].journey"
    assert text.startswith(AGAIN)
    assert "“first”" in text
    assert "“second”" in text


def test_journey_that_opens_when_the_other_ends_closes_the_circle():
    second(END, entry={"journey": "first"})
    journey("third", [dict(END)], entry={"journey": "second"})
    ((path, text),) = warnings(definition(END, entry={"journey": "third"}))
    assert path == "entry.journey"
    assert text.startswith(AGAIN)


@pytest.mark.parametrize(
    ("here", "there", "more"),
    [
        ((REST, OVER), (BACK,), {}),
        ((OVER,), (REST, BACK), {}),
        ((OVER,), (BACK,), {"entry": {"signal": "cart", "reentry": "never"}}),
        ((OVER,), (BACK,), {"entry": {"signal": "cart", "reentry": {"after": "leaving", "delay": "1d"}}}),
        ((OVER,), (BACK,), {"entry": {"signal": "cart", "limits": {"person": 2}}}),
        ((OVER,), (END,), {}),
    ],
)
def test_journeys_with_time_between_or_an_end_are_no_circle(here, there, more):
    second(*there)
    assert warnings(definition(*here, **more)) == []


def test_journey_that_names_itself_is_said():
    assert warnings(definition({**OVER, "journey": "first"})) == [("steps[0].journey", f"{AGAIN}“first”.")]
    stays = definition({**OVER, "journey": "first", "then": "go_on"}, END)
    assert "in this journey already" in warnings(stays)[0][1]
    ((path, text),) = warnings(definition(END, entry={"journey": "first"}))
    assert (path, "for the first time" in text) == ("entry.journey", True)


def test_check_of_a_journey_that_names_none_asks_nothing_more(django_assert_num_queries):
    check(definition(END))
    with django_assert_num_queries(4):
        check(definition(END))
