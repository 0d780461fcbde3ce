"""Every kind of entry: what opens a journey, once for each cause; people who lack data; the key of a run."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.models import EventType, News, Segment, SegmentMember, Stage
from contacts.stages.operations import set_stage
from journeys.definitions.operations import publish_version
from journeys.enrollments.operations import count_matching, put_in, take_in_members
from journeys.models import Enrollment, Journey, Refusal, Trigger, Version
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey, world  # noqa: F401

WAIT = [{"key": "rest", "kind": "wait", "for": "30d"}, {"key": "end", "kind": "end"}]
SHORT = [{"key": "rest", "kind": "wait", "for": "1d"}, {"key": "end", "kind": "end", "outcome": "done"}]


@pytest.fixture
def w(world):  # noqa: F811
    for slug, position in (("lead", 1), ("customer", 2)):
        Stage.objects.create(slug=slug, phase="purchase", position=position, name_en=slug, name_de=slug)
    return world


def entering(slug="j", steps=WAIT, **entry):
    more = {key: entry.pop(key) for key in ("goal", "exit", "priority", "max_age") if key in entry}
    return journey(slug, [dict(step) for step in steps], entry=entry, **more).journey


def runs(contact, slug="j"):
    return list(Enrollment.objects.filter(contact=contact, journey__slug=slug).order_by("pk"))


def becomes(w, contact, **columns):
    type(contact).objects.filter(pk=contact.pk).update(**columns)
    News.objects.create(contact_id=contact.pk, name="profile", since=w.now)


def refused(contact, slug="j"):
    return list(
        Refusal.objects.filter(contact=contact, journey__slug=slug).order_by("pk").values_list("reason", flat=True)
    )


def test_event_opens_a_journey_once_for_each_event_and_only_where_it_fits(w):
    entering(event="order_placed", where=[{"property": "total", "gte": 100}])
    anna = w.person("anna")
    w.does(anna, "order_placed", total=99)
    assert w.pulse().entered == {}
    w.does(anna, "order_placed", total=100, plan="pro")
    assert w.pulse().entered == {"": 1}
    (run,) = runs(anna)
    assert run.evidence["properties"] == {"total": 100, "plan": "pro"}
    assert run.evidence["event"] == "order_placed"
    loop.tick(now=w.now, scope=EVERYBODY)
    loop.tick(now=w.now, scope=EVERYBODY)
    assert len(runs(anna)) == 1
    assert refused(anna) == []
    assert Trigger.objects.count() == 1


def test_event_that_is_behaviour_opens_nothing_without_profiling_consent(w):
    entering(event="cart_updated")
    anna = w.person("anna", consents=("email_marketing",))
    w.does(anna, "cart_updated")
    assert w.pulse().entered == {"no_profiling_consent": 1}


def test_event_from_before_the_journey_opens_nothing_and_a_late_one_is_refused(w):
    anna = w.person("anna")
    w.now -= timedelta(hours=1)
    w.does(anna, "order_placed")
    w.now += timedelta(hours=1)
    entering(event="order_placed")
    assert w.pulse().entered == {}
    w.does(anna, "order_placed", ago=timedelta(hours=25))
    assert w.pulse().entered == {"late_event": 1}
    w.does(anna, "order_placed", ago=timedelta(days=31))  # history
    assert w.pulse().entered == {}
    assert Refusal.objects.get().details["source"].startswith("event:")


def test_new_version_with_another_trigger_is_opened_only_by_what_comes_after_it(w):
    anna = w.person("anna")
    entering(event="cart_updated")
    w.now += timedelta(minutes=5)
    w.does(anna, "order_placed")
    w.now += timedelta(minutes=5)
    one = Version.objects.get()
    definition = {**one.definition, "entry": {"event": "order_placed"}}
    draft = Version.objects.create(journey=one.journey, number=2, definition=definition, created_at=w.now)
    publish_version(version=draft, now=w.now)
    assert w.pulse().entered == {}
    w.does(anna, "order_placed")
    assert w.pulse().entered == {"": 1}


@pytest.mark.parametrize(("change", "comes", "goes"), [("entered", 1, 0), ("left", 0, 1)])
def test_segment_opens_on_change(w, change, comes, goes):
    Segment.objects.create(slug="german", condition={"attribute": "country", "is": "DE"}, name_en="g", name_de="g")
    entering(segment="german", change=change)
    anna = w.person("anna", country="FR")
    w.later(minutes=1)
    becomes(w, anna, country="DE")
    w.later(minutes=1)
    assert len(runs(anna)) == comes
    w.later(minutes=1)
    assert len(runs(anna)) == comes
    becomes(w, anna, country="FR")
    w.later(minutes=1)
    assert len(runs(anna)) == comes + goes


def test_stage_opens_on_entering_it_by_hand_and_by_rule(w):
    Stage.objects.filter(slug="lead").update(condition={"event": "order_placed"})
    entering(stage="lead")
    anna, ben = w.person("anna"), w.person("ben")
    w.later(minutes=1)
    set_stage(contact_ids=[anna.pk], slug="lead", by="sales", now=w.now)
    assert w.pulse().entered == {"": 1}
    w.does(ben, "order_placed")
    assert w.pulse().entered == {"": 1}
    assert runs(ben)[0].evidence["stage"] == "lead"
    assert w.pulse().entered == {}
    assert w.later(minutes=1).entered == {}


@pytest.mark.parametrize(("extra", "opens"), [({}, 1), ({"state": "completed", "outcome": "done"}, 1), ({"outcome": "x"}, 0), ({"state": "goal"}, 0), ({"state": "left"}, 1)])  # fmt: skip
def test_other_journey_opens_when_a_run_is_over_in_that_way(w, extra, opens):
    entering("first", SHORT, event="order_placed")
    entering(journey="first", **extra)
    anna = w.person("anna")
    w.does(anna, "order_placed")
    w.pulse()
    w.later(days=1, minutes=1)
    w.pulse()
    assert len(runs(anna)) == opens
    w.later(minutes=1)
    assert len(runs(anna)) == opens
    assert refused(anna) == []


def test_other_journey_opens_by_its_goal_within_the_next_pulse(w):
    goal = {"name": {"en": "g", "de": "g"}, "when": {"event": "order_placed", "since": "entry"}}
    entering("first", WAIT, event="cart_updated", goal=goal)
    entering(journey="first", state="goal")
    anna = w.person("anna")
    w.does(anna, "cart_updated")
    w.pulse()
    w.later(days=3)
    w.does(anna, "order_placed")
    w.pulse()
    w.pulse()
    assert runs(anna)[0].evidence["reason"] == "goal"


def test_two_journeys_that_open_each_other_do_not_keep_a_pulse_busy(w):
    now_end = [{"key": "end", "kind": "end"}]
    pong = entering("pong", now_end, event="order_placed")
    entering("ping", now_end, journey="pong")
    version = Version.objects.create(
        journey=pong,
        number=2,
        definition={**pong.live_version.definition, "entry": {"journey": "ping"}},
        created_at=w.now,
    )
    anna = w.person("anna")
    w.does(anna, "order_placed")
    w.pulse()
    publish_version(version=version, now=w.now)
    for _ in range(5):
        w.pulse()
    assert [len(runs(anna, slug)) for slug in ("pong", "ping")] == [1, 1]
    w.later(seconds=2)
    assert [len(runs(anna, slug)) for slug in ("pong", "ping")] == [2, 1]


def test_person_with_missing_data_is_tried_again_and_taken_in(w):
    entering(event="order_placed", when={"attribute": "country", "is": "DE"})
    anna = w.person("anna", country="")
    w.does(anna, "order_placed")
    assert w.pulse().entered == {}
    assert Trigger.objects.get().retry_until == w.now + timedelta(minutes=30)
    w.later(minutes=20)
    assert runs(anna) == []
    assert refused(anna) == []
    becomes(w, anna, country="DE")
    assert w.later(minutes=5).entered == {"": 1}
    assert runs(anna)[0].entered_at == NOW


def test_person_whose_data_stays_missing_is_refused_after_half_an_hour(w):
    entering(signal="cart", when={"attribute": "country", "is": "DE"})
    anna, cem = w.person("anna", country=""), w.person("cem", country="FR")
    for one in (anna, cem):
        w.does(one, "cart_updated")
    assert w.pulse().entered == {"condition_unmet": 1}
    assert refused(cem) == ["condition_unmet"]
    w.later(minutes=29)
    assert refused(anna) == []
    w.later(minutes=1)
    assert refused(anna) == ["condition_unmet"]
    assert Refusal.objects.get(contact=anna).details["truth"] == "unknown"
    w.later(minutes=30)
    assert refused(anna) == ["condition_unmet"]


def test_condition_on_behaviour_without_consent_is_refused_for_that_reason(w):
    viewed = {"event": "pricing_viewed"}
    EventType.objects.create(slug="pricing_viewed", kind="behaviour", name_en="p", name_de="p")
    entering(event="order_placed", when={"all": [viewed, {"attribute": "country", "is": "DE"}]})
    anna = w.person("anna", consents=(), country="DE")
    ben = w.person("ben", consents=(), country="")
    for one in (anna, ben):
        w.does(one, "order_placed")
    w.pulse()
    w.later(minutes=30)
    assert refused(anna) == ["no_profiling_consent"]
    assert refused(ben) == ["condition_unmet"]


def test_excluded_segment_is_refused_with_its_name(w):
    out = Segment.objects.create(slug="out", kind="fixed", name_en="o", name_de="o")
    entering(event="order_placed", exclude="out")
    anna = w.person("anna")
    SegmentMember.objects.create(segment=out, contact=anna, since=w.now)
    w.does(anna, "order_placed")
    assert w.pulse().entered == {"excluded": 1}
    assert Refusal.objects.get().details["segment"] == "out"


def test_carts_are_runs_of_their_own_and_later_events_bind_by_key(w):
    goal = {"name": {"en": "g", "de": "g"}, "when": {"event": "order_placed", "since": "entry", "where": [{"property": "cart", "is": {"run": "key"}}]}}  # fmt: skip
    exit_ = [{"event": "cart_emptied", "where": [{"property": "cart", "is": {"run": "key"}}]}]
    EventType.objects.create(slug="cart_emptied", kind="transaction", name_en="e", name_de="e")
    entering(event="cart_updated", key="cart", goal=goal, exit=exit_)
    anna = w.person("anna")
    for cart in ("a", "b", "c", "a"):
        w.does(anna, "cart_updated", cart=cart)
    assert w.pulse().entered == {"": 3, "already_in": 1}
    w.later(days=12)
    w.does(anna, "order_placed", cart="b")
    w.pulse()
    w.does(anna, "cart_emptied", cart="a")
    w.pulse()
    assert [(run.key, run.reason) for run in runs(anna)] == [("a", "exit_event"), ("b", "goal"), ("c", "")]
    w.adds_up()


@pytest.mark.parametrize("state", ["paused", "ending"])
def test_journey_that_takes_in_nobody_refuses(w, state):
    one = entering(event="order_placed")
    Journey.objects.filter(pk=one.pk).update(state=state)
    anna = w.person("anna")
    w.does(anna, "order_placed")
    assert w.pulse().entered == {"paused": 1}
    assert Refusal.objects.get().details["state"] == state


def test_by_hand_every_gate_holds(w, django_user_model):
    maria = django_user_model.objects.create_user("maria")
    one = entering(api=True, when={"attribute": "country", "is": "DE"})
    anna, ben = w.person("anna", country="DE"), w.person("ben", country="FR")
    assert put_in(journey=one, contact_ids=[anna.pk, ben.pk, anna.pk], by=maria, now=w.now) == 2
    assert w.pulse().entered == {"": 1, "condition_unmet": 1}
    assert runs(anna)[0].evidence["by"] == "maria"


def test_publishing_takes_in_who_fits_already(w):
    Segment.objects.create(slug="german", condition={"attribute": "country", "is": "DE"}, name_en="g", name_de="g")
    people = [w.person(f"p{n}", country="DE" if n < 3 else "FR", language="de" if n else "en") for n in range(5)]
    w.later(minutes=1)
    one = entering(segment="german", when={"attribute": "language", "is": "de"})
    assert count_matching(definition=one.live_version.definition, now=w.now) == 2
    assert take_in_members(journey=one, version=one.live_version, now=w.now) == 2
    assert take_in_members(journey=one, version=one.live_version, now=w.now) == 0
    assert w.later(seconds=5).entered == {"": 2}
    assert len(runs(people[1])) == 1
    assert w.later(seconds=5).entered == {}
    for entry, n in (({"event": "order_placed"}, 0), ({"segment": "german", "change": "left"}, 0), ({"api": True}, 0), ({"stage": "lead"}, 0)):  # fmt: skip
        assert count_matching(definition={"entry": entry}, now=w.now) == n


def test_goal_that_came_in_with_the_entry_is_seen_at_once(w):
    goal = {"name": {"en": "g", "de": "g"}, "when": {"event": "order_placed", "since": "entry"}}
    entering(event="cart_updated", goal=goal)
    anna = w.person("anna")
    w.does(anna, "cart_updated", ago=timedelta(minutes=2))
    w.does(anna, "order_placed", ago=timedelta(minutes=1))
    w.pulse()
    assert [run.reason for run in runs(anna)] == ["goal"]
    w.adds_up()


def test_schedule_once_over_a_segment_in_each_persons_own_time(w):
    Segment.objects.create(slug="all", condition={"attribute": "first_name", "is_set": True}, name_en="a", name_de="a")
    berlin, tokyo = w.person("berlin"), w.person("tokyo", zone="Asia/Tokyo")
    york = w.person("york", zone="America/New_York")
    entering(schedule={"segment": "all", "at": "2026-11-18T23:30"})
    seen = {}
    for hour in range(24):
        w.later(hours=1)
        for name, one in (("berlin", berlin), ("tokyo", tokyo), ("york", york)):
            if runs(one) and name not in seen:
                seen[name] = hour + 11
    assert seen == {"tokyo": 15, "berlin": 23, "york": 29}  # the beats after 14:30, 22:30 and 04:30 UTC
    assert runs(york)[0].entered_at == datetime(2026, 11, 19, 4, 30, tzinfo=UTC)


def test_schedule_repeats_and_takes_each_turn_once(w):
    Segment.objects.create(slug="all", condition={"attribute": "first_name", "is_set": True}, name_en="a", name_de="a")
    anna = w.person("anna", zone="Asia/Tokyo")
    entering(steps=[{"key": "end", "kind": "end"}], schedule={"segment": "all", "every": "day", "time": "09:00", "local": False})  # fmt: skip
    for _ in range(3):
        w.later(days=1)
        w.later(seconds=0)
        w.later(seconds=5)
    assert [run.entered_at for run in runs(anna)] == [datetime(2026, 11, d, 8, tzinfo=UTC) for d in (19, 20, 21)]
    w.later(days=10)  # an outage: the newest turn only
    assert len(runs(anna)) == 4
    assert refused(anna) == []
