"""A journey with people on its steps, in a world whose clock stands still."""

import copy

import pytest
from django.contrib.auth.models import User

from contacts.models import Contact
from journeys.canvas.drafts import edit_draft
from journeys.models import Enrollment, Step, Transition
from tests.flows.conftest import NOW, journey, names, world  # noqa: F401

STEPS = [
    {"key": "wait", "kind": "wait", "for": "4h"},
    {"key": "mail", "kind": "send", "block": "hello"},
    {"key": "rest", "kind": "wait", "for": "2d"},
    {"key": "which", "kind": "branch", "branches": [{"key": "vip", "name": names("VIP"), "when": {"attribute": "country", "is": "DE"}, "next": "again"}], "missing": "done", "otherwise": "done"},
    {"key": "again", "kind": "send", "block": "again"},
    {"key": "done", "kind": "end"},
]  # fmt: skip


class Flight:
    """A live journey, and what the tests do with it."""

    def __init__(self, slug="cart", steps=None, **more):
        self.version = journey(slug, copy.deepcopy(steps or STEPS), **more)
        self.journey = self.version.journey

    def put(self, key, count=1, *, version=None, arrived=NOW, due=None, zone="Europe/Berlin", start=0):
        """Put new people on a step, as the engine would have left them."""
        version = version or self.version
        step = Step.objects.get(version=version, key=key)
        stem = f"{version.pk}-{key}-{start}"
        people = Contact.objects.bulk_create(
            Contact(external_id=f"{stem}-{n}", email=f"{stem}-{n}@people.example", time_zone=zone, created_at=NOW, updated_at=NOW, country="DE" if n % 2 else "AT")
            for n in range(count)
        )  # fmt: skip
        runs = Enrollment.objects.bulk_create(
            Enrollment(contact=one, journey=self.journey, version=version, step=step, entered_at=arrived, arrived_at=arrived, due_at=due or arrived)
            for one in people
        )  # fmt: skip
        Transition.objects.bulk_create(
            Transition(enrollment=run, seq=0, contact_id=run.contact_id, journey=self.journey, to_step=step, exit="entry", at=arrived)
            for run in runs
        )  # fmt: skip
        return runs

    def draft(self, change):
        """Change the draft; `change` gets the steps by key and the whole definition."""

        def changed(definition):
            change({step["key"]: step for step in definition["steps"]}, definition)
            return definition

        return edit_draft(journey=self.journey, revision=None, what="test", by=None, now=NOW, change=changed)

    def where(self):
        """How many people stand where: {(version number, key): n}."""
        found = {}
        for run in Enrollment.objects.filter(journey=self.journey, left_at=None).select_related("version", "step"):
            place = (run.version.number, run.step.key)
            found[place] = found.get(place, 0) + 1
        return found


@pytest.fixture
def flight(world):  # noqa: F811
    return Flight()


@pytest.fixture
def maja(db):
    return User.objects.create_user("maja", password="correct-horse-battery", first_name="Maja", last_name="Lindner")


@pytest.fixture
def otto(db):
    return User.objects.create_user("otto", password="correct-horse-battery", first_name="Otto", last_name="Weber")
