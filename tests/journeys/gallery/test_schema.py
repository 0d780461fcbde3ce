"""The published schema agrees with the check: every demo journey and template fits, what is wrong does not."""

import copy

import jsonschema
import pytest

from journeys.gallery.reading import read_document
from journeys.gallery.schema import journey_schema
from journeys.gallery.templates import SLUGS, template
from orchestrator.demo import definitions


@pytest.fixture(scope="module")
def validator():
    schema = journey_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("slug", SLUGS)
def test_schema_fits_every_template(validator, slug):
    assert [error.message for error in validator.iter_errors(template(slug).document)] == []


@pytest.mark.parametrize("journey", definitions.journeys(), ids=lambda journey: journey["slug"])
def test_schema_fits_every_demo_journey(validator, journey):
    assert [error.message for error in validator.iter_errors(journey)] == []


def put(path, value):
    def change(document):
        *way, last = path
        here = document
        for part in way:
            here = here[part]
        if value is KeyError:
            del here[last]
        else:
            here[last] = value

    return change


JOURNEY = ("journeys", 0)
STEPS = (*JOURNEY, "steps")
BAD = {
    "another format": put(("bundle",), 2),
    "unknown section": put(("extra",), []),
    "no name": put((*JOURNEY, "name"), KeyError),
    "one language": put((*JOURNEY, "name"), {"en": "x"}),
    "unknown phase": put((*JOURNEY, "phase"), "party"),
    "unknown key": put((*JOURNEY, "colour"), "red"),
    "two triggers": put((*JOURNEY, "entry", "segment"), "x"),
    "no trigger": put((*JOURNEY, "entry"), {}),
    "half a re-entry": put((*JOURNEY, "entry", "reentry"), {"delay": "3d"}),
    "goal without condition": put((*JOURNEY, "goal"), {"name": {"en": "a", "de": "b"}}),
    "unknown leaf": put((*JOURNEY, "goal", "when"), {"weather": "rain"}),
    "empty group": put((*JOURNEY, "goal", "when"), {"all": []}),
    "two groups": put((*JOURNEY, "goal", "when"), {"all": [{"segment": "x"}], "any": [{"segment": "x"}]}),
    "deep mistake": put((*JOURNEY, "goal", "when"), {"all": [{"not": {"event": "x", "count": {"gte": "three"}}}]}),
    "no comparison": put((*JOURNEY, "goal", "when"), {"attribute": "country"}),
    "wrong duration": put((*JOURNEY, "max_age"), "soon"),
    "unknown kind of step": put((*STEPS, 1, "kind"), "dance"),
    "step without key": put((*STEPS, 1, "key"), KeyError),
    "unknown setting": put((*STEPS, 1, "colour"), "red"),
    "wrong wait": put((*STEPS, 1, "for"), 7),
    "no steps": put(STEPS, []),
    "too many key figures": put((*JOURNEY, "kpis"), [{"name": {"en": "a", "de": "b"}, "measure": "sent"}] * 4),
    "unknown measure": put((*JOURNEY, "kpis", 0, "measure"), "love"),
    "signal without condition": put(("signals", 0, "condition"), KeyError),
    "signal of unknown kind": put(("signals", 0, "kind"), "mood"),
    "event of unknown kind": put(("event_types", 0, "kind"), "mood"),
    "block without phase": put(("blocks", 0, "phase"), KeyError),
}


@pytest.mark.parametrize("what", BAD)
def test_schema_refuses(validator, what):
    document = copy.deepcopy(template("abandoned-cart").document)
    assert validator.is_valid(document)
    BAD[what](document)
    assert not validator.is_valid(document)


def test_schema_is_read_by_our_own_reader():
    assert read_document('{"a": 1}') == {"a": 1}
