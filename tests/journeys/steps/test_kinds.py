"""Branch, split, audience, jump, handover and end: what they do to people, how they say it, what is wrong with them."""

from datetime import timedelta

import pytest

from consent.records.operations import record_consent
from contacts.models import Contact, Handover, News, Segment, SegmentChange, SegmentMember, Stage
from journeys.definitions.operations import InvalidDefinition
from journeys.models import Enrollment, Journey, Refusal, Transition
from journeys.steps.registry import kind_names, kind_of
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey, names

END = {"key": "end", "kind": "end"}


def enter(world, *people):
    for one in people:
        world.does(one, "cart_updated")
    return world.pulse()


def branch(key, when, to):
    return {"key": key, "name": names(key), "when": when, "next": to}


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        ({"plan": "pro", "seats": 9}, "first"),  # the first that holds, although the second does too
        ({"plan": "free", "seats": 9}, "second"),
        ({"plan": "free", "seats": 1}, "otherwise"),
        ({"plan": "free"}, "missing"),  # unknown, and nothing else holds
        ({"seats": 9}, "second"),  # unknown before, but a later one holds
        ({}, "missing"),
    ],
)
def test_branch_first_match_then_missing_then_otherwise(world, attributes, outcome):
    ways = [
        branch("first", {"attribute": "plan", "is": "pro"}, "first"),
        branch("second", {"attribute": "seats", "gte": 5}, "second"),
    ]
    ends = [{"key": key, "kind": "end", "outcome": key} for key in ("first", "second", "missing", "otherwise")]
    start = {"key": "which", "kind": "branch", "branches": ways, "missing": "missing", "otherwise": "otherwise"}
    journey("j", [start, *ends])
    anna = world.person("anna", attributes=attributes)
    enter(world, anna)
    assert world.run(anna).outcome == outcome


def test_split_is_the_same_after_coming_in_again(world):
    arms = [{"name": name, "weight": 1} for name in ("a", "b", "c")]
    journey("j", [{"key": "test", "kind": "split", "arms": arms}, END])
    people = [world.person(f"p{i}") for i in range(12)]
    enter(world, *people)
    world.later(hours=2)
    enter(world, *people)
    found = Transition.objects.filter(from_step__key="test").values_list("contact_id", "exit")
    assert len(found) == 24
    assert len(set(found)) == 12
    assert len({exit for _, exit in found}) > 1


@pytest.mark.parametrize("action", ["add", "remove"])
def test_audience_changes_the_list_and_others_see_it(world, action):
    vip = Segment.objects.create(slug="vip", kind="fixed", name_en="VIP", name_de="VIP")
    anna, ben = world.person("anna"), world.person("ben")
    for contact in (anna, ben):
        record_consent(contact_id=contact.pk, purpose="third_party", decision="granted", source="t", now=NOW)
    if action == "remove":
        SegmentMember.objects.create(segment=vip, contact=anna, since=NOW)
    journey("j", [{"key": "list", "kind": "audience", "list": "vip", "action": action}, END])
    journey("follow", [{"key": "rest", "kind": "wait", "for": "9d"}, END], entry={"segment": "vip"})
    enter(world, anna, ben)
    world.pulse()
    members = set(SegmentMember.objects.values_list("contact_id", flat=True))
    assert members == ({anna.pk, ben.pk} if action == "add" else set())
    changes = set(SegmentChange.objects.values_list("contact_id", "entered"))
    assert changes == ({(anna.pk, True), (ben.pk, True)} if action == "add" else {(anna.pk, False)})
    followers = Enrollment.objects.filter(journey__slug="follow").count()
    assert followers == (2 if action == "add" else 0)


def test_jump_goes_back_so_many_times_and_then_on(world):
    journey(
        "j",
        [
            {"key": "rest", "kind": "wait", "for": "1d"},
            {"key": "again", "kind": "jump", "to": "rest", "at_most": 2},
            END,
        ],
    )
    anna = world.person("anna")
    enter(world, anna)
    for _ in range(4):
        world.later(days=1)
    assert world.path(anna) == [
        ("", "entry"), ("rest", "next"), ("again", "again"), ("rest", "next"), ("again", "again"),
        ("rest", "next"), ("again", "next"), ("end", "completed"),
    ]  # fmt: skip
    world.adds_up()


def test_jump_back_counts_each_run_by_itself(world):
    steps = [{"key": "rest", "kind": "wait", "for": "1h"}, {"key": "again", "kind": "jump", "to": "rest", "at_most": 1}]
    journey("j", [*steps, END])
    anna = world.person("anna")
    for _ in range(2):
        enter(world, anna)
        for _ in range(3):
            world.later(hours=1)
    assert Transition.objects.filter(exit="again").count() == 2


def test_jump_back_without_a_wait_is_refused(world):
    with pytest.raises(InvalidDefinition, match="without a wait"):
        journey("j", [{"key": "mark", "kind": "update", "set": {"a": 1}}, {"key": "again", "kind": "jump", "to": "mark", "at_most": 3}, END])  # fmt: skip


@pytest.mark.parametrize(("then", "state"), [("go_on", "end of j"), ("leave", "left: completed")])
def test_jump_opens_another_journey(world, then, state):
    journey("other", [{"key": "there", "kind": "wait", "for": "9d"}, END], entry={"segment": "nobody"}) if (
        Segment.objects.create(slug="nobody", kind="fixed", name_en="n", name_de="n")
    ) else None
    journey("j", [{"key": "over", "kind": "jump", "journey": "other", "then": then}, {"key": "here", "kind": "wait", "for": "9d"}, END])  # fmt: skip
    anna = world.person("anna")
    enter(world, anna)
    world.pulse()
    runs = {one.journey.slug: one for one in Enrollment.objects.select_related("journey", "step")}
    assert runs["other"].step.key == "there"
    assert runs["j"].reason == ("completed" if then == "leave" else "")
    assert (runs["j"].step.key if runs["j"].step else "") == ("" if then == "leave" else "here")
    world.pulse()
    assert Enrollment.objects.filter(journey__slug="other").count() == 1


@pytest.mark.parametrize("then", ["go_on", "leave"])
def test_jumps_of_two_journeys_at_each_other_never_keep_a_pulse_busy(world, then):
    limited = {"limits": {"person": 11}}
    journey("k", [{"key": "end", "kind": "end"}], entry={"api": True, **limited})
    for slug, other, entry in (("j", "k", {"signal": "cart"}), ("k", "j", {"api": True})):
        steps = [{"key": "over", "kind": "jump", "journey": other, "then": then}]
        journey(slug, steps if then == "leave" else [*steps, {"key": "end", "kind": "end"}], entry=entry | limited)
    anna = world.person("anna")

    def runs():
        return [Enrollment.objects.filter(journey__slug=slug).count() for slug in ("j", "k")]

    world.does(anna, "cart_updated")
    loop.pulse(now=world.now, batch=1)  # goes on while there is news
    assert 1 <= max(runs()) < 6
    assert not News.objects.filter(since__lte=world.now).exists()  # what is left comes a moment later
    before = runs()
    world.pulse()
    assert runs() == before
    for _ in range(22):
        world.later(seconds=1)
    assert runs() == [11, 11]
    assert set(Refusal.objects.values_list("reason", flat=True)) == {"limit_person"}
    assert not News.objects.exists()
    world.adds_up()


def test_handover_gives_the_person_to_the_team(world):
    Stage.objects.create(slug="customer", phase="purchase", position=1, name_en="c", name_de="c")
    journey("j", [{"key": "sales", "kind": "handover", "team": "inside", "respond_within": "2h", "stages": {"won": "customer"}}, END])  # fmt: skip
    anna = world.person("anna")
    enter(world, anna)
    handover = Handover.objects.get()
    assert (handover.contact, handover.team, handover.snapshot["stages"]) == (anna, "inside", {"won": "customer"})


def test_end_keeps_its_outcome(world):
    journey("j", [{"key": "end", "kind": "end", "outcome": "reminded"}])
    anna = world.person("anna")
    enter(world, anna)
    run = world.run(anna)
    assert (run.reason, run.outcome, run.left_at) == ("completed", "reminded", NOW)


@pytest.mark.parametrize(
    ("kind", "settings", "en", "de"),
    [
        ("audience", {"list": "vip", "action": "add"}, "puts onto the list “vip”", "setzt auf die Liste „vip“"),
        ("audience", {"list": "vip", "action": "remove"}, "takes off the list “vip”", "nimmt von der Liste „vip“"),
        ("audience", {}, "puts onto the list (not chosen yet)", "setzt auf die Liste (noch nicht gewählt)"),
        ("jump", {"to": "rest", "at_most": 2}, "back to “rest”, at most twice", "zurück zu „rest“, höchstens zweimal"),
        ("jump", {"journey": "b2b"}, "opens “b2b” and goes on here", "öffnet „b2b“ und geht hier weiter"),
        ("jump", {"journey": "b2b", "then": "leave"}, "goes over to “b2b” and leaves", "wechselt zu „b2b“ und verlässt diese Journey"),
        ("handover", {"team": "inside-sales"}, "hands over to “inside sales”, answer within 4 hours of business time", "übergibt an „inside sales“, Antwort innerhalb von 4 Stunden Geschäftszeit"),
        ("end", {"outcome": "done"}, "leaves the journey as “done”", "verlässt die Journey als „done“"),
        ("end", {}, "leaves the journey", "verlässt die Journey"),
        ("branch", {"branches": [{"key": "a", "name": {"en": "A", "de": "A"}}]}, "A if a condition that is not said yet", "A, wenn eine noch nicht genannte Bedingung"),
        ("split", {"arms": [{"name": "a", "weight": 1}, {"name": "b", "weight": 3}]}, "a 25\u00a0% · b 75\u00a0%", "a 25\u00a0% · b 75\u00a0%"),
    ],
)  # fmt: skip
def test_sentences(kind, settings, en, de):
    assert (kind_of(kind).say(settings, "en"), kind_of(kind).say(settings, "de")) == (en, de)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("audience", {"action": "add"}, "s.list: expected the short name of a fixed list, got null"),
        ("audience", {"list": "vip", "action": "keep"}, 's.action: expected one of add, remove, got "keep"'),
        ("audience", {"list": "dyn", "action": "add"}, "s.list: expected a fixed list: a condition says who is in 'dyn'"),
        ("jump", {"at_most": 3}, "s: expected one of to, journey, got []"),
        ("jump", {"to": "a"}, "s.at_most: expected a whole number from 1 to 100, got null"),
        ("jump", {"to": "a", "key": "a", "at_most": 1}, "s.to: expected another step than this one"),
        ("jump", {"journey": "a", "then": "stay"}, 's.then: expected one of go_on, leave, got "stay"'),
        ("branch", {"branches": []}, "s.branches: expected a list of 1 to 25 branches, got []"),
        ("branch", {"branches": [{"key": "a"}]}, 's.branches[0]: expected an object with "key", "name", "when", "next"'),
        ("branch", {"branches": [{"key": "otherwise", "when": {"stage": "x"}}]}, "s.branches[0].key: expected another key than 'otherwise', it is taken"),
        ("branch", {"branches": [{"key": "a", "when": {}}]}, None),
        ("split", {"arms": [{"name": "a", "weight": 1}]}, 's.arms: expected a list of 2 to 25 arms, got [{"name": "a", "weight": 1}]'),
        ("split", {"arms": [{"name": "a", "weight": 0}, {"name": "b", "weight": 1}]}, "s.arms[0].weight: expected a number over 0, got 0"),
        ("split", {"arms": [{"name": "a", "weight": 1}, {"name": "a", "weight": 1}]}, "s.arms: expected another name for each arm"),
        ("handover", {}, "s.team: expected the name of a team, got null"),
        ("end", {"outcome": 3}, "s.outcome: expected a name of up to 60 characters, got 3"),
    ],
)  # fmt: skip
def test_validate_says_where_and_what(kind, settings, said):
    Segment.objects.create(slug="dyn", condition={"stage": "x"}, name_en="d", name_de="d")
    found = [str(problem) for problem in kind_of(kind).validate(settings, "s", {})]
    assert (found == [said]) if said else found


@pytest.mark.parametrize("kind", kind_names())
def test_blank_steps_say_themselves_and_have_ways(kind):
    one = kind_of(kind)
    for settings in (one.blank(), {}) if kind not in ("survey",) else (one.blank(),):
        assert one.say(settings, "en")
        assert one.say(settings, "de")
        ways = one.targets(settings, "after")
        assert one.targets(one.aim(settings, dict.fromkeys(ways, "there")), None) == dict.fromkeys(ways, "there")
        assert one.refers(settings) == []
        assert all(isinstance(one.say_exit(settings, way, "en"), str) for way in ways)


def test_twenty_five_branches_and_two_hundred_steps(world):
    ways = [branch(f"b{i}", {"attribute": "n", "is": i}, "s0") for i in range(25)]
    rest = [{"key": f"s{i}", "kind": "update", "set": {"n": i}} for i in range(198)]
    journey("j", [{"key": "which", "kind": "branch", "branches": ways}, *rest, END])
    anna = world.person("anna", attributes={"n": 24})
    enter(world, anna)
    assert world.at(anna) == "left: completed"
    assert Contact.objects.get().attributes["n"] == 197
    assert Journey.objects.get().live_version.steps.count() == 200
    assert world.run(anna).left_at < NOW + timedelta(seconds=1)
