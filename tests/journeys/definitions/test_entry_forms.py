"""The forms of entry, goal, exits, key figures and basics: what they read they write again."""

import json

import pytest
from django.http import QueryDict

from contacts.models import EventType, Segment, Signal, Stage
from journeys.definitions.entry_forms import BasicsForm, EntryForm, ExitsForm, GoalForm, KpisForm
from journeys.definitions.models import Journey
from tests.flows.conftest import NOW, names, world  # noqa: F401

BASE = {"slug": "j", "name": names("J"), "phase": "purchase", "priority": 10, "value": 1, "purpose": "email_marketing", "entry": {"signal": "cart"}, "steps": []}  # fmt: skip
ENTRIES = [
    {"signal": "cart"},
    {"signal": "cart", "when": {"attribute": "country", "is": "DE"}, "key": "cart_id", "reentry": "parallel"},
    {"event": "order_placed"},
    {"event": "order_placed", "where": [{"property": "total", "gte": 100}], "reentry": "never"},
    {"segment": "s", "exclude": "s"},
    {"segment": "s", "change": "left", "reentry": {"after": "start", "delay": "30d"}},
    {"stage": "lead", "limits": {"person": 3, "hour": 5, "day": 6, "all": 7}},
    {"journey": "other", "state": "completed", "outcome": "done"},
    {"journey": "other", "state": "goal"},
    {"api": True, "key": "order"},
    {"schedule": {"segment": "s", "at": "2026-12-01T09:00"}},
    {"schedule": {"segment": "s", "every": "week", "time": "09:00", "days": ["mon", "fri"], "from": "2026-12-01", "until": "2027-01-01", "local": False}},
    {"schedule": {"segment": "s", "every": "month", "time": "09:00", "day": 31}},
]  # fmt: skip


@pytest.fixture
def things(world):  # noqa: F811
    Segment.objects.create(slug="s", kind="fixed", name_en="S", name_de="S")
    Stage.objects.create(slug="lead", phase="purchase", position=1, name_en="L", name_de="L")
    Journey.objects.create(slug="other", phase="purchase", name_en="O", name_de="O", created_at=NOW)
    assert Signal.objects.exists()
    assert EventType.objects.exists()


def posted(form):
    """What a browser sends when somebody presses save at once."""
    data = QueryDict(mutable=True)
    for name, field in form.fields.items():
        value = form[name].value()
        if hasattr(field.widget, "widgets"):
            for i, part in enumerate(field.widget.decompress(value)):
                data[f"{name}_{i}"] = "" if part is None else str(part)
        elif isinstance(value, list) and field.__class__.__name__ == "MultipleChoiceField":
            data.setlist(name, value)
        elif isinstance(value, bool):
            if value:
                data[name] = "on"
        else:
            prepared = field.prepare_value(value)
            data[name] = "" if prepared is None else prepared if isinstance(prepared, str) else str(prepared)
    return data


def again(kind, definition, **typed):
    data = posted(kind(definition=definition))
    for key, value in typed.items():
        data[key] = value
    return kind(data, definition=definition)


@pytest.mark.parametrize("entry", ENTRIES, ids=json.dumps)
def test_entry_form_writes_what_it_read(things, entry):
    form = again(EntryForm, {**BASE, "entry": entry})
    assert form.is_valid(), form.errors
    assert form.changed()["entry"] == entry
    assert form.changed_definition({"slug": "k"}) == {"slug": "k", "entry": entry}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"mode": "signal", "signal": ""}, "signal"),
        ({"mode": "event", "event_when": '{"event": "order_placed", "count": {"gte": 2}}'}, "event_when"),
        ({"mode": "event"}, "event_when"),
        ({"mode": "schedule", "schedule_segment": "s", "at": ""}, "at"),
        ({"mode": "schedule", "schedule_segment": "", "at": "2026-12-01T09:00"}, "schedule_segment"),
        ({"mode": "schedule", "schedule_segment": "s", "repeat": "week", "time": "09:00"}, None),
        ({"reentry": "parallel"}, "reentry"),
    ],
)
def test_entry_form_says_what_is_wrong_at_its_field(things, typed, field):
    form = again(EntryForm, BASE, **typed)
    assert set(form.errors) == ({field} if field else set())


def test_unfinished_journey_has_forms(things):
    for kind in (EntryForm, GoalForm, ExitsForm, KpisForm, BasicsForm):
        assert "<" in str(kind(definition={"slug": "new", "entry": {}, "name": names("New"), "phase": "purchase", "steps": []}))  # fmt: skip


@pytest.mark.parametrize(
    "goal",
    [
        None,
        {"name": names("Bought"), "when": {"event": "order_placed", "since": "entry"}},
        {"name": names("Bought"), "when": {"event": "order_placed"}, "within": "7d", "from": "click"},
    ],
)
def test_goal_form_writes_what_it_read(things, goal):
    definition = {**BASE, **({"goal": goal} if goal else {})}
    form = again(GoalForm, definition)
    assert form.is_valid(), form.errors
    assert form.changed() == definition


def test_goal_needs_a_name_and_goes_without_a_condition(things):
    goal = {"name": names("Bought"), "when": {"event": "order_placed"}}
    form = again(GoalForm, {**BASE, "goal": goal}, name_en="", name_de="")
    assert form.errors == {"name_en": ["A goal needs a name."]}  # at its field, which need not be named again
    form = again(GoalForm, {**BASE, "goal": goal}, goal_when="")
    assert form.is_valid()
    assert "goal" not in form.changed()


def test_exits_form_writes_what_it_read_and_adds_and_removes_rows(things):
    exits = [
        {"when": {"attribute": "country", "is": "DE"}, "name": names("German")},
        {"event": "order_placed", "where": [{"property": "cart", "is": {"run": "key"}}]},
        {"segment_left": "s"},
        {"stage": "lead"},
    ]
    definition = {**BASE, "exit": exits}
    form = again(ExitsForm, definition)
    assert form.is_valid(), form.errors
    assert form.changed() == definition
    more = again(ExitsForm, definition, add_exit="1")
    assert more.wants_redraw
    assert more.counts["exit"] == 5
    assert again(ExitsForm, definition, remove_exit_0="1").counts["exit"] == 3
    wrong = again(ExitsForm, definition, exit_2_segment_left="", exit_1_when='{"attribute": "country", "is": "DE"}')
    assert set(wrong.errors) == {"exit_1_when"}
    assert set(again(ExitsForm, definition, exit_2_segment_left="").errors) == {"exit_2_segment_left"}


def test_kpis_form_shows_shares_in_percent(things):
    kpis = [{"name": names("A"), "measure": "goal_share", "target": 0.2}, {"name": names("B"), "measure": "sent"}]
    definition = {**BASE, "kpis": kpis}
    form = again(KpisForm, definition)
    assert form["kpis_0_target"].value() == "20.0"
    assert form.is_valid(), form.errors
    assert form.changed() == definition
    assert "kpis_0_target" in again(KpisForm, definition, kpis_0_target="120").errors


def test_basics_form_writes_what_it_read(things):
    definition = {**BASE, "max_age": "30d", "description": {"en": "a", "de": "b"}}
    form = again(BasicsForm, definition)
    assert form.is_valid(), form.errors
    assert form.changed() == definition
    assert again(BasicsForm, BASE, name_en="").errors
