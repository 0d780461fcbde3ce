"""What can only be said of a run of a journey is refused everywhere else, with its path."""

import json

import pytest
from django import forms

from contacts.conditions.checking import about_runs, read_condition
from contacts.conditions.forms import ConditionField
from contacts.conditions.language import validate
from contacts.profiles.forms import SearchForm
from contacts.segments.forms import SegmentForm
from contacts.signals.forms import SignalForm
from contacts.stages.forms import StageForm

pytestmark = pytest.mark.django_db
KEY = {"run": "key"}
ABOUT_RUNS = [
    ({"event": "x", "since": "entry"}, "since"),
    ({"event": "x", "since_step": True}, "since_step"),
    ({"signal": "s", "since": "step"}, "since"),
    ({"event": "x", "last": {"property": "cart", "is": KEY}}, "last.is"),
    ({"event": "x", "where": [{"property": "a", "is": 1}, {"property": "cart", "is_not": KEY}]}, "where[1].is_not"),
]
ABOUT_PEOPLE = [
    {"event": "x", "within": "7d", "where": [{"property": "since", "is": "key"}]},
    {"attribute": "since", "is": "entry"},
    {"signal": "s", "within": "7d"},
    {"segment": "s", "for": "7d"},
]
MESSAGE = "only in a journey: it is about somebody's run"


@pytest.mark.parametrize(("leaf", "path"), ABOUT_RUNS)
def test_validate_of_people_refuses_what_is_about_a_run(leaf, path):
    for condition, before in ((leaf, ""), ({"all": [{"stage": "a"}, {"not": leaf}]}, "all[1].not.")):
        assert validate(condition) == []
        assert [str(problem) for problem in validate(condition, run=False)] == [f"{before}{path}: {MESSAGE}"]
        assert about_runs(condition)


@pytest.mark.parametrize("condition", ABOUT_PEOPLE)
def test_validate_of_people_takes_what_is_about_them(condition):
    assert validate(condition, run=False) == []
    assert not about_runs(condition)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (SegmentForm, "condition"),
        (SignalForm, "condition"),
        (StageForm, "condition"),
        (StageForm, "leave"),
        (SearchForm, "condition"),
    ],
)
def test_forms_of_people_refuse_what_is_about_a_run(form, field):
    found = form({field: json.dumps({"event": "x", "since": "entry"}), "kind": "dynamic"})
    assert found.errors[field] == [f"since: {MESSAGE}"]


def test_form_of_a_score_rule_refuses_what_is_about_a_run():
    from contacts.scores.forms import RuleForm

    form = RuleForm({"kind": "condition", "condition": json.dumps({"event": "x", "since_step": True})})
    assert form.errors["condition"] == [f"since_step: {MESSAGE}"]


def test_condition_field_of_a_run_takes_both():
    class Form(forms.Form):
        condition = ConditionField(run=True)

    assert Form({"condition": json.dumps({"event": "x", "since": "entry"})}).is_valid()


def test_builder_check_says_so_where_the_rule_is_about_people(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("maja"))
    text = json.dumps({"event": "x", "since": "entry"})
    for url in ("/conditions/check/", "/conditions/numbers/"):
        for subject, said in (("contact", [f"since: {MESSAGE}"]), ("run", [])):
            answer = client.post(f"{url}?subject={subject}", {"condition": text})
            assert [str(problem) for problem in answer.context.get("errors", [])] == said
    assert read_condition(text).errors == []
