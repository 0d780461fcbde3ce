"""Update: attributes, stage, points and tags; what changes is news, and the next step sees it."""

from datetime import timedelta

import pytest

from contacts.attributes.models import Attribute
from contacts.models import News, Score, Segment, SegmentMember, Stage
from contacts.scores.models import ScoreAward, ScoreValue
from contacts.scores.page import card
from journeys.steps.registry import kind_of
from tests.flows.conftest import NOW, journey, names

UPDATE = kind_of("update")


def flow(world, **settings):
    journey(
        "j",
        [
            {"key": "mark", "kind": "update", **settings},
            {"key": "rest", "kind": "wait", "for": "30d"},
            {"key": "end", "kind": "end"},
        ],
    )


def enter(world, *people):
    for one in people:
        world.does(one, "cart_updated")
    world.pulse()
    for one in people:
        one.refresh_from_db()


def test_set_writes_values_with_their_time_and_takes_away_what_becomes_nothing(world):
    flow(world, set={"plan": "pro", "trial": None, "seats": 3})
    anna = world.person("anna", attributes={"trial": "yes", "keep": 1}, attributes_at={"trial": NOW.isoformat()})
    enter(world, anna)
    assert anna.attributes == {"plan": "pro", "seats": 3, "keep": 1}
    assert set(anna.attributes_at) == {"plan", "seats"}


def test_set_leaves_alone_who_has_the_values_already(world):
    flow(world, set={"plan": "pro"})
    anna = world.person("anna", attributes={"plan": "pro"}, attributes_at={"plan": "2026-01-01"})
    enter(world, anna)
    assert anna.attributes_at == {"plan": "2026-01-01"}
    assert anna.updated_at == NOW
    assert not News.objects.filter(name="profile").exists()


def test_now_is_the_instant_or_the_day_where_the_person_lives(world):
    Attribute.objects.create(key="seen_on", kind="date", name_en="s", name_de="s", created_at=NOW)
    Attribute.objects.create(key="seen_at", kind="instant", name_en="s", name_de="s", created_at=NOW)
    flow(world, set={"seen_on": {"now": True}, "seen_at": {"now": True}})
    world.now = NOW.replace(hour=23)
    anna, yuki = world.person("anna", zone="America/New_York"), world.person("yuki", zone="Asia/Tokyo")
    enter(world, anna, yuki)
    assert anna.attributes == {"seen_on": "2026-11-18", "seen_at": "2026-11-18T23:00:00+00:00"}
    assert yuki.attributes["seen_on"] == "2026-11-19"


@pytest.mark.parametrize(
    ("before", "tag", "after"),
    [
        (None, {"add": ["vip"]}, ["vip"]),
        (["old", "b"], {"add": ["vip", "old"]}, ["old", "b", "vip"]),
        (["old", "b"], {"remove": ["old", "none"]}, ["b"]),
        (["old"], {"remove": ["old"], "add": ["new"]}, ["new"]),
        ("no list", {"add": ["vip"]}, ["vip"]),
        (None, {"remove": ["vip"]}, None),
    ],
)
def test_tags(world, before, tag, after):
    flow(world, tag=tag)
    anna = world.person("anna", attributes={} if before is None else {"tags": before})
    enter(world, anna)
    assert anna.attributes.get("tags") == after


def test_the_next_branch_of_the_same_tick_sees_the_new_value(world):
    journey(
        "j",
        [
            {"key": "mark", "kind": "update", "set": {"plan": "pro"}},
            {"key": "which", "kind": "branch", "otherwise": "no", "branches": [
                {"key": "pro", "name": names("pro"), "when": {"attribute": "plan", "is": "pro"}, "next": "yes"}]},
            {"key": "no", "kind": "end", "outcome": "no"},
            {"key": "yes", "kind": "end", "outcome": "yes"},
        ],
    )  # fmt: skip
    anna = world.person("anna")
    enter(world, anna)
    assert world.run(anna).outcome == "yes"


def test_segments_react_in_the_next_pulse(world):
    segment = Segment.objects.create(
        slug="pro", condition={"attribute": "plan", "is": "pro"}, name_en="p", name_de="p", refreshed_at=NOW
    )
    flow(world, set={"plan": "pro"})
    anna = world.person("anna")
    enter(world, anna)
    world.pulse()
    assert SegmentMember.objects.filter(segment=segment, contact=anna).exists()


def test_stage_moves_the_person(world):
    Stage.objects.create(slug="lead", phase="consideration", position=1, name_en="Lead", name_de="Lead")
    flow(world, stage="lead")
    anna = world.person("anna")
    enter(world, anna)
    assert anna.stage.slug == "lead"


def test_points_are_counted_with_the_decay_of_the_score_and_said(world):
    score = Score.objects.create(
        slug="act", axis="engagement", decay="half_life", decay_days=10, name_en="a", name_de="a", computed_at=NOW
    )
    flow(world, score={"act": 40})
    anna, ben = world.person("anna"), world.person("ben")
    enter(world, anna)
    world.pulse()
    assert ScoreValue.objects.get().value == 40
    assert ScoreAward.objects.get().by == "j/mark"
    factors = card(anna.pk)["rows"][0]["factors"]
    assert [(one["text"], one["points"]) for one in factors] == [("Given by journeys once", "+40")]
    world.later(days=10)
    assert ScoreValue.objects.get(score=score, contact=anna).value == 20
    assert not ScoreValue.objects.filter(contact=ben).exists()


def test_points_of_two_journeys_add_up_and_may_be_negative(world):
    Score.objects.create(slug="act", axis="engagement", name_en="a", name_de="a", computed_at=NOW)
    flow(world, score={"act": 40})
    journey("k", [{"key": "less", "kind": "update", "score": {"act": -15.5}}, {"key": "end", "kind": "end"}])
    enter(world, world.person("anna"))
    world.pulse()
    assert ScoreValue.objects.get().value == 25  # 24.5, rounded half away from zero
    world.later(seconds=1)
    assert ScoreAward.objects.count() == 2


@pytest.mark.parametrize(
    ("settings", "en", "de"),
    [
        ({"set": {"plan": "pro_plus"}, "stage": "lead"}, "sets plan = pro plus, stage = lead", "setzt plan = pro plus, Stufe = lead"),
        ({"set": {"trial": None}}, "sets no trial", "setzt kein trial"),
        ({"set": {"seen_at": {"now": True}}}, "sets seen at = now", "setzt seen at = jetzt"),
        ({"score": {"act": 12.5}}, "+12.5 points in “act”", "+12,5 Punkte in „act“"),
        ({"tag": {"add": ["vip"], "remove": ["cold"]}}, "adds the tags “vip”; takes the tags “cold” away", "vergibt die Schlagwörter „vip“; entfernt die Schlagwörter „cold“"),
        ({}, "changes nothing yet", "ändert noch nichts"),
    ],
)  # fmt: skip
def test_sentences(settings, en, de):
    assert (UPDATE.say(settings, "en"), UPDATE.say(settings, "de")) == (en, de)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "s: expected one of set, stage, score, tag"),
        ({"set": ["a"]}, 's.set: expected attributes with plain values, got ["a"]'),
        ({"set": {"email": "x"}}, "s.set.email: a fixed field of every person: a journey sets attributes only"),
        ({"set": {"plan": "x"}}, "s.set.plan: there is no attribute 'plan'"),
        ({"stage": ""}, 's.stage: expected the short name of a stage, got ""'),
        ({"score": {"act": 0}}, "s.score.act: expected a number from -9999 to 9999 that is not 0, got 0"),
        ({"score": 3}, 's.score: expected points by score like {"engagement": 10}, got 3'),
        ({"tag": {}}, 's.tag: expected an object with "add", "remove", got {}'),
        ({"tag": {"add": [1]}}, "s.tag.add: expected a list of 1 to 20 tags, got [1]"),
    ],
)
def test_validate_says_where_and_what(settings, said):
    assert [str(problem) for problem in UPDATE.validate(settings, "s", {})] == [said]


def test_window_of_a_wait_after_an_update_is_not_disturbed(world):
    flow(world, set={"a": 1})
    anna = world.person("anna")
    enter(world, anna)
    assert world.run(anna).due_at == NOW + timedelta(days=30)
