"""The forms of steps: what a step says comes back from its form as it was; blank steps can be shown."""

import pytest

from journeys.models import Offer
from journeys.steps.registry import kind_names, kind_of
from tests.flows.conftest import NOW

NAMES = {"en": "Here", "de": "Hier"}
DEFINITION = {"slug": "j", "steps": [{"key": "first", "kind": "end", "name": NAMES}]}
pytestmark = pytest.mark.django_db


def form_of(step, data=None):
    return kind_of(step["kind"]).form(data, step=step, definition=DEFINITION)


def posted(form):
    """What a browser sends of an untouched form."""
    found = {}
    for name in form.fields:
        bound = form[name]
        value = bound.value()
        widget = bound.field.widget
        if hasattr(widget, "widgets"):
            parts = widget.decompress(value) if not isinstance(value, list) else value
            found |= {f"{name}_{i}": "" if part is None else str(part) for i, part in enumerate(parts)}
        elif isinstance(value, list):
            found[name] = value
        elif isinstance(value, bool):
            found |= {name: "on"} if value else {}
        elif value is not None:
            found[name] = str(bound.field.prepare_value(value))
    return found


@pytest.mark.parametrize("kind", kind_names())
def test_form_of_a_blank_step_can_be_shown(kind):
    step = {"key": "here", "kind": kind, "name": NAMES, **kind_of(kind).blank()}
    html = str(form_of(step))
    assert 'name="name_en"' in html
    assert 'class="step-form"' in html


WHEN = {"attribute": "country", "is": "DE"}
STEPS = [
    {"kind": "wait", "for": "4h"},
    {"kind": "wait", "window": {"from": "09:00", "to": "18:00", "days": ["mon", "fri"]}, "spread": "30m"},
    {"kind": "wait", "window": {"from": "09:00"}},
    {"kind": "wait", "calendar_days": 3, "at": "09:00"},
    {"kind": "wait", "date": {"attribute": "created_at", "offset": "-14d", "at": "09:00", "yearly": True, "past": "next"}},
    {"kind": "wait", "date": {"attribute": "created_at", "offset": "+2w", "past": "leave"}, "past": "first"},
    {"kind": "wait", "until": {"event": "order_placed", "since": "step"}, "at_most": "3d", "timeout": "first"},
    {"kind": "branch", "missing": "first", "branches": [
        {"key": "de", "name": NAMES, "when": WHEN, "next": "first"}, {"key": "at", "name": NAMES, "when": WHEN}]},
    {"kind": "split", "arms": [{"name": "a", "weight": 10, "holdout": True}, {"name": "b", "weight": 0.5, "next": "first"}], "salt": "s"},
    {"kind": "send", "block": "hello"},
    {"kind": "send", "block": "hello", "expires": "2d", "channel": "sms", "arm": "b", "offer": "ten", "then": "verdict", "not_sent": "first"},
    {"kind": "send", "block": "hello", "then": "reaction", "reaction": "opened", "wait_for": "2d"},
    {"kind": "send", "block": "hello", "then": "reaction", "reaction": {"event": "order_placed"}},
    {"kind": "update", "set": {"plan": "pro"}, "stage": "lead", "score": {"act": -2.5}, "tag": {"add": ["a", "b"]}},
    {"kind": "audience", "list": "vip", "action": "remove"},
    {"kind": "jump", "to": "first", "at_most": 2},
    {"kind": "jump", "journey": "other", "then": "leave"},
    {"kind": "handover", "team": "inside", "respond_within": "2h", "stages": {"won": "lead"}},
    {"kind": "task", "team": "service", "title": "Call {{ contact.first_name }}", "text": "Ask.", "due": "1d", "queue": "q", "owner": "last"},
    {"kind": "end", "outcome": "done"},
]  # fmt: skip


@pytest.mark.parametrize("settings", STEPS, ids=lambda one: " ".join(one))
def test_form_gives_back_what_it_was_given(settings):
    step = {"key": "here", "name": NAMES, "next": "first", **settings}
    if step["kind"] == "end" or step.get("then") == "leave" or step["kind"] == "split":
        del step["next"]
    form = form_of(step, posted(form_of(step)))
    assert form.is_valid(), form.errors
    assert form.changed_step() == step


def test_form_of_another_way_to_wait_writes_that_way_alone():
    step = {"key": "here", "kind": "wait", "name": NAMES, "for": "4h", "next": "first"}
    form = form_of(step, posted(form_of(step)) | {"mode": "days", "calendar_days": "2", "at": "08:00"})
    assert form.is_valid(), form.errors
    assert form.changed_step() == {
        "key": "here", "kind": "wait", "name": NAMES, "calendar_days": 2, "at": "08:00", "next": "first",
    }  # fmt: skip


def test_wait_for_a_past_date_leads_to_an_end_unless_it_is_told_otherwise():
    step = {"key": "here", "kind": "wait", "name": NAMES, "for": "4h"}
    changed = {"mode": "date", "date_attribute": "created_at", "date_past": "leave"}
    form = form_of(step, posted(form_of(step)) | changed)
    assert form.is_valid(), form.errors
    assert form.changed_step()["past"] == "first"


def test_send_offers_every_offer_that_has_not_ended_and_none():
    for slug, state in (("ten", "live"), ("twenty", "draft"), ("old", "ended")):
        Offer.objects.create(
            slug=slug, kind="discount", state=state, name_en=slug.title(), name_de=slug.title(), created_at=NOW
        )
    step = {"key": "here", "kind": "send", "name": NAMES, "block": "hello", "next": "first"}
    form = form_of(step)
    assert form.fields["offer"].choices == [("", "no offer"), ("ten", "Ten"), ("twenty", "Twenty")]
    given = form_of(step, posted(form) | {"offer": "ten"})
    assert given.is_valid(), given.errors
    with_offer = given.changed_step()
    assert with_offer == step | {"offer": "ten"}
    taken = form_of(with_offer, posted(form_of(with_offer)) | {"offer": ""})
    assert taken.is_valid(), taken.errors
    assert taken.changed_step() == step
    assert ("old", "Old") not in form.fields["offer"].choices
    kept = form_of(step | {"offer": "old"})
    assert kept.fields["offer"].choices[-1] == ("old", "old")  # what is chosen stays, also when it has ended


def test_form_says_what_the_kind_finds_at_its_field():
    step = {"key": "here", "kind": "wait", "name": NAMES, "for": "4h"}
    form = form_of(step, posted(form_of(step)) | {"mode": "date", "date_attribute": "created_at", "date_past": "next"})
    assert not form.is_valid()
    assert list(form.errors) == ["date_past"]
    broken = form_of(step, posted(form_of(step)) | {"for_0": ""})
    assert list(broken.errors) == ["for"]


BRANCH = {
    "key": "here", "kind": "branch", "name": NAMES,
    "branches": [{"key": key, "name": {"en": key, "de": key}, "when": WHEN} for key in ("one", "two", "three")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("add_branches", ["one", "two", "three", ""]),
        ("remove_branches_1", ["one", "three"]),
        ("up_branches_2", ["one", "three", "two"]),
        ("down_branches_0", ["two", "one", "three"]),
        ("up_branches_0", ["one", "two", "three"]),
        ("remove_branches_9", ["one", "two", "three"]),
    ],
)
def test_buttons_of_rows_show_the_form_again_with_what_was_typed(button, expected):
    data = posted(form_of(BRANCH)) | {"name_en": "Typed", button: "1"}
    form = form_of(BRANCH, data)
    assert form.wants_redraw
    assert not form.is_valid()
    assert form["name_en"].value() == "Typed"
    assert [form[f"branches_{i}_key"].value() or "" for i in range(form.counts["branches"])] == expected
    assert 'name="branches_0_when"' in str(form)


def test_a_new_branch_gets_a_key_of_its_name_and_keeps_it():
    data = posted(form_of(BRANCH)) | {
        "branches_count": "4", "branches_3_name_en": "Two!", "branches_3_name_de": "Zwei", "branches_3_when": '{"stage": "lead"}',
    }  # fmt: skip
    form = form_of(BRANCH, data)
    assert form.is_valid(), form.errors
    assert [one["key"] for one in form.changed_step()["branches"]] == ["one", "two", "three", "two-2"]


def test_no_more_rows_than_allowed():
    many = {**BRANCH, "branches": [{"key": f"b{i}", "name": NAMES, "when": WHEN} for i in range(25)]}
    form = form_of(many, posted(form_of(many)) | {"add_branches": "1"})
    assert form.counts["branches"] == 25
