"""What comes next and when: the foreseen times are those that the engine sets later, for every form of a wait."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.conditions.names import load_names
from contacts.models import Attribute
from journeys.enrollments.models import Enrollment
from journeys.models import Journey, Step
from reporting.explain.coming import coming_steps
from reporting.explain.gates import Reader
from reporting.explain.queries import one_contact
from reporting.explain.runs import one_run
from reporting.explain.why import why_page
from tests.flows.conftest import NOW, journey

BIRTHDAY = {"attribute": "renewal", "yearly": True, "past": "next", "at": "09:00"}
WAITS = {
    "for": {"for": "30h"},
    "until": {"until": {"event": "order_placed", "since": "step"}, "at_most": "3d"},
    "a point of time": {"window": {"from": "09:00"}},
    "a window": {"window": {"from": "08:00", "to": "10:30", "days": ["mon"]}},
    "a window that is open": {"window": {"from": "00:00", "to": "23:59"}},
    "a window over midnight": {"window": {"from": "22:00", "to": "02:00"}},
    "calendar days": {"calendar_days": 3, "at": "09:15"},
    "spread": {"calendar_days": 1, "at": "09:00", "spread": "2h"},
    "a date": {"date": {"attribute": "renewal", "offset": "-1d", "at": "08:00", "past": "leave"}},
    "a yearly date": {"date": BIRTHDAY},
    "a spread date": {"date": BIRTHDAY, "spread": "1h"},
}


def flow(**settings):
    rest = {"key": "rest", "kind": "wait", "next": "done", **settings}
    if "date" in settings:
        rest |= {"missing": "missing"} | ({"past": "past"} if settings["date"]["past"] == "leave" else {})
    return journey(
        "cart",
        [
            {"key": "first", "kind": "wait", "for": "4h"},
            rest,
            {"key": "done", "kind": "end"},
            {"key": "missing", "kind": "end"},
            {"key": "past", "kind": "end"},
        ],
    )


def reader(zone, language="en"):
    return Reader(zone, language, load_names(), {})


def foreseen(world, contact):
    found = coming_steps(world.run(contact), reader(contact.time_zone), world.now)
    return [(one.name, one.at, one.way) for one in found]


@pytest.fixture
def renewal(world):
    Attribute.objects.create(key="renewal", kind="date", name_en="renewal", name_de="x", created_at=NOW)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/St_Johns"])
@pytest.mark.parametrize("name", WAITS)
def test_foreseen_time_of_a_wait_is_that_of_the_engine(world, renewal, name, zone):
    flow(**WAITS[name])
    anna = world.person("anna", zone=zone, attributes={"renewal": "2026-12-03"})
    world.does(anna, "cart_updated", cart_id="c")
    world.pulse()
    (second, arrives, _way), (after, goes_on, way) = foreseen(world, anna)[:2]
    assert (second, arrives, after) == ("rest", NOW + timedelta(hours=4), "done")
    world.later(hours=4)
    run = world.run(anna)
    if run.left_at:
        assert goes_on == world.now
        return
    assert run.step.key == "rest"
    assert abs(run.due_at - goes_on) < timedelta(milliseconds=1)
    assert foreseen(world, anna)[0][1] == run.due_at
    assert bool(way) is (name == "until")


@pytest.mark.parametrize(
    ("attributes", "end", "way"),
    [
        ({}, "missing", "no “renewal” known"),
        ({"renewal": "2026-11-18"}, "past", ""),
        ({"renewal": "2026-12-03"}, "done", ""),
    ],
)
def test_foreseen_way_of_a_wait_for_a_date_depends_on_the_date(world, renewal, attributes, end, way):
    flow(**WAITS["a date"])
    anna = world.person("anna", attributes=attributes)
    world.does(anna, "cart_updated", cart_id="c")
    world.pulse()
    name, at, said = foreseen(world, anna)[1]
    assert name == end
    assert at == (datetime(2026, 12, 2, 7, tzinfo=UTC) if end == "done" else NOW + timedelta(hours=4))
    assert bool(said) is (end != "done")


REACTION = [
    {"key": "ask", "kind": "send", "block": "hello", "then": "reaction", "wait_for": "2d", "next": "yes", "timeout": "no", "not_sent": "no"},
    {"key": "no", "kind": "end"},
    {"key": "yes", "kind": "end"},
]  # fmt: skip
SURVEY = [
    {"key": "ask", "kind": "survey", "block": "hello", "question": {"en": "Would you?", "de": "Würden Sie?"}, "nps": True, "at_most": "2d",
     "next": "yes", "timeout": "no", "not_sent": "no"},
    *REACTION[1:],
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "way"), [(REACTION, "no reaction within 2 days"), (SURVEY, "no answer within 2 days")]
)
def test_foreseen_message_that_waits_goes_on_when_its_time_is_over(world, steps, way):
    journey("cart", [{"key": "first", "kind": "wait", "for": "4h"}, *map(dict, steps)])
    anna = world.person("anna")
    world.does(anna, "cart_updated", cart_id="c")
    world.pulse()
    assert foreseen(world, anna) == [
        ("ask", NOW + timedelta(hours=4), ""),
        ("no", NOW + timedelta(hours=4, days=2), way),
    ]
    run = world.run(anna)
    steps = {step.pk: step for step in Step.objects.all()}
    world.later(hours=4)
    said = one_run(world.run(anna), steps, None, reader("Europe/Berlin"), world.now)["next"]
    assert {what for _when, what in said} == {"end: yes", "end: no"}
    assert any(when.startswith(way) and "20 Nov" in when for when, _what in said), said
    assert run.step.key == "first"


def test_page_says_a_survey_is_coming(world):
    journey("cart", [{"key": "first", "kind": "wait", "for": "4h"}, *map(dict, SURVEY)])
    anna = world.person("anna")
    world.does(anna, "cart_updated", cart_id="c")
    world.pulse()
    steps = {step.pk: step for step in Step.objects.all()}
    run = Enrollment.objects.select_related("journey", "version", "step").get()
    assert [what for _when, what in one_run(run, steps, None, reader("Europe/Berlin"), world.now)["next"]] == [
        "Survey “ask”"
    ]
    page = why_page(one_contact(anna.pk), Journey.objects.get(), now=world.now, sensitive=True)
    assert page["message"]["outcome"] == "approved"
