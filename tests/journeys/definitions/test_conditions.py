"""The conditions of a journey: listed, changed in a draft, published after the check."""

import json

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from journeys.definitions.conditions import NoSuchPlace, draft_of, places, put_condition
from journeys.models import Journey
from tests.flows.conftest import NOW, journey, names, world  # noqa: F401  a fixture

GOAL = {"event": "order_placed", "since": "entry"}
STEPS = [
    {"key": "look", "kind": "branch", "branches": [{"key": "de", "name": names("German"), "when": {"attribute": "country", "is": "DE"}, "next": "done"}]},
    {"key": "until", "kind": "wait", "until": {"event": "cart_updated", "since": "step"}, "at_most": "3d"},
    {"key": "done", "kind": "end", "outcome": "done"},
]  # fmt: skip


@pytest.fixture
def shop(world):  # noqa: F811
    version = journey("shop", STEPS, goal={"name": names("Order"), "when": GOAL}, exit=[{"when": {"signal": "cart"}}])
    return version.journey


@pytest.fixture
def marketer(client, db):
    client.force_login(User.objects.create_user("maja"))
    return client


def page(name, slug="shop", **query):
    return reverse(name, args=[slug], query=query)


def test_places_walks_over_every_condition_with_its_path(shop):
    found = {one.key: one for one in places(shop.live_version.definition)}
    assert list(found) == ["entry.when", "goal.when", "exit[0].when", "steps[0].branches[0].when", "steps[1].until"]
    assert [one.run for one in found.values()] == [False, True, True, True, True]
    assert [one.needed for one in found.values()] == [False, True, True, True, True]
    assert found["goal.when"].condition == GOAL


def test_put_condition_makes_a_draft_and_leaves_the_live_version(shop):
    put_condition(journey=shop, key="steps[1].until", condition={"stage": "x"}, now=NOW)
    put_condition(journey=shop, key="entry.when", condition={"attribute": "country", "is": "AT"}, now=NOW)
    draft = draft_of(shop)
    assert draft.definition["steps"][1]["until"] == {"stage": "x"}
    assert draft.definition["entry"]["when"] == {"attribute": "country", "is": "AT"}
    shop.refresh_from_db()
    assert shop.live_version.number == 1
    assert shop.live_version.definition["steps"][1]["until"] == STEPS[1]["until"]


def test_put_condition_of_nothing_takes_the_filter_of_the_entry_away(shop):
    put_condition(journey=shop, key="entry.when", condition={"attribute": "country", "is": "AT"}, now=NOW)
    put_condition(journey=shop, key="entry.when", condition=None, now=NOW)
    assert "when" not in draft_of(shop).definition["entry"]


@pytest.mark.parametrize("key", ["goal", "steps[9].until", "", "slug", "steps[0].branches[0].when"])
def test_put_condition_refuses_a_place_that_is_none_or_needs_one(shop, key):
    with pytest.raises(NoSuchPlace):
        put_condition(journey=shop, key=key, condition=None, now=NOW)
    assert draft_of(shop) is None


def test_journey_conditions_shows_sentences_and_what_the_draft_changes(shop, marketer):
    put_condition(journey=shop, key="goal.when", condition={"stage": "happy"}, now=NOW)
    rows = marketer.get(page("journey_conditions")).context["rows"]
    assert [row["place"].key for row in rows if row["changed"]] == ["goal.when"]
    assert "happy" in rows[1]["sentence"]


def test_journey_condition_saves_a_draft_and_publish_makes_it_live(shop, marketer):
    address = page("journey_condition", place="goal.when")
    assert 'subject=run"' in marketer.get(address).content.decode()
    saved = marketer.post(address, {"condition": json.dumps({"event": "order_placed", "since": "step"})})
    assert saved.url == page("journey_conditions")
    answer = marketer.post(page("journey_publish"), follow=True)
    assert "Version 2 is live" in answer.content.decode()
    live = Journey.objects.get(slug="shop").live_version
    assert (live.number, live.definition["goal"]["when"]) == (2, {"event": "order_placed", "since": "step"})
    assert draft_of(shop) is None


def test_journey_condition_keeps_what_was_typed_when_it_is_wrong(shop, marketer):
    typed = '{"event": "order_placed", "count": {"gte": "three"}}'
    answer = marketer.post(page("journey_condition", place="goal.when"), {"condition": typed})
    assert answer.status_code == 200
    assert "count.gte" in answer.content.decode()
    assert "three" in answer.context["form"]["condition"].value()
    assert draft_of(shop) is None


def test_journey_condition_of_the_entry_is_about_people_and_may_be_empty(shop, marketer):
    address = page("journey_condition", place="entry.when")
    assert 'subject=contact"' in marketer.get(address).content.decode()
    assert marketer.post(address, {"condition": ""}).status_code == 302


def test_journey_condition_of_an_unknown_place_is_not_found(shop, marketer):
    assert marketer.get(page("journey_condition", place="steps[7].until")).status_code == 404
    assert marketer.get(page("journey_condition")).status_code == 404


def test_journey_publish_of_a_draft_with_errors_says_them(shop, marketer):
    draft = put_condition(journey=shop, key="goal.when", condition={"stage": "happy"}, now=NOW)
    draft.definition["entry"]["signal"] = "gone"
    draft.save(update_fields=["definition"])
    said = marketer.post(page("journey_publish"), follow=True).content.decode()
    assert "entry.signal: there is no" in said
    assert Journey.objects.get(slug="shop").live_version.number == 1


def test_journey_publish_without_a_draft_says_so(shop, marketer):
    assert "no draft" in marketer.post(page("journey_publish"), follow=True).content.decode()


def test_journey_discard_throws_the_draft_away(shop, marketer):
    put_condition(journey=shop, key="goal.when", condition={"stage": "happy"}, now=NOW)
    marketer.post(page("journey_discard"))
    assert draft_of(shop) is None
