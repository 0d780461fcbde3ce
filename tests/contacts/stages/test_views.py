"""What a marketer does with stages: make, order, delete, move one person by hand and say why."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.urls import reverse

from contacts.models import Contact, Segment, Stage, StageChange
from orchestrator.tick import loop
from tests.contacts.segments.test_views import form_of, texts
from tests.contacts.stages.test_operations import NOW, stage

EVERYBODY = {"attribute": "created_at", "is_set": True}
GERMAN = {"attribute": "country", "is": "DE"}


@pytest.fixture
def page(client, db):
    client.force_login(User.objects.create_user("maja", first_name="Maja", last_name="Lindner"))
    with time_machine.travel(NOW, tick=False):
        yield client


@pytest.fixture
def anna(db):
    return Contact.objects.create(external_id="anna", country="DE", created_at=NOW, updated_at=NOW)


def given(**more):
    found = {"name_en": "New", "name_de": "Neu", "phase": "purchase", "condition": json.dumps(GERMAN), "leave": ""}
    return found | {"goals_en": "Second order\n Review ", "goals_de": "Zweite Bestellung", "sure": "yes"} | more


def positions():
    return [(one.slug, one.position) for one in Stage.objects.order_by("position")]


def test_stage_new_comes_last_and_is_judged_by_the_next_tick(page, anna):
    stage("lead", {"attribute": "country", "is": "AT"}, 7)
    page.post(reverse("stage_new"), given())
    assert positions() == [("lead", 7), ("new", 8)]
    assert Stage.objects.get(slug="new").goals == ["Second order", "Review"]
    loop.beat(now=NOW + timedelta(seconds=5))
    answer = page.get(reverse("stages"))
    row = answer.context["rows"][1]
    assert (row["people"], row["came"], row["went"], row["computing"]) == (1, 1, 0, False)
    assert "Second order" in answer.content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"condition": "", "leave": json.dumps(GERMAN)}, "leave"),
        ({"phase": "x"}, "phase"),
        ({"leave": "{}"}, "leave"),
        ({"name_de": ""}, "name_de"),
    ],
)
def test_stage_new_with_something_wrong_names_the_field(page, wrong, field):
    answer = page.post(reverse("stage_new"), given(**wrong))
    assert field in answer.context["form"].errors
    assert not Stage.objects.exists()


def test_stage_move_changes_places_and_judges_everybody_anew(page, anna):
    stage("a", EVERYBODY, 1)
    stage("b", GERMAN, 2)
    stage("c", None, 5)
    loop.beat(now=NOW)
    page.post(reverse("stage_move", args=["b"]), {"up": "yes"})
    assert positions() == [("b", 1), ("a", 2), ("c", 5)]
    loop.beat(now=NOW + timedelta(seconds=5))
    assert [change.to_stage.slug for change in StageChange.objects.order_by("id")] == ["a", "b"]
    page.post(reverse("stage_move", args=["b"]), {"up": "yes"})
    page.post(reverse("stage_move", args=["c"]), {"down": "yes"})
    page.post(reverse("stage_move", args=["b"]), {"down": "yes"})
    page.post(reverse("stage_move", args=["b"]), {"down": "yes"})
    assert positions() == [("a", 1), ("c", 2), ("b", 5)]
    assert page.get(reverse("stage_move", args=["b"])).status_code == 405


def test_stage_delete_with_people_or_uses_is_refused(page, anna):
    stage("lead", EVERYBODY, 1)
    stage("named", None, 2)
    Segment.objects.create(slug="s", name_en="Leads", name_de="L", condition={"stage": "named"})
    loop.beat(now=NOW)
    assert texts(page.post(reverse("stage_delete", args=["lead"]), follow=True)) == [
        "“lead” cannot be deleted: 1 people are in it."
    ]
    assert "segment “Leads”" in texts(page.post(reverse("stage_delete", args=["named"]), follow=True))[0]
    Segment.objects.all().delete()
    page.post(reverse("stage_delete", args=["named"]))
    assert positions() == [("lead", 1)]


def test_stage_edit_of_a_rule_is_refused_when_somebody_else_was_faster(page):
    stage("lead", EVERYBODY, 1)
    url = reverse("stage_edit", args=["lead"])
    fields = given() | {"loaded": form_of(page, url)["loaded"]}
    page.post(url, fields | {"leave": json.dumps({"attribute": "country", "is": "AT"})})
    answer = page.post(url, fields)
    assert "leave when: country is “AT”" in answer.content.decode().replace("country is AT", "country is “AT”")


def test_contact_stage_by_hand_is_kept_with_who_and_why(page, anna):
    stage("lead", EVERYBODY, 2)
    stage("sql", None, 1)
    loop.beat(now=NOW)
    answer = page.post(
        reverse("contact_stage", args=[anna.pk]), {"stage": "sql", "why": "asked <b>by phone</b>"}, follow=True
    )
    html = answer.content.decode()
    assert texts(answer) == ["Now in stage “sql”."]
    assert "Maja Lindner · asked &lt;b&gt;by phone" in html
    assert "by its rule" in html
    loop.beat(now=NOW + timedelta(minutes=1))
    anna.refresh_from_db()
    assert anna.stage.slug == "sql"


@pytest.mark.parametrize(
    "fields",
    [{"stage": "sql", "why": " "}, {"stage": "none", "why": "x"}, {"why": "x"}, {"stage": "sql", "why": "x" * 501}],
)
def test_contact_stage_without_stage_or_reason_moves_nobody(page, anna, fields):
    stage("sql", None, 1)
    answer = page.post(reverse("contact_stage", args=[anna.pk]), fields, follow=True)
    assert texts(answer) == ["Nobody was moved: say which stage, and why."]
    assert not StageChange.objects.exists()


def test_contact_stage_of_nobody_or_by_sales_is_refused(client, page, anna):
    stage("sql", None, 1)
    assert page.post(reverse("contact_stage", args=[10**30]), {"stage": "sql", "why": "x"}).status_code == 404
    assert page.post(reverse("contact_stage", args=[anna.pk + 1]), {"stage": "sql", "why": "x"}).status_code == 404
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.create(name="Sales"))
    client.force_login(sales)
    assert client.post(reverse("contact_stage", args=[anna.pk]), {"stage": "sql", "why": "x"}).status_code == 403
    assert "Change the stage" not in client.get(reverse("contact", args=[anna.pk])).content.decode()
