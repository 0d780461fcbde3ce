"""Does a rule hold for a person: leaf by leaf, with value and since when."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from contacts.models import Contact, Segment
from reporting.explain.conditions import askable_rules, explained_rule

pytestmark = pytest.mark.usefixtures("scene")


@pytest.fixture
def anna(now):
    return Contact.objects.create(first_name="Anna", country="CH", created_at=now, updated_at=now)


@pytest.fixture
def marketer(client):
    client.force_login(User.objects.get(username="maja"))
    return client


def test_askable_rules_lists_segments_signals_stages_and_goals():
    kinds = [{rule.key.partition(":")[0] for rule in group.rules} for group in askable_rules()]
    assert kinds == [{"segment"}, {"signal"}, {"stage"}, {"goal"}]


def test_explained_rule_says_each_leaf(anna, now):
    found = explained_rule(anna.pk, "segment:swiss-customers", now=now)
    country, order = found["tree"]["parts"]
    assert (country["truth"], country["value"]) == (True, "CH")
    assert order["truth"] is False
    assert found["tree"]["truth"] is False


def test_explained_rule_of_an_unknown_rule_is_none(anna, now):
    assert explained_rule(anna.pk, "segment:nobody", now=now) is None


def test_contact_rule_is_a_page_and_a_fragment(marketer, anna):
    address = reverse("contact_rule", args=[anna.pk])
    page = marketer.get(address, {"rule": "segment:swiss-customers"}).content.decode()
    assert "<html" in page
    assert "is: CH" in page
    answer = marketer.get(address, {"rule": "segment:swiss-customers"}, headers={"HX-Request": "true"})
    assert answer.content.decode().strip().startswith('<div id="rule-answer">')


def test_contact_rule_says_unknown_where_nobody_knows(marketer, anna):
    Segment.objects.create(slug="rich", name_en="Rich", name_de="Reich", condition={"attribute": "wealth", "gte": 5})
    answer = marketer.get(reverse("contact_rule", args=[anna.pk]), {"rule": "segment:rich"})
    assert "unknown" in answer.content.decode()


@pytest.mark.parametrize("rule", ["", "segment:nobody", "nothing", "goal:\0"])
def test_contact_rule_of_nonsense_is_not_found(marketer, anna, rule):
    assert marketer.get(reverse("contact_rule", args=[anna.pk]), {"rule": rule}).status_code == 404


def test_contact_page_asks_which_rule(marketer, anna):
    page = marketer.get(reverse("contact", args=[anna.pk])).content.decode()
    assert 'value="goal:loyalty"' in page
