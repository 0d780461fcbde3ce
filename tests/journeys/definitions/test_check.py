"""What the check finds in a definition, each with its path."""

import copy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Score, Signal
from journeys.definitions.check import check
from journeys.definitions.operations import InvalidDefinition, import_journey
from journeys.models import Block, Journey, Version
from tests.contacts.attributes.made import define
from tests.flows.conftest import NOW, names

pytestmark = pytest.mark.django_db
GOOD = {
    "slug": "cart", "name": names("Cart"), "phase": "purchase", "entry": {"signal": "cart"},
    "goal": {"name": names("Ordered"), "when": {"event": "order_placed", "since": "entry"}},
    "steps": [
        {"key": "wait", "kind": "wait", "name": names("Wait"), "for": "4h"},
        {"key": "mail", "kind": "send", "name": names("Mail"), "block": "hello"},
        {"key": "end", "kind": "end", "name": names("End")},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def things():
    Signal.objects.create(
        slug="cart",
        kind="behaviour",
        condition={"event": "x"},
        cooldown="1 day",
        holds_for="1 day",
        name_en="c",
        name_de="c",
    )
    Block.objects.create(slug="hello", phase="purchase", changed_at=NOW, name_en="h", name_de="h")


def changed(change):
    definition = copy.deepcopy(GOOD)
    change(definition)
    return definition


def test_check_of_a_good_definition_finds_nothing():
    assert check(GOOD) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d.pop("entry"), "entry: expected an object"),
        (lambda d: d["entry"].update(segment="x"), "entry: expected one of signal, event, segment"),
        (lambda d: d["entry"].update(signal="nope"), "entry.signal: there is no signal 'nope'"),
        (lambda d: d["entry"].update(reentry="sometimes"), "entry.reentry: expected"),
        (lambda d: d.update(phase="party"), "phase: expected one of awareness"),
        (lambda d: d.update(name={"en": "x"}), "name: expected"),
        (lambda d: d.update(priority="high"), "priority: expected a number"),
        (lambda d: d.update(colour="red"), "colour: unknown"),
        (lambda d: d.update(steps=[]), "steps: expected a list of 1 to 200"),
        (lambda d: d.update(max_age="forever"), "max_age: expected a duration"),
        (lambda d: d["goal"].update(when={"event": ""}), "goal.when.event: expected the name"),
        (lambda d: d.pop("goal"), "goal: no goal"),
        (lambda d: d["steps"].pop(), "steps[1]: the way out 'next' leads nowhere"),
        (lambda d: d["steps"][1].update(next="nowhere"), "steps[1]: the way out 'next' leads nowhere"),
        (lambda d: d["steps"][1].update(next="wait"), "steps: expected no circle, got wait -> mail -> wait"),
        (lambda d: d["steps"][1].update(key="wait"), "steps[1].key: expected another key"),
        (lambda d: d["steps"][0].update({"for": "soon"}), "steps[0].for: expected a duration"),
        (lambda d: d["steps"][0].update({"for": "0h"}), "steps[0].for: expected a duration"),
        (lambda d: d["steps"][0].update(until={"event": "x"}), "steps[0]: expected one of for, window, calendar_days, date, until"),
        (lambda d: d["steps"][0].update(kind="teleport"), "steps[0].kind: expected one of audience"),
        (lambda d: d["steps"][0].update(speed=3), "steps[0].speed: unknown"),
        (lambda d: d["steps"][1].update(block="lost"), "steps[1].block: there is no content block 'lost'"),
        (lambda d: d["steps"][1].update(purpose="spam"), "steps[1].purpose: there is no purpose 'spam'"),
        (lambda d: d["steps"].insert(0, {"key": "s", "kind": "split", "name": names("s"), "arms": [{"name": "a", "weight": 0}, {"name": "b", "weight": 1}]}), "steps[0].arms[0].weight: expected a number over 0"),
        (lambda d: d["steps"][0].update(next="end"), "steps: a second start, nobody can come to 'mail'"),
    ],
)  # fmt: skip
def test_check_names_path_and_expectation(change, expected):
    problems = [str(problem) for problem in check(changed(change))]
    assert any(problem.startswith(expected) for problem in problems), problems


def test_check_compares_with_the_types_of_attributes():
    define("visits", "whole")
    define("vip", "yes_no")
    three = {"attribute": "visits", "is": "three"}
    branch = {"key": "b", "name": names("b"), "when": {"any": [three]}}

    def change(d):
        d["entry"]["when"] = three
        d["goal"]["when"] = {"all": [{"event": "order_placed", "since": "entry"}, three]}
        d["exit"] = [{"when": three}]
        d["steps"][:1] = [
            {"key": "wait", "kind": "wait", "name": names("w"), "until": {"not": three}, "at_most": "4h"},
            {"key": "ask", "kind": "branch", "name": names("a"), "branches": [branch]},
            {"key": "set", "kind": "update", "name": names("s"), "set": {"vip": "yes", "email": "a@b.example"}},
        ]

    assert sorted(str(problem) for problem in check(changed(change))) == [
        'entry.when.is: expected a number, got "three"',
        'exit[0].when.is: expected a number, got "three"',
        'goal.when.all[1].is: expected a number, got "three"',
        'steps[0].until.not.is: expected a number, got "three"',
        'steps[1].branches[0].when.any[0].is: expected a number, got "three"',
        "steps[2].set.email: a fixed field of every person: a journey sets attributes only",
        'steps[2].set.vip: expected true or false, got "yes"',
    ]


def test_check_warns_of_attributes_without_a_definition_and_goes_on():
    define("vip", "yes_no")
    define("old", state="ignored")
    step = {
        "key": "set",
        "kind": "update",
        "name": names("s"),
        "set": {"vip": True, "gone": None, "old": 1, "new": "x"},
    }
    found = check(changed(lambda d: d["steps"].insert(0, step)))
    assert [(problem.level, problem.path) for problem in found] == [
        ("warning", "steps[0].set.gone"),
        ("warning", "steps[0].set.old"),
        ("warning", "steps[0].set.new"),
    ]
    step["next"] = "nowhere"
    assert any("leads nowhere" in str(problem) for problem in check(changed(lambda d: d["steps"].insert(0, step))))


def test_check_says_which_score_and_which_attribute_may_be_meant():
    define("renewal_on", "date")
    Score.objects.create(slug="engagement", axis="engagement", name_en="e", name_de="e")

    def change(d):
        d["steps"][:1] = [
            {"key": "date", "kind": "wait", "name": names("w"), "date": {"attribute": "renewal_onn", "past": "skip"}},
            {"key": "points", "kind": "update", "name": names("p"), "score": {"engagment": 5}},
            {"key": "set", "kind": "update", "name": names("s"), "set": {"renewal": "2026-12-01"}},
        ]

    assert [(problem.level, str(problem)) for problem in check(changed(change))] == [
        ("warning", "steps[0].date.attribute: there is no attribute 'renewal_onn', did you mean 'renewal_on'?"),
        ("warning", "steps[2].set.renewal: there is no attribute 'renewal', did you mean 'renewal_on'?"),
        ("error", "steps[1].score.engagment: there is no score 'engagment', did you mean 'engagement'?"),
    ]


def test_check_refuses_a_filter_of_the_entry_about_the_run():
    (problem,) = check(changed(lambda d: d["entry"].update(when={"event": "x", "since": "entry"})))
    assert (problem.level, problem.path) == ("error", "entry.when.since")


def test_check_reads_the_definitions_once():
    with CaptureQueriesContext(connection) as captured:
        check(GOOD)
    assert sum("contacts_attribute" in query["sql"] for query in captured) == 1


@pytest.mark.parametrize("given", [None, [], "x", 3, {"steps": {}}, {"slug": ["x"]}])
def test_check_of_something_else_gives_problems_not_exceptions(given):
    assert any(problem.level == "error" for problem in check(given))


def test_import_of_a_bad_definition_writes_nothing():
    with pytest.raises(InvalidDefinition):
        import_journey(definition=changed(lambda d: d.update(phase="party")), now=NOW)
    assert not Journey.objects.exists()


def test_import_again_is_the_same_version_and_a_change_is_a_new_one():
    first = import_journey(definition=GOOD, now=NOW)
    assert import_journey(definition=copy.deepcopy(GOOD), now=NOW) == first
    second = import_journey(definition=changed(lambda d: d["steps"][0].update({"for": "5h"})), now=NOW)
    assert (second.number, second.journey.live_version_id) == (2, second.pk)


def test_published_version_cannot_be_changed_even_by_sql():
    from django.db import IntegrityError, transaction

    version = import_journey(definition=GOOD, now=NOW)
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(definition={})
