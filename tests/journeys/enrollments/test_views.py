"""The page by which people are put into a journey and taken out of it."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from journeys.models import Journey
from orchestrator.kernel.access import SALES_GROUP
from orchestrator.tick import loop
from tests.flows.conftest import world  # noqa: F401
from tests.journeys.enrollments.test_entry_kinds import entering, runs


@pytest.fixture
def page(world, client, django_user_model):  # noqa: F811
    maria = django_user_model.objects.create_user("maria")
    client.force_login(maria)
    world.journey = entering(event="order_placed")
    world.anna, world.ben = world.person("anna"), world.person("ben")
    return client


def post(page, door, **data):
    return page.post(reverse(f"journey_{door}", args=["j"]), data, follow=True)


def said(answer):
    return [str(one) for one in answer.context["messages"]]


def test_people_are_put_in_by_address_and_id_and_taken_out_again(page, world):  # noqa: F811
    assert page.get(reverse("journey_people", args=["j"]), {"contact": world.anna.pk}).status_code == 200
    answer = post(page, "put_in", people=f" ANNA@people.example\n{world.ben.pk}\nben\n")
    assert said(answer) == ["2 people are let in in a moment, unless the rules of the entry speak against it."]
    assert loop.pulse(now=timezone.now()).entered == {"": 2}
    assert said(post(page, "take_out", people="anna")) == ["1 run is ended."]
    assert said(post(page, "take_out", people="anna")) == ["None of them was in this journey."]
    assert [run.reason for one in (world.anna, world.ben) for run in runs(one)] == ["stopped", ""]


def test_unknown_people_are_named_and_nobody_is_put_in(page, world):  # noqa: F811
    answer = post(page, "put_in", people="anna\nzoe@x.example")
    assert answer.context["form"].errors["people"] == ["Nobody is called zoe@x.example."]
    assert post(page, "put_in", people="\n".join(f"p{n}" for n in range(201))).context["form"].errors
    assert loop.pulse(now=timezone.now()).entered == {}


def test_journey_that_is_not_live_takes_in_nobody(page, world):  # noqa: F811
    Journey.objects.update(state="paused")
    assert said(post(page, "put_in", people="anna")) == ["This journey takes in nobody now: it is not live."]


def test_sales_may_not(page, world, client, django_user_model):  # noqa: F811
    sam = django_user_model.objects.create_user("sam")
    sam.groups.add(Group.objects.get_or_create(name=SALES_GROUP)[0])
    client.force_login(sam)
    assert post(page, "put_in", people="anna").status_code == 403
    assert page.get(reverse("journey_put_in", args=["j"])).status_code in (403, 405)
