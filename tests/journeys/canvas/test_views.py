"""The pages of the canvas: what they show, what they change, and what they say when somebody was faster."""

import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.forms import MultiWidget
from django.urls import reverse

from consent.limits.operations import create_holdout, end_holdout
from consent.models import Holdout
from journeys.canvas.drafts import draft_of, edit_draft
from journeys.models import Journey
from tests.flows.conftest import NOW, journey, names, world  # noqa: F401  a fixture

STEPS = [
    {"key": "look", "kind": "branch", "name": names("Where from?"), "branches": [{"key": "de", "name": names("German"), "when": {"attribute": "country", "is": "DE"}, "next": "wait"}], "otherwise": "done"},
    {"key": "wait", "kind": "wait", "name": names("Two hours"), "for": "2h"},
    {"key": "done", "kind": "end", "name": names("Done"), "outcome": "done"},
]  # fmt: skip
HX = {"HX-Request": "true"}


@pytest.fixture
def shop(world):  # noqa: F811
    return journey("shop", STEPS).journey


@pytest.fixture
def maja(db):
    return User.objects.create_user("maja", first_name="Maja", last_name="Lindner")


@pytest.fixture
def marketer(client, maja):
    client.force_login(maja)
    return client


def page(name, *args, **query):
    return reverse(name, args=args or ["shop"], query=query)


def token(shop):
    version = draft_of(shop) or shop.live_version
    return f"{version.pk}.{version.revision}"


def keys(shop):
    return [step["key"] for step in draft_of(shop).definition["steps"]]


def post(client, shop, name, /, query=None, **values):
    address = reverse(name, args=[shop.slug], query=query or {})
    return client.post(address, {"revision": token(shop), **values}, headers=HX)


def test_flow_shows_every_step_with_its_sentence_and_numbers(shop, marketer):
    said = marketer.get(page("journey")).content.decode()
    assert all(text in said for text in ("Where from?", "waits 2 hours", "arrived", "Enters when", "Check"))


def test_flow_says_how_many_people_are_held_out_of_it(shop, marketer, world):  # noqa: F811
    for n in range(3):
        world.person(f"p{n}")
    given = {"share": Decimal(1), "now": NOW}
    for slug, where, walks in (("all", "", True), ("mine", "shop", False), ("other", "cart", True), ("gone", "shop", True)):  # fmt: skip
        create_holdout(slug=slug, names=names(f"Group {slug}"), journey=where, walks=walks, **given)
    end_holdout(pk=Holdout.objects.get(slug="gone").pk)
    answer = marketer.get(page("journey"))
    assert answer.context["held_out"] == [
        {"name": "Group all", "members": 3, "walks": True, "everywhere": True},
        {"name": "Group mine", "members": 3, "walks": False, "everywhere": False},
    ]
    said = " ".join(answer.content.decode().split())
    assert "3 people, of all journeys: they go through and are measured, nothing is sent to them." in said
    assert "3 people: they do not enter." in said
    assert "Group other" not in said


def test_flow_with_people_shows_where_they_are(shop, marketer):
    assert "people are here now" in marketer.get(page("journey", people=1)).content.decode()


def test_flow_of_a_version_that_is_none_is_404(shop, marketer):
    assert marketer.get(page("journey", version=9)).status_code == 404
    assert marketer.get(page("journey", version=1)).status_code == 200


def test_pages_are_for_marketing_only(shop, client):
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(sales)
    for name in ("journey", "journey_edit", "journey_prose", "journey_numbers"):
        assert client.get(page(name)).status_code == 403
    assert client.post(page("journey_undo")).status_code == 403


def test_new_journey_has_an_end_and_opens_its_canvas(marketer, world):  # noqa: F811
    given = {"name_en": "Abandoned basket", "name_de": "Liegen gelassen", "phase": "purchase"}
    answer = marketer.post(reverse("journey_new"), given)
    assert answer.url == page("journey_edit", "abandoned-basket")
    made = Journey.objects.get(slug="abandoned-basket")
    assert (made.state, keys(made), made.owner.username) == ("draft", ["end"], "maja")
    assert marketer.get(answer.url).status_code == 200
    assert marketer.get(page("journey", "abandoned-basket")).url == answer.url
    assert marketer.get(reverse("journeys")).status_code == 200
    assert "short name" in marketer.post(reverse("journey_new"), {**given, "slug": "abandoned-basket"}).content.decode()


def test_add_puts_a_blank_step_in_and_opens_its_panel(shop, marketer):
    asked = marketer.get(page("journey_add", at="out:wait:next"), headers=HX).content.decode()
    assert 'value="send"' in asked
    answer = post(marketer, shop, "journey_add", at="out:wait:next", kind="send")
    assert keys(shop) == ["look", "wait", "send", "done"]
    said = answer.content.decode()
    assert 'data-step="send"' in said
    assert 'id="canvas-content"' in said
    assert json.loads(answer["HX-Trigger-After-Settle"])["canvas:changed"]["focus"] == "send"


@pytest.mark.parametrize("kind", ["wait", "branch", "split", "send", "update", "handover", "end"])
def test_every_blank_step_is_drawn_and_opened(shop, marketer, kind):
    assert post(marketer, shop, "journey_add", at="out:look:missing", kind=kind).status_code == 200
    assert marketer.get(page("journey_edit", step=kind)).status_code == 200
    assert marketer.get(page("journey_prose", draft=1)).status_code == 200


def test_add_without_javascript_goes_to_the_canvas(shop, marketer):
    address = page("journey_add")
    answer = marketer.post(address, {"revision": token(shop), "at": "into:look", "kind": "wait"})
    assert answer.url == f"{page('journey_edit')}?step=wait-2#step-wait-2"
    assert keys(shop)[0] == "wait-2"


def test_add_of_an_end_asks_before_it_cuts_off(shop, marketer):
    said = post(marketer, shop, "journey_add", at="into:look", kind="end").content.decode()
    assert all(name in said for name in ("Where from?", "Two hours", 'name="cut"'))
    assert draft_of(shop) is None
    post(marketer, shop, "journey_add", at="into:look", kind="end", cut="1")
    assert len(keys(shop)) == 1


@pytest.mark.parametrize(
    "given", [{"at": "nowhere", "kind": "wait"}, {"at": "into:look", "kind": "x"}, {"at": "", "kind": ""}]
)
def test_add_of_nonsense_is_refused(shop, marketer, given):
    assert post(marketer, shop, "journey_add", **given).status_code == 400


def test_change_without_saying_what_was_seen_is_refused(shop, marketer):
    assert marketer.post(page("journey_add"), {"at": "into:look", "kind": "wait"}).status_code == 400


def test_panel_saves_the_step(shop, marketer):
    assert (
        "Two hours"
        in marketer.get(page("journey_edit", step="wait"), headers={**HX, "HX-Target": "panel"}).content.decode()
    )
    form = marketer.get(page("journey_edit", step="wait")).context["panel"]["form"]
    given = {**values(form), "name_en": "Three hours"}
    answer = post(marketer, shop, "journey_panel", query={"step": "wait"}, **given)
    assert "Saved." in answer.content.decode()
    assert draft_of(shop).definition["steps"][1]["name"]["en"] == "Three hours"


def test_panel_with_errors_keeps_what_was_typed(shop, marketer):
    form = marketer.get(page("journey_edit", step="wait")).context["panel"]["form"]
    answer = post(
        marketer,
        shop,
        "journey_panel",
        query={"step": "wait"},
        **{**values(form), "name_en": "", "name_de": "Drei Stunden"},
    )
    assert "Drei Stunden" in answer.content.decode()
    assert draft_of(shop) is None


def test_input_95_panel_of_what_somebody_else_changed_shows_both(shop, marketer, maja):
    seen = token(shop)
    form = marketer.get(page("journey_edit", step="wait")).context["panel"]["form"]
    edit_draft(journey=shop, revision=0, what="“Two hours” changed", by=maja, now=NOW, change=renamed("Four hours"))
    given = {**values(form), "name_en": "Three hours", "revision": seen}
    answer = post(marketer, shop, "journey_panel", query={"step": "wait"}, **given)
    said = answer.content.decode()
    assert answer.status_code == 409
    assert all(
        text in said for text in ("Maja Lindner", "“Two hours” changed", "Three hours", "Four hours", "Take mine")
    )
    assert draft_of(shop).definition["steps"][1]["name"]["en"] == "Four hours"
    told = marketer.post(page("journey_panel", step="wait"), given, headers={"Accept": "application/json"})
    assert told.status_code == 409
    fields = {field["name"]: field for field in told.json()["fields"]}
    assert fields["name_en"] == {
        "name": "name_en", "label": "Name (English)", "mine": "Three hours", "theirs": "Four hours"
    }  # fmt: skip
    assert "for" not in fields
    assert told.json()["changes"][0]["by"] == "Maja Lindner"
    mine = post(
        marketer, shop, "journey_panel", query={"step": "wait"}, **{**given, "revision": told.json()["revision"]}
    )
    assert mine.status_code == 200
    assert draft_of(shop).definition["steps"][1]["name"]["en"] == "Three hours"


def test_panel_of_a_step_that_somebody_took_out_says_so(shop, marketer, maja):
    seen = token(shop)
    post(marketer, shop, "journey_delete", step="wait", how="keep:next")
    answer = post(marketer, shop, "journey_panel", query={"step": "wait"}, revision=seen, name_en="x")
    assert "not there any more" in answer.content.decode()


def test_input_95_change_of_the_flow_that_somebody_else_changed_is_409(shop, marketer, maja):
    seen = token(shop)
    edit_draft(journey=shop, revision=0, what="“Two hours” changed", by=maja, now=NOW, change=renamed("Four hours"))
    answer = post(marketer, shop, "journey_add", revision=seen, at="into:look", kind="wait")
    assert answer.status_code == 409
    assert "Maja Lindner" in answer.content.decode()
    assert answer["HX-Retarget"] == "#ask-body"
    assert keys(shop) == ["look", "wait", "done"]


def test_move_copy_connect_delete_undo_and_redo(shop, marketer):
    post(marketer, shop, "journey_move", step="wait", at="into:look")
    assert keys(shop) == ["wait", "look", "done"]
    post(marketer, shop, "journey_copy", step="wait")
    assert keys(shop) == ["wait", "wait-2", "look", "done"]
    post(marketer, shop, "journey_delete", step="look", how="branch")
    assert keys(shop) == ["wait", "wait-2", "done"]
    post(marketer, shop, "journey_undo")
    post(marketer, shop, "journey_undo")
    assert keys(shop) == ["wait", "look", "done"]
    post(marketer, shop, "journey_redo")
    assert keys(shop) == ["wait", "wait-2", "look", "done"]
    said = post(marketer, shop, "journey_connect", at="out:wait:next", step="look").content.decode()
    assert "Nobody would come" in said
    post(marketer, shop, "journey_connect", at="out:wait:next", step="look", cut="1")
    assert keys(shop) == ["wait", "look", "done"]


def test_refusal_is_said_in_the_language_of_the_page(shop, marketer):
    said = post(marketer, shop, "journey_connect", at="out:wait:next", step="look").content.decode()
    assert "That would be a circle" in said
    assert draft_of(shop) is None


def test_first_change_brings_the_head_with_publish_along(shop, marketer):
    assert 'id="journey-head"' in post(marketer, shop, "journey_add", at="into:look", kind="wait").content.decode()
    assert 'id="journey-head"' not in post(marketer, shop, "journey_add", at="into:look", kind="wait").content.decode()


def test_delete_lists_what_goes(shop, marketer):
    said = marketer.get(page("journey_delete", step="look"), headers=HX).content.decode()
    assert all(text in said for text in ("German", "with its whole branch", "Two hours"))


def test_places_are_said_in_words(shop, marketer):
    said = marketer.get(page("journey_move", step="wait"), headers=HX).content.decode()
    assert "at the start, before “Where from?”" in said
    assert "on the way “German”" in said


def test_discard_throws_the_draft_away(shop, marketer):
    post(marketer, shop, "journey_add", at="into:look", kind="wait")
    assert "Throw" in marketer.get(page("journey_discard")).content.decode()
    marketer.post(page("journey_discard"), {"revision": token(shop)})
    assert draft_of(shop) is None


def test_numbers_are_those_of_the_live_version(shop, marketer):
    found = marketer.get(page("journey_numbers")).json()["steps"]
    assert set(found) == {"look", "wait", "done"}
    assert found["wait"][0] == ["arrived", 0]


def test_prose_tells_the_journey_in_both_languages(shop, marketer):
    said = marketer.get(page("journey_prose")).content.decode()
    assert all(text in said for text in ("Who comes in", "1a.1", "waits 2 hours", "When people leave"))
    german = marketer.get(page("journey_prose", language="de")).content.decode()
    assert "wartet 2 Stunden" in german


def test_change_of_200_steps_takes_a_fixed_number_of_queries(shop, marketer, django_assert_max_num_queries):
    long = [{"key": f"w{n}", "kind": "wait", "name": names(f"W{n}"), "for": "1h"} for n in range(197)]
    edit_draft(
        journey=shop,
        revision=None,
        what="",
        by=None,
        now=NOW,
        change=lambda d: {**d, "steps": [*long, *d["steps"][1:]]},
    )
    with django_assert_max_num_queries(34):
        post(marketer, shop, "journey_add", at="into:w7", kind="wait")
    assert len(keys(shop)) == 200


def renamed(name):
    def change(definition):
        definition["steps"][1]["name"]["en"] = name
        return definition

    return change


def values(form):
    """What the browser would send of a form as it stands."""
    given = {}
    for name in form.fields:
        value, widget = form[name].value(), form.fields[name].widget
        if isinstance(widget, MultiWidget):
            parts = value if isinstance(value, list) else widget.decompress(value)
            names_ = [f"{name}{suffix}" for suffix in widget.widgets_names]
            given |= {one: part for one, part in zip(names_, parts, strict=True) if part is not None}
        elif value not in (None, False):
            given[name] = json.dumps(value) if isinstance(value, dict) else value
    return given
