"""The draft of a journey: changed in one way only, undone, done again, and refused where somebody was faster."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from journeys.canvas.drafts import Conflict, NothingToEdit, draft_of, edit_draft, neighbours, redo, start_journey, undo
from journeys.definitions.operations import publish_version
from journeys.models import Edit, Journey
from tests.flows.conftest import NOW, journey, names, world  # noqa: F401  a fixture

STEPS = [{"key": "done", "kind": "end", "outcome": "done"}]


@pytest.fixture
def shop(world):  # noqa: F811
    return journey("shop", STEPS).journey


@pytest.fixture
def maja(db):
    return User.objects.create_user("maja", first_name="Maja", last_name="Lindner")


def put(journey, value, *, revision=None, by=None, at=NOW, **more):
    """Change the priority."""
    return edit_draft(
        journey=journey, revision=revision, what=f"Priority {value}", by=by, now=at, change=lambda d: {**d, "priority": value}, **more
    )  # fmt: skip


def priority(journey):
    return draft_of(journey).definition["priority"]


def test_edit_draft_makes_a_draft_of_the_live_version_and_keeps_the_change(shop, maja):
    draft = put(shop, 5, revision=0, by=maja)
    assert (draft.number, draft.revision, draft.published_at) == (2, 1, None)
    assert priority(shop) == 5
    assert "priority" not in shop.live_version.definition
    before, after = Edit.objects.order_by("number")
    assert (before.number, before.what, after.number, after.what, after.by, after.at) == (
        0,
        "",
        1,
        "Priority 5",
        maja,
        NOW,
    )
    assert after.definition == draft.definition


def test_edit_draft_with_the_same_definition_writes_nothing(shop):
    assert edit_draft(journey=shop, revision=0, what="", by=None, now=NOW, change=lambda d: d) == shop.live_version
    assert not Edit.objects.exists()


def test_edit_draft_when_the_change_fails_writes_nothing(shop):
    with pytest.raises(ZeroDivisionError):
        edit_draft(journey=shop, revision=0, what="", by=None, now=NOW, change=lambda d: 1 / 0)
    assert draft_of(shop) is None


def test_edit_draft_of_what_somebody_else_changed_says_who_when_and_what(shop, maja):
    put(shop, 5, revision=0)
    put(shop, 6, revision=1, by=maja, at=NOW + timedelta(minutes=1))
    with pytest.raises(Conflict) as refused:
        put(shop, 7, revision=1)
    assert priority(shop) == 6
    (theirs,) = refused.value.theirs
    assert (theirs.by, theirs.at, theirs.what) == ("Maja Lindner", NOW + timedelta(minutes=1), "Priority 6")
    assert refused.value.base["priority"] == 5
    assert refused.value.version.revision == 2


def test_edit_draft_of_a_live_version_that_has_a_draft_by_now_is_refused(shop, maja):
    live = shop.live_version
    put(shop, 5, revision=0, version_id=live.pk, by=maja)
    with pytest.raises(Conflict) as refused:
        put(shop, 6, revision=0, version_id=live.pk)
    assert [one.what for one in refused.value.theirs] == ["Priority 5"]
    assert refused.value.base == live.definition


def test_edit_draft_of_a_draft_that_was_published_meanwhile_is_refused(shop, maja):
    draft = put(shop, 5, revision=0)
    publish_version(version=draft, now=NOW)
    with pytest.raises(Conflict) as refused:
        put(shop, 6, revision=1, version_id=draft.pk - 1)
    assert refused.value.version == draft
    shop.refresh_from_db()
    assert put(shop, 6, revision=1, version_id=draft.pk).revision == 2  # the page showed the published one


def test_undo_and_redo_go_along_the_changes(shop):
    for value in (5, 6, 7):
        put(shop, value)
    assert undo(journey=shop, revision=3).revision == 2
    assert undo(journey=shop).definition["priority"] == 5
    assert "priority" not in undo(journey=shop).definition
    assert undo(journey=shop) is None
    assert [redo(journey=shop).definition["priority"] for _ in range(3)] == [5, 6, 7]
    assert redo(journey=shop) is None


def test_edit_draft_after_undo_drops_what_was_undone_and_uses_no_number_again(shop):
    for value in (5, 6, 7):
        put(shop, value)
    undo(journey=shop)
    undo(journey=shop)
    draft = put(shop, 8)
    assert draft.revision == 4  # whoever still sees 2 or 3 is refused
    assert redo(journey=shop) is None
    with pytest.raises(Conflict):
        put(shop, 9, revision=3)
    assert undo(journey=shop).definition["priority"] == 5


def test_undo_of_what_is_not_the_newest_is_refused(shop):
    put(shop, 5)
    put(shop, 6)
    with pytest.raises(Conflict):
        undo(journey=shop, revision=1)
    assert priority(shop) == 6


def test_neighbours_name_what_undo_and_redo_would_do(shop):
    put(shop, 5)
    put(shop, 6)
    undo(journey=shop)
    back, forth = neighbours(draft_of(shop))
    assert (back.what, forth.what) == ("Priority 5", "Priority 6")
    undo(journey=shop)
    back, forth = neighbours(draft_of(shop))
    assert (back, forth.what) == (None, "Priority 5")


def test_edit_draft_of_a_journey_that_was_never_published_names_it(world, maja):  # noqa: F811
    definition = {"slug": "new", "name": names("New"), "phase": "purchase", "entry": {}, "steps": STEPS}
    made = start_journey(definition=definition, by=maja, now=NOW)
    edit_draft(
        journey=made.journey, revision=0, what="", by=maja, now=NOW, change=lambda d: {**d, "name": names("Newer")}
    )
    found = Journey.objects.get(slug="new")
    assert (found.name_en, found.state, found.owner, found.live_version) == ("Newer", "draft", maja, None)


def test_edit_draft_of_nothing_is_refused(world):  # noqa: F811
    empty = Journey.objects.create(slug="empty", name_en="E", name_de="E", phase="purchase", created_at=NOW)
    with pytest.raises(NothingToEdit):
        put(empty, 5)
