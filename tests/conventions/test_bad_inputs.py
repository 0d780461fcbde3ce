"""Every bad input of ROOMS that we promise to stand has a test of its number, or a reason why it has none."""

import importlib
import inspect
import re

ROOMS = {
    "tests.orchestrator.api.test_bad_input_everywhere": range(1, 41),
    "tests.contacts.imports.test_bad_inputs": range(41, 65),
    "tests.contacts.conditions.test_bad_conditions": range(65, 85),
    "tests.journeys.definitions.test_bad_journeys": [*range(85, 94), 96],
    "tests.journeys.versions.test_publish": [94, 95],
    "tests.journeys.versions.test_under_load": [94],
    "tests.journeys.versions.test_views": [94, 95],
    "tests.journeys.canvas.test_views": [95],
    "tests.journeys.content.test_bad_templates": range(97, 113),
    "tests.orchestrator.channels.feedback.test_bad_tracking": range(113, 125),
    "tests.orchestrator.channels.feedback.test_bad_links": range(113, 125),
    "tests.orchestrator.channels.feedback.test_bad_hooks": range(125, 137),
    "tests.consent.preferences.test_bad_tokens": range(137, 148),
    "tests.consent.preferences.test_centre": [148],
}
LAST = 156  # of the list of bad inputs: a higher number in a name counts something else
WITHOUT = {
    31: "a body that never ends or trickles has to be cut off by the server in front of ours",
    39: "no door of machines has pages or cursors",
}
IN_NAME = re.compile(r"_(\d{2,3})(?=_)")
IN_TEXT = re.compile(r"(\d{2,3}) ")
NOT_RUN = {"skip", "skipif", "xfail"}


def numbers_of(test) -> set[int]:
    """The numbers that a test says in its name, and in what it is called with."""
    marks = getattr(test, "pytestmark", [])
    if NOT_RUN & {mark.name for mark in marks}:
        return set()
    found = {int(number) for number in IN_NAME.findall(test.__name__)}
    for names, values in (mark.args for mark in marks if mark.name == "parametrize"):
        if "number" in names:
            found |= {value[list(names).index("number")] for value in values}
        else:
            found |= {int(said[1]) for value in values if isinstance(value, str) and (said := IN_TEXT.match(value))}
    return {number for number in found if number <= LAST}


def test_bad_inputs_are_all_tested_or_have_a_reason():
    found = {}
    for name, promised in ROOMS.items():
        tests = [test for key, test in inspect.getmembers(importlib.import_module(name)) if key.startswith("test_")]
        found[name] = set().union(*map(numbers_of, tests))
        assert found[name] <= set(promised), name
    assert set().union(*ROOMS.values()) - set().union(*found.values()) == set(WITHOUT)
    assert all(len(reason) > 20 for reason in WITHOUT.values())
