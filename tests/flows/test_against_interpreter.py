"""Random journeys, random histories, random times to look: the set-based engine equals a small interpreter of one person."""

import os
import random
from collections import Counter
from datetime import timedelta

import pytest

from contacts.models import Contact, EventType
from journeys.models import Enrollment, Refusal, Touch, Transition
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey, names
from tests.flows.interpreter import Fact, Person

SEEDS = int(os.environ.get("JOURNEY_SEEDS", "8"))  # make soak walks hundreds
PEOPLE, LOOKS, DAYS = 8, 14, 12
EVENTS = ("order_placed", "cart_updated", "page_viewed", "replied")
LONG = ("20m", "3h", "30h", "2d", "4d")


def condition(dice, *, run, depth=0):
    kind = dice.choice(["attribute", "event", "event", *(["all", "any", "not"] if depth < 2 else [])])
    if kind in ("all", "any"):
        return {kind: [condition(dice, run=run, depth=depth + 1) for _ in range(2)]}
    if kind == "not":
        return {"not": condition(dice, run=run, depth=depth + 1)}
    if kind == "attribute":
        return dice.choice(
            [
                {"attribute": "plan", "is": dice.choice(["pro", "free"])},
                {"attribute": "visits", "gte": dice.randint(1, 9)},
            ]
        )
    leaf = {"event": dice.choice(EVENTS), "count": {"gte": dice.choice([1, 1, 2])}}
    window = dice.choice(["within", *(["entry", "step"] if run else [])])
    return leaf | ({"within": dice.choice(["5h", "3d"])} if window == "within" else {"since": window})


def happened(dice):
    return {"event": dice.choice(EVENTS), "since": dice.choice(["step", "entry"])}


def definition(dice, number):
    """A journey of up to 30 steps whose ways all lead forward, jumps apart, to one end."""
    count = dice.randint(2, 29)
    keys = [f"s{n}" for n in range(count)] + ["end"]

    def ahead(n):
        return keys[min(count, n + dice.choice([1, 1, 1, 2, 3]))]

    steps = []
    for n, key in enumerate(keys[:-1]):
        kind = dice.choice(["wait", "wait", "until", "branch", "split", "send", "send", "update", "jump"])
        step = {"key": key, "kind": "wait" if kind == "until" else kind}
        back = [one["key"] for one in steps if "for" in one]
        if kind == "wait" or (kind == "jump" and not back):
            step = {"key": key, "kind": "wait", "for": dice.choice(LONG), "next": ahead(n)}
        elif kind == "until":
            until = happened(dice) if dice.random() < 0.6 else condition(dice, run=True)
            step |= {"until": until, "at_most": dice.choice(LONG), "next": ahead(n), "timeout": ahead(n)}
        elif kind == "branch":
            ways = [
                {"key": f"w{i}", "when": condition(dice, run=True), "next": ahead(n), "name": names("w")}
                for i in range(dice.randint(1, 3))
            ]
            step |= {"branches": ways, "missing": ahead(n), "otherwise": ahead(n)}
        elif kind == "split":
            arms = [
                {"name": f"a{i}", "weight": dice.randint(1, 9), "next": ahead(n)} for i in range(dice.randint(2, 3))
            ]
            arms[0] |= {"holdout": True} if dice.random() < 0.3 else {}
            step |= {"arms": arms}
        elif kind == "send":
            step |= {"block": "hello", "next": ahead(n)}
        elif kind == "update":
            step |= {"set": dice.choice([{"plan": "pro"}, {"visits": dice.randint(1, 9)}]), "next": ahead(n)}
        else:
            step |= {"to": dice.choice(back), "at_most": dice.randint(1, 3), "next": ahead(n)}
        steps.append(step)
    steps.append({"key": "end", "kind": "end"})
    entry = {
        "event": "cart_updated",
        "reentry": dice.choice(
            ["never", {"after": "leaving"}, {"after": "leaving", "delay": "1d"}, {"after": "start", "delay": "2d"}]
        ),
    }
    entry |= {"key": "cart"} if dice.random() < 0.5 else {}
    entry |= {"when": {"event": dice.choice(EVENTS), "within": "3d"}} if dice.random() < 0.3 else {}
    entry |= {"limits": {"person": dice.randint(1, 3)}} if dice.random() < 0.3 else {}
    more = (
        {
            "goal": {
                "name": names("g"),
                "when": {"event": "order_placed", "since": "entry", "count": {"gte": dice.randint(1, 3)}},
            }
        }
        if dice.random() < 0.7
        else {}
    )
    more |= {"exit": [{"when": condition(dice, run=True)}]} if dice.random() < 0.3 else {}
    more |= {"max_age": dice.choice(["3d", "8d"])} if dice.random() < 0.5 else {}
    return f"random-{number}", steps, entry, more


def history(dice):
    """What one person does, each at an instant of its own."""
    days = sorted(dice.sample(range(DAYS * 86_400), dice.randint(2, 14)))
    return [(NOW + timedelta(seconds=at), dice.choice(EVENTS), {"cart": dice.choice("ab")}) for at in days]


def looks(dice):
    """When somebody looks: now and then, sometimes twice within the hour, sometimes after an outage of a day."""
    at, found = NOW, []
    for _ in range(LOOKS * 4):
        at += timedelta(seconds=dice.choice([300, 2_000, 9_000, 30_000, 100_000]))
        found.append(at)
        if at > NOW + timedelta(days=DAYS + 6):
            break
    return found


@pytest.mark.parametrize("seed", range(SEEDS))
def test_engine_equals_interpreter_on_random_journeys(world, seed):
    dice = random.Random(seed)
    for slug in ("page_viewed", "replied"):
        EventType.objects.create(slug=slug, kind="behaviour", name_en=slug, name_de=slug)
    slug, steps, entry, more = definition(dice, seed)
    version = journey(slug, steps, entry=entry, **more)
    people = {}
    for n in range(PEOPLE):
        attributes = {
            key: value
            for key, value in (("plan", dice.choice(["pro", "free"])), ("visits", dice.randint(0, 9)))
            if dice.random() < 0.7
        }
        # ids throw the dice of splits: they are the same in every run
        contact = world.person(f"p{n}", attributes=attributes, id=10**9 + seed * PEOPLE + n)
        people[contact.pk] = (Person(contact.pk, attributes, version.definition), contact, history(dice))
    world.pulse()
    for now in looks(dice):
        for person, contact, coming in people.values():
            while coming and coming[0][0] <= now:
                at, name, properties = coming.pop(0)
                world.now = at
                world.does(contact, name, **properties)
                person.does(Fact(at, name, properties))
        world.now = now
        loop.beat(now=now)
        for person, _contact, _coming in people.values():
            person.look(now)
        compare({pk: person for pk, (person, _c, _h) in people.items()}, f"seed {seed} at {now}")
    again = (Transition.objects.count(), Touch.objects.count(), Refusal.objects.count(), Contact.objects.count())
    loop.beat(now=world.now)
    assert (
        Transition.objects.count(),
        Touch.objects.count(),
        Refusal.objects.count(),
        Contact.objects.count(),
    ) == again
    world.adds_up()


def compare(people, where):
    """Runs, moves, messages and refusals of everybody, as the interpreter has them and as the database has them."""
    moves, touches = {}, {}
    for row in Transition.objects.select_related("from_step").order_by("enrollment_id", "seq"):
        moves.setdefault(row.enrollment_id, []).append(
            (row.from_step.key if row.from_step else "", row.exit or row.reason)
        )
    for touch in Touch.objects.select_related("step").order_by("id"):
        touches.setdefault(touch.enrollment_id, []).append((touch.step.key, touch.visit))
    for pk, person in people.items():
        rows = Enrollment.objects.filter(contact_id=pk).select_related("step").order_by("entered_at", "key")
        expected = sorted(person.runs, key=lambda run: (run.entered, run.key))
        said = f"{where}, person {pk}: "
        assert [moves[row.pk] for row in rows] == [run.moves for run in expected], said + "moves"
        assert [(row.step.key if row.step else None, row.reason, row.arm) for row in rows] == [
            (run.step, run.left, run.arm) for run in expected
        ], said + "places"
        assert [(row.arrived_at, row.due_at) for row in rows if row.step] == [
            (run.arrived, run.due) for run in expected if run.step
        ], said + "times"
        assert [touches.get(row.pk, []) for row in rows] == [run.touches for run in expected], said + "messages"
        refused = Counter(Refusal.objects.filter(contact_id=pk).values_list("key", "reason"))
        assert refused == Counter(person.refused), said + "refusals"
