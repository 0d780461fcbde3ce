"""The page of one decision: values, rules, what else was decided then, and what would change it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User

from consent.models import Limit, Record
from orchestrator.models import Verdict
from reporting.explain.decision import decision_page
from reporting.explain.queries import one_contact
from tests.flows.conftest import journey

MAIL = [
    {"key": "mail", "kind": "send", "block": "hello"},
    {"key": "rest", "kind": "wait", "for": "30d"},
    {"key": "end", "kind": "end"},
]


@pytest.fixture
def anna(world):
    """Anna, whom two journeys wanted to write to when there was one place."""
    Limit.objects.create(
        slug="one", channel="email", most=1, window=timedelta(days=7), name_en="One a week", name_de="1"
    )
    for slug, priority in (("low", 10), ("high", 20)):
        journey(slug, [dict(step) for step in MAIL], priority=priority)
    anna = world.person("anna")
    world.does(anna, "cart_updated")
    world.pulse()
    return anna


def verdict(slug):
    return Verdict.objects.get(touch__journey__slug=slug)


def page(contact, slug, insider=True):
    return decision_page(one_contact(contact.pk), verdict(slug).pk, insider=insider)


def test_decision_page_of_the_loser_names_winner_limit_and_what_would_change_it(anna):
    found = page(anna, "low")
    assert (found["outcome"], found["again"]) == ("held", True)
    (change,) = found["changes"]
    assert change == "if no journey with a higher score had taken the place; the next one is free from 25 Nov 11:00 on"
    (rival,) = found["rivals"]
    assert (rival.journey, rival.outcome, rival.score) == ("high", "approved", "20.0")
    bases = {one.name: one.text for one in found["bases"]}
    assert bases["Journey"] == "“low”, version 1"
    assert bases["Limit"] == "“One a week”: 1 of 1 used"


def test_decision_page_names_the_record_that_the_consent_stood_on(anna):
    record = Record.objects.get(contact=anna, purpose__slug="email_marketing")
    assert verdict("high").gates["consent"]["record"] == record.pk
    basis = next(one for one in page(anna, "high")["bases"] if one.name == "Purpose")
    assert basis.text == f"“E-mail marketing” · granted · test · record {record.pk}"
    assert basis.at == record.at


def test_decision_page_of_what_was_approved_says_what_would_have_stopped_it(anna):
    found = page(anna, "high")
    assert found["again"] is True
    assert found["changes"] == [
        "it would be held back if the person withdrew “E-mail marketing”, or if one of the limits were used up"
    ]


def test_decision_page_for_sales_has_no_scores_and_no_record_numbers(anna):
    found = page(anna, "low", insider=False)
    assert [rival.score for rival in found["rivals"]] == [""]
    assert not any("record" in one.text for one in found["bases"])
    assert "Order among journeys" not in {gate.name for gate in found["gates"]}


def test_decision_page_of_somebody_elses_decision_is_none(world, anna):
    ben = world.person("ben")
    assert decision_page(one_contact(ben.pk), verdict("low").pk, insider=True) is None


def test_decision_view_opens_for_everybody_and_is_linked(client, anna, django_assert_max_num_queries):
    url = f"/contacts/{anna.pk}/decisions/{verdict('low').pk}/"
    assert client.get(url).status_code == 302
    client.force_login(User.objects.create_user("maja"))
    for other in (f"/contacts/{anna.pk}/?show=decisions", f"/contacts/{anna.pk}/why/low/"):
        assert url in client.get(other).content.decode()
    with django_assert_max_num_queries(30):
        html = client.get(url).content.decode()
    assert "Calculated again from these values: the same decision." in html
    assert "score 20" in html
    sales = User.objects.create_user("sam")
    sales.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(sales)
    assert "score 20" not in client.get(url).content.decode()
    for wrong in (
        f"/contacts/{anna.pk}/decisions/0/",
        f"/contacts/{anna.pk}/decisions/{10**30}/",
        f"/contacts/0/decisions/{verdict('low').pk}/",
    ):
        assert client.get(wrong).status_code == 404
