"""The builder's doors: what it may offer, what it says, what a form takes and refuses; nothing is lost, nothing is a 5xx."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.translation import override

from contacts.attributes.rules import Kind
from contacts.conditions.builder import describe
from contacts.conditions.checking import read_condition
from contacts.conditions.forms import ConditionField
from contacts.conditions.registry import leaf_keys
from contacts.conditions.rows import OPERATOR_NAMES, OPERATORS
from contacts.conditions.rules import COMPARISONS
from contacts.models import Attribute, Contact, Event, EventType, Segment

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
GOOD = {"all": [{"attribute": "country", "is": "DE"}, {"not": {"segment": "vip"}}]}
WRONG = [
    ("{", "JSON"),
    ("[]", "object"),
    ('"text"', "object"),
    ("17", "object"),
    ("{}", "attribute"),
    ('{"all": []}', "all"),
    ('{"nobody": 1}', "attribute"),
    ('{"all": [{"attribute": "country", "is": {"a": 1}}]}', "all[0].is"),
    ('{"event": "x", "count": {"gte": "three"}}', "count.gte"),
    ('{"event": "x", "within": "soon"}', "within"),
    ('{"attribute": "country", "is": "\\u0000"}', "NUL"),
    ('{"attribute": "country", "is": "\\ud800"}', "whole characters"),
    ("[" * 50_000, "JSON"),
    ('{"not": ' * 400 + "1" + "}" * 400, "levels"),
    ("9" * 6_000, "JSON"),
    ('{"attribute": "x", "gte": 1e999}', ""),
    ("x" * 100_001, "characters"),
]


class OneForm(forms.Form):
    condition = ConditionField(required=True)


@pytest.fixture
def marketer(client, db):
    client.force_login(User.objects.create_user("maja"))
    return client


def check(client, text, door="condition_check", **more):
    return client.post(reverse(door), {"condition": text, **more}, headers={"HX-Request": "true"})


def test_condition_check_says_a_condition_in_both_languages(marketer):
    Segment.objects.create(slug="vip", name_en="Best customers", name_de="Beste Kundschaft", condition=None)
    said = check(marketer, json.dumps(GOOD)).content.decode()
    assert "country is DE and not in segment “Best customers”" in said
    assert "Land ist DE und nicht im Segment „Beste Kundschaft“" in said
    assert "data-path" not in said


def test_condition_check_warns_of_unknown_names_with_their_path(marketer):
    said = check(marketer, json.dumps(GOOD)).content.decode()
    assert 'data-path="all[1].not.segment" data-level="warning"' in said


def test_condition_check_of_nothing_is_everybody(marketer):
    assert "everybody" in check(marketer, "").content.decode()


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_condition_check_names_what_is_wrong(marketer, text, expected):
    for door in ("condition_check", "condition_numbers"):
        answer = check(marketer, text, door)
        assert answer.status_code == 200
    if expected:
        assert expected in check(marketer, text).content.decode()


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_condition_field_refuses_what_is_wrong_and_keeps_the_text(db, text, expected):
    form = OneForm({"condition": text})
    if expected:
        assert not form.is_valid()
        assert "condition" in form.errors
        assert str(form["condition"]).count("<textarea") == 1
        if len(text) < 200:
            assert conditional_escape(text) in str(form["condition"])


def test_condition_numbers_counts_people_and_reach(marketer):
    Contact.objects.create(first_name="Anna", country="DE", email="a@people.example", created_at=NOW, updated_at=NOW)
    # a name so long that no token on the page holds it by chance
    Contact.objects.create(first_name="Benedikt", country="AT", created_at=NOW, updated_at=NOW)
    said = check(marketer, '{"attribute": "country", "is": "DE"}', "condition_numbers").content.decode()
    assert '<strong class="figure">1' in said
    assert "of 2" in said
    assert "Anna" in said
    assert "Benedikt" not in said
    assert "no consent" in said


def test_condition_numbers_says_that_runs_are_not_counted(marketer):
    said = check(marketer, '{"event": "x", "since": "entry"}', "condition_numbers").content.decode()
    assert "whole past" in said


def test_condition_check_without_javascript_is_a_page_with_people(marketer):
    answer = marketer.post(reverse("condition_check"), {"rule": json.dumps(GOOD), "field": "rule"})
    said = answer.content.decode()
    assert "<html" in said
    assert "country is DE" in said
    assert "condition-count" in said


def test_doors_are_for_marketers(client, db):
    user = User.objects.create_user("sven")
    user.groups.add(Group.objects.create(name="Sales"))
    assert check(client, "").status_code == 302
    client.force_login(user)
    assert check(client, "").status_code == 403
    assert client.get(reverse("condition_description")).status_code == 403
    assert client.get(reverse("contacts"), {"condition": "{"}).status_code == 200  # sales has no condition at all


def test_describe_offers_every_registered_leaf_and_operator(db):
    description = describe(run=False)
    assert {kind["key"] for kind in description["kinds"]} == set(leaf_keys())
    offered = {operator for listed in OPERATORS.values() for operator in listed} - {"is_not_set"}
    assert offered <= set(COMPARISONS)
    assert {*COMPARISONS, "is_not_set", "run"} == set(OPERATOR_NAMES)
    assert set(OPERATORS) == set(Kind)
    json.dumps(description)


def test_describe_names_what_is_there_in_the_language_of_the_page(db):
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order", name_de="Bestellung")
    contact = Contact.objects.create(created_at=NOW, updated_at=NOW, attributes={"plan": "pro", "hidden": 1})
    Attribute.objects.create(
        key="plan", kind="choice", name_en="Plan", name_de="Tarif", created_at=NOW,
        choices=[{"value": "pro", "en": "Professional", "de": "Profi"}], sensitive=True,
    )  # fmt: skip
    Event.objects.create(
        contact=contact, name="order_placed", occurred_at=NOW - timedelta(days=1), received_at=NOW,
        properties={"value": 12.5, "currency": "EUR"}, source="shop", message_id="m1",
    )  # fmt: skip
    with override("de"):
        kinds = {kind["key"]: kind for kind in describe(run=True)["kinds"]}
    (order,) = [one for one in kinds["event"]["parts"][0]["options"] if one["value"] == "order_placed"]
    assert order["label"] == "Bestellung"
    assert {one["value"]: one["type"] for one in order["properties"]} == {"value": "number", "currency": "text"}
    attributes = {one["value"]: one for one in kinds["attribute"]["parts"][0]["options"]}
    assert attributes["plan"]["choices"] == [{"value": "pro", "label": "Profi"}]
    assert "Tarif" in attributes["plan"]["label"]
    assert attributes["plan"]["label"] != "Tarif"  # and that it is sensitive
    assert attributes["hidden"]["type"] == "number"
    assert attributes["created_at"]["type"] == "instant"
    windows = [part for part in kinds["event"]["parts"] if part["part"] == "window"]
    assert windows[0]["since"] is True


def test_condition_description_is_json_of_the_subject(marketer):
    assert marketer.get(reverse("condition_description"), {"subject": "run"}).json()["run"] is True
    assert marketer.get(reverse("condition_description")).json()["run"] is False


def test_condition_field_renders_the_stored_condition_for_people_to_read(db):
    class Stored(forms.Form):
        condition = ConditionField(initial=GOOD)

    shown = str(Stored()["condition"])
    assert "data-builder" in shown
    assert "&quot;country&quot;" in shown
    assert shown.count("builder.js") == 1
    assert OneForm({"condition": json.dumps(GOOD)}).is_valid()


def test_read_condition_of_blanks_is_everybody():
    assert read_condition("  \n") == (None, [])


def test_contacts_are_found_by_a_condition_page_by_page(marketer):
    Contact.objects.bulk_create(Contact(country="DE", created_at=NOW, updated_at=NOW) for _ in range(60))
    Contact.objects.bulk_create(Contact(country="AT", created_at=NOW, updated_at=NOW) for _ in range(5))
    query = {"condition": '{"attribute": "country", "is": "DE"}'}
    first = marketer.get(reverse("contacts"), query)
    assert (len(first.context["rows"]), first.context["size"]) == (50, 60)
    following = marketer.get(reverse("contacts"), {**query, "before": first.context["following"]})
    assert len(following.context["rows"]) == 10
    assert "condition=" in first.content.decode().partition("/segments/new/?")[2][:30]


def test_contacts_of_a_wrong_condition_are_nobody_and_it_says_why(marketer):
    Contact.objects.create(country="DE", created_at=NOW, updated_at=NOW)
    answer = marketer.get(reverse("contacts"), {"condition": '{"attribute": "country", "is": {}}'})
    assert answer.context["rows"] == []
    assert "is: expected" in answer.content.decode()


def test_contacts_of_a_slow_condition_are_given_up(marketer, monkeypatch):
    monkeypatch.setattr("contacts.profiles.views.LIST_SECONDS", 0)
    answer = marketer.get(reverse("contacts"), {"condition": '{"attribute": "country", "is": "DE"}'})
    assert "takes too long" in answer.content.decode()
