"""The leaves on journeys and messages: states, filters, reactions of people and not of machines."""

from datetime import timedelta

import pytest

from contacts.conditions.language import depends_on, explain, validate
from contacts.models import Event, EventType
from tests.contacts.conditions.truths import truth
from tests.orchestrator.channels.conftest import NOW, world  # noqa: F401  one live journey that sends one mail

DAY = timedelta(days=1)


@pytest.fixture
def anna(world):  # noqa: F811
    EventType.objects.update_or_create(slug="email_clicked", defaults={"kind": "feedback", "name_en": "c", "name_de": "c"})  # fmt: skip
    return world.person("Anna", grant=())


def clicked(touch, *, at, machine=False, name="email_clicked"):
    Event.objects.create(
        contact=touch.contact, name=name, occurred_at=at, received_at=at, source="email", message_id=f"{name}{touch.pk}{at}",
        properties={"touch": touch.pk, "likely_machine": machine},
    )  # fmt: skip


def test_touch_in_the_states_of_our_own(world, anna):  # noqa: F811
    world.touch(anna, state="sent", sent_at=NOW - 2 * DAY, decided_at=NOW - 3 * DAY)
    world.touch(anna, state="proposed", key="c2", decided_at=None, proposed_at=NOW - DAY)
    assert truth(anna, {"touch": {"channel": "email"}}, now=NOW) is True
    assert truth(anna, {"touch": {"channel": "sms"}}, now=NOW) is False
    assert truth(anna, {"touch": {}, "within": "2d"}, now=NOW) is False  # exactly two days ago is outside
    assert truth(anna, {"touch": {}, "within": "49h"}, now=NOW) is True
    assert truth(anna, {"touch": {"journey": "cart", "step": "mail", "block": "cart-mail"}}, now=NOW) is True
    assert truth(anna, {"touch": {"block": "another"}}, now=NOW) is False
    assert truth(anna, {"touch": {}, "state": "proposed", "within": "2d"}, now=NOW) is True
    assert truth(anna, {"touch": {}, "state": "sent", "count": {"gte": 2}}, now=NOW) is False
    leaf = explain({"touch": {}}, contact_id=anna.pk, now=NOW)
    assert (leaf["value"], leaf["since"]) == (1, NOW - 2 * DAY)


def test_touch_that_was_clicked_counts_messages_and_people(world, anna):  # noqa: F811
    first, second = (world.touch(anna, state="sent", sent_at=NOW - 5 * DAY, key=key) for key in "ab")
    condition = {"touch": {"channel": "email"}, "state": "clicked"}
    clicked(first, at=NOW - 4 * DAY, machine=True)
    assert truth(anna, condition, now=NOW) is False
    clicked(first, at=NOW - 3 * DAY)
    clicked(first, at=NOW - 2 * DAY)
    assert truth(anna, condition, now=NOW) is True
    assert truth(anna, {**condition, "count": {"gte": 2}}, now=NOW) is False  # one message, clicked twice
    clicked(second, at=NOW - DAY)
    assert truth(anna, {**condition, "count": {"gte": 2}}, now=NOW) is True
    assert truth(anna, {**condition, "count": {"gte": 2}, "within": "36h"}, now=NOW) is False
    assert truth(anna, {**condition, "within": "1d"}, now=NOW) is False
    assert truth(anna, {"touch": {}, "state": "clicked"}, now=NOW) is True
    assert (
        truth(anna, {"touch": {"channel": "sms"}, "state": "clicked"}, now=NOW) is None
    )  # nobody described sms_clicked
    leaf = explain(condition, contact_id=anna.pk, now=NOW)
    assert (leaf["value"], leaf["since"]) == (2, NOW - DAY)
    assert depends_on(condition).events == {"email_clicked"}


def test_touch_with_a_reaction_that_is_behaviour_needs_profiling_consent(world, anna):  # noqa: F811
    clicked(world.touch(anna, state="sent"), at=NOW - DAY)
    EventType.objects.filter(slug="email_clicked").update(kind="behaviour")
    assert truth(anna, {"touch": {"channel": "email"}, "state": "clicked"}, now=NOW) is None


def test_journey_in_each_state(world, anna):  # noqa: F811
    world.touch(anna, left="goal")
    assert truth(anna, {"journey": "cart"}, now=NOW) is False
    assert truth(anna, {"journey": "cart", "state": "left"}, now=NOW) is True
    assert truth(anna, {"journey": "cart", "state": "goal", "within": "1d"}, now=NOW) is True
    assert truth(anna, {"journey": "cart", "state": "completed"}, now=NOW) is False
    world.touch(anna, key="c2")
    assert truth(anna, {"journey": "cart", "within": "2h"}, now=NOW) is True
    assert truth(anna, {"journey": "cart", "within": "1h"}, now=NOW) is False
    assert explain({"journey": "cart"}, contact_id=anna.pk, now=NOW)["since"] == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ({"touch": "email"}, "touch: expected an object with channel, journey, block, step or none"),
        ({"touch": {"channel": 3}}, "touch.channel: expected a name, got 3"),
        ({"touch": {"channel": []}}, "touch.channel: expected a name, got []"),
        ({"touch": {}, "state": {}}, "state: expected one of proposed, held"),
        ({"touch": {}, "count": {"gte": "x"}}, 'count.gte: expected a number, got "x"'),
        ({"journey": "x", "state": "won"}, "state: expected one of in, left, goal, completed"),
        ({"journey": "x", "for": "1d"}, "for: unknown; expected one of journey, state, within"),
    ],
)
def test_validate_names_path_and_expectation(condition, error):
    assert str(validate(condition)[0]).startswith(error)
