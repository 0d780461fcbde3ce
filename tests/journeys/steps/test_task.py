"""The step that gives sales or service a task: what it does to people, how it says it, what is wrong with it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from consent.limits.models import Holdout, HoldoutMember
from contacts.models import Task
from contacts.tasks.operations import close_task
from journeys.definitions.operations import InvalidDefinition
from journeys.steps.registry import kind_of
from orchestrator.channels.task_texts import write_task_texts
from tests.flows.conftest import NOW, journey, world  # noqa: F401

CALL = {
    "key": "call",
    "kind": "task",
    "team": "sales",
    "title": "Call {{ contact.first_name }} about {{ run.key }}",
    "due": "1d",
}
END = {"key": "end", "kind": "end"}
WAIT = {
    "key": "wait",
    "kind": "wait",
    "until": {"event": "task_done", "since": "entry", "where": [{"property": "outcome", "is": "successful"}]},
    "at_most": "3d",
    "next": "won",
    "timeout": "end",
}


def come(world, *names, **more):  # noqa: F811
    people = [world.person(name, **more) for name in names]
    for person in people:
        world.does(person, "cart_updated")
    world.pulse()
    return people


def test_task_is_opened_and_what_came_of_it_moves_the_person_on(world):  # noqa: F811
    journey("j", [{**CALL, "owner": "sam"}, WAIT, {"key": "won", "kind": "wait", "for": "9d", "next": "end"}, END])
    sam = User.objects.create_user("sam")
    anna, ben = come(world, "anna", "ben")
    assert (world.at(anna), world.at(ben)) == ("wait", "wait")
    write_task_texts(now=lambda: world.now)
    task = Task.objects.get(contact=anna)
    assert (task.title, task.due_at, task.owner, task.journey_slug, task.step_key) == (
        "Call Anna about", NOW + timedelta(days=1), sam, "j", "call",
    )  # fmt: skip
    world.later(minutes=1)
    close_task(task_id=task.pk, state="done", outcome="successful", by="Sam", now=world.now)
    other = Task.objects.get(contact=ben)
    close_task(task_id=other.pk, state="declined", outcome="no_time", by="Sam", now=world.now)
    world.pulse()
    assert (world.at(anna), world.at(ben)) == ("won", "wait")
    world.adds_up()


def test_people_who_are_held_out_get_no_task(world):  # noqa: F811
    arms = [{"name": "holdout", "weight": 100_000_000, "holdout": True}, {"name": "a", "weight": 1}]
    journey(
        "split", [{"key": "s", "kind": "split", "arms": arms}, CALL, {"key": "w", "kind": "wait", "for": "1d"}, END]
    )
    (anna,) = come(world, "anna")
    assert world.run(anna).arm == "holdout"
    assert not Task.objects.exists()


def test_people_of_a_group_that_walks_along_get_no_task(world):  # noqa: F811
    group = Holdout.objects.create(slug="g", name_en="G", name_de="G", buckets=0, salt="g", walks=True, created_at=NOW)
    journey("j", [CALL, {"key": "w", "kind": "wait", "for": "1d"}, END])
    anna, ben = world.person("anna"), world.person("ben")
    HoldoutMember.objects.create(holdout=group, contact=anna, since=NOW)
    for person in (anna, ben):
        world.does(person, "cart_updated")
    world.pulse()
    assert world.at(anna) == "w"
    assert [task.contact for task in Task.objects.all()] == [ben]


@pytest.mark.parametrize(
    ("settings", "en", "de"),
    [
        (CALL | {"title": "Call"}, "gives Sales the task “Call”, due within 1 day", "gibt dem Team Vertrieb die Aufgabe „Call“, fällig innerhalb von 1 Tag"),
        ({"team": "service", "title": "Ask", "owner": "last"}, "gives Service the task “Ask”, due within 2 days, for whoever dealt with the person last",
         "gibt dem Team Service die Aufgabe „Ask“, fällig innerhalb von 2 Tagen, für die zuletzt zuständige Person"),
        ({"owner": "sam", "title": "Ask"}, "gives Sales the task “Ask”, due within 2 days, for sam", "gibt dem Team Vertrieb die Aufgabe „Ask“, fällig innerhalb von 2 Tagen, für sam"),
    ],
)  # fmt: skip
def test_task_says_itself(settings, en, de):
    assert kind_of("task").say(settings, "en") == en
    assert kind_of("task").say(settings, "de") == de


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"team": "board"}, 'team: expected one of sales, service, got "board"'),
        ({"title": " "}, "title: expected a text"),
        ({"title": "x" * 501}, "title: expected up to 500 characters, got 501"),
        ({"text": 7}, "text: expected a text, got 7"),
        ({"due": "soon"}, "due: "),
        ({"title": "{{ contact.first_name"}, "title: "),
        ({"colour": "red"}, "colour: unknown"),
    ],
)
def test_task_with_something_wrong_is_refused(world, change, words):  # noqa: F811
    with pytest.raises(InvalidDefinition) as caught:
        journey("j", [CALL | change, END])
    assert words in str(caught.value)
