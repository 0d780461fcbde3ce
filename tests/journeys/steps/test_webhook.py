"""What a webhook step may say, how it is read aloud, and its form."""

import pytest
from django.http import QueryDict

from journeys.steps.base import kind_of
from journeys.steps.registry import validate_step
from tests.flows.conftest import names
from tests.journeys.content.test_bad_templates import PAYLOADS

STEP = {"key": "call", "kind": "webhook", "name": names("Call"), "url": "https://crm.example.com/leads"}
KIND = kind_of("webhook")
pytestmark = pytest.mark.django_db


def errors(**change):
    return [p.path for p in validate_step({**STEP, **change}, "", {}) if p.level == "error"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"method": "PUT", "retries": 0, "answer_within": "30s", "at_most": "2d"},
        {"url": "https://crm.example.com/{{ contact.id }}?x={{ run.key | url_encode }}"},
        {"headers": {"X-Team": "growth", "Accept": "text/plain"}},
        {"body": {"a": ["{{ contact.first_name }}", 1, None, True]}},
        {"body": "plain {{ run.key }}"},
        {"answer": {"plan": "customer.plan", "first": "items.0.name"}},
        {"failed": "x", "timeout": "y", "next": "z"},
    ],
)
def test_validate_takes_what_is_right(change):
    assert errors(**change) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"url": ""}, ".url"),
        ({"url": None}, ".url"),
        ({"url": "crm.example.com"}, ".url"),
        ({"url": "ftp://crm.example.com/"}, ".url"),
        ({"url": "http://127.0.0.1/"}, ".url"),
        ({"url": "http://localhost/"}, ".url"),
        ({"url": "https://crm.example.com:5432/"}, ".url"),
        ({"url": "https://user:pass@crm.example.com/"}, ".url"),
        ({"url": "https://{{ contact.first_name }}.example.com/"}, ".url"),
        ({"url": "https://crm.example.com{{ contact.first_name }}/"}, ".url"),
        ({"url": "{{ run.evidence.url }}"}, ".url"),
        ({"url": "https://crm.example.com/{{ a | nope }}"}, ".url"),
        ({"url": "https://crm.example.com/{% if %}"}, ".url"),
        ({"method": "DELETE"}, ".method"),
        ({"method": ["POST"]}, ".method"),
        ({"retries": 11}, ".retries"),
        ({"retries": True}, ".retries"),
        ({"retries": "3"}, ".retries"),
        ({"secret": 1}, ".secret"),
        ({"secret": ["a"]}, ".secret"),
        ({"headers": ["a"]}, ".headers"),
        ({"headers": {"Host": "inside"}}, ".headers"),
        ({"headers": {"Content-Length": "1"}}, ".headers"),
        ({"headers": {"Webhook-Signature": "x"}}, ".headers"),
        ({"headers": {"X y": "1"}}, ".headers"),
        ({"headers": {"X": "a\r\nY: b"}}, ".headers.X"),
        ({"headers": {"X": 1}}, ".headers.X"),
        ({"body": 5}, ".body"),
        ({"body": {"a": ["{% if %}"]}}, ".body.a[0]"),
        ({"body": {"a": "x" * 70_000 + "{{ a }}"}}, ".body.a"),
        ({"body": ["x"] * 201}, ".body"),
        ({"answer": ["plan"]}, ".answer"),
        ({"answer": {"email": "a"}}, ".answer.email"),
        ({"answer": {"plan": ""}}, ".answer.plan"),
        ({"answer": {"plan": "a..b"}}, ".answer.plan"),
        ({"answer_within": "31s"}, ".answer_within"),
        ({"answer_within": "soon"}, ".answer_within"),
        ({"at_most": 5}, ".at_most"),
        ({"what": 1}, ".what"),
    ],
)
def test_validate_names_the_place(change, path):
    assert path in errors(**change)


def test_validate_secret_that_is_not_there_is_a_warning(settings):
    settings.WEBHOOK_SECRETS = {"crm": "x"}
    assert [p.level for p in validate_step({**STEP, "secret": "other"}, "", {})] == ["warning"]
    assert validate_step({**STEP, "secret": "crm", "headers": {"Authorization": "secret:crm"}}, "", {}) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_in_address_or_body_is_refused_or_harmless(payload):
    """They are filled by the same children as all texts (see test_bad_templates); the check never raises."""
    for change in (
        {"url": f"https://crm.example.com/{payload}"},
        {"body": payload},
        {"body": {"a": payload}},
        {"url": payload},
    ):
        for problem in validate_step({**STEP, **change}, "", {}):
            assert "SECRET" not in str(problem.message)


def test_ways_are_three_and_fall_back():
    assert KIND.targets(STEP, "x") == {"next": "x", "failed": "x", "timeout": "x"}
    assert KIND.targets({**STEP, "failed": "f"}, "x") == {"next": "x", "failed": "f", "timeout": "f"}
    aimed = KIND.aim(STEP, {"failed": "f", "timeout": "t"})
    assert (aimed["failed"], aimed["timeout"]) == ("f", "t")


def test_sentences():
    assert KIND.say(STEP, "en") == "calls crm.example.com, within 1 hour"
    assert KIND.say({**STEP, "answer": {"plan": "a"}, "at_most": "2d"}, "de") == (
        "ruft crm.example.com auf und übernimmt plan aus der Antwort, innerhalb von 2 Tagen"
    )
    assert KIND.say(KIND.blank(), "en").startswith("calls an address that is not set yet")
    assert [KIND.say_exit(STEP, way, "en") for way in ("next", "failed", "timeout")] == [
        "answered",
        "refused or failed",
        "no answer within 1 hour",
    ]


def posted(step, **change):
    form = KIND.form(step=step, definition={"steps": [step]})
    data = QueryDict(mutable=True)
    for name in form.fields:
        field = form[name]
        value = field.value()
        widgets = field.field.widget.decompress(value) if hasattr(field.field.widget, "decompress") else None
        if widgets is not None:
            for i, part in enumerate(widgets):
                data[f"{name}_{i}"] = "" if part is None else str(part)
        elif value not in (None, False):
            data[name] = str(value)
    for name, value in change.items():
        data[name] = value
    return KIND.form(data, step=step, definition={"steps": [step]})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"method": "PUT", "retries": 5, "answer_within": "20s", "failed": "x", "next": "y"},
        {"body": {"who": "{{ contact.email }}"}, "headers": {"X-A": "1", "X-B": "2"}},
        {"body": "text {{ run.key }}"},
    ],
)
def test_form_gives_back_what_it_was_given(more):
    step = {**STEP, "method": "POST", "at_most": "1h", **more}
    form = posted(step)
    assert form.is_valid(), form.errors
    assert form.changed_step() == step


@pytest.mark.parametrize(
    ("change", "field"),
    [({"url": "http://127.0.0.1/"}, "url"), ({"retries": "99"}, "retries"), ({"body": "{% if %}"}, "body")],
)
def test_form_says_it_at_the_field(change, field):
    form = posted({**STEP, "method": "POST", "at_most": "1h"}, **change)
    assert not form.is_valid()
    assert field in form.errors
