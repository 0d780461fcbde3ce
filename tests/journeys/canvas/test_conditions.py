"""The conditions of a journey in one list, each with the way to its panel."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from journeys.canvas.conditions import places
from journeys.canvas.drafts import edit_draft
from tests.flows.conftest import NOW, journey, names, world  # noqa: F401  a fixture

GOAL = {"event": "order_placed", "since": "entry"}
STEPS = [
    {"key": "look", "kind": "branch", "branches": [{"key": "de", "name": names("German"), "when": {"attribute": "country", "is": "DE"}, "next": "done"}]},
    {"key": "until", "kind": "wait", "until": {"event": "cart_updated", "since": "step"}, "at_most": "3d"},
    {"key": "done", "kind": "end", "outcome": "done"},
]  # fmt: skip


@pytest.fixture
def shop(world):  # noqa: F811
    goal = {"name": names("Order"), "when": GOAL}
    return journey("shop", STEPS, goal=goal, exit=[{"when": {"signal": "cart"}}]).journey


def test_places_walks_over_every_condition_with_its_path(shop):
    found = {one.key: one.at for one in places(shop.live_version.definition)}
    assert found == {
        "entry.when": "part=entry", "goal.when": "part=goal", "exit[0].when": "part=exit",
        "steps[0].branches[0].when": "step=look", "steps[1].until": "step=until",
    }  # fmt: skip


def test_places_of_an_unfinished_draft_is_what_there_is():
    unfinished = {"key": "b", "kind": "branch", "name": {}, "branches": [{"key": "yes", "name": {}}]}
    assert [one.key for one in places({"entry": {}, "steps": [unfinished]})] == ["entry.when"]


def test_journey_conditions_shows_sentences_and_what_the_draft_changes(shop, client):
    def change(definition):
        definition["goal"]["when"] = {"stage": "happy"}
        return definition

    edit_draft(journey=shop, revision=0, what="", by=None, now=NOW, change=change)
    client.force_login(User.objects.create_user("maja"))
    rows = client.get(reverse("journey_conditions", args=["shop"])).context["rows"]
    assert [row["place"].key for row in rows if row["changed"]] == ["goal.when"]
    assert "happy" in rows[1]["sentence"]
