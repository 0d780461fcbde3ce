"""Every way of leaving, in the middle of a 30-day wait and within one pulse; what was planned is not sent any more."""

from datetime import timedelta

import pytest

from consent.records.operations import record_consent
from contacts.accounts.operations import close_accounts, reopen_accounts
from contacts.models import Account, EventType, News, Segment, SegmentMember, Stage
from contacts.stages.operations import set_stage
from journeys.enrollments.operations import take_out
from journeys.models import Enrollment, Touch, Transition
from orchestrator.tick import loop
from tests.flows.conftest import NOW, names, quiet_nights, world  # noqa: F401
from tests.journeys.enrollments.test_entry_kinds import WAIT, becomes, entering, runs

ORDERED = {"event": "order_placed", "since": "entry"}
GOAL = {"name": names("bought"), "when": ORDERED}
SEND = [{"key": "mail", "kind": "send", "block": "hello", "expires": "30d"}, *WAIT]


@pytest.fixture
def w(world):  # noqa: F811
    for slug, position in (("lead", 1), ("customer", 2)):
        Stage.objects.create(slug=slug, phase="purchase", position=position, name_en=slug, name_de=slug)
    for slug, kind in (("cart_emptied", "transaction"), ("email_opened", "feedback")):
        EventType.objects.create(slug=slug, kind=kind, name_en=slug, name_de=slug)
    Segment.objects.create(slug="german", condition={"attribute": "country", "is": "DE"}, name_en="g", name_de="g")
    return world


def inside(w, **definition):
    """Somebody who is in the middle of a wait of 30 days."""
    account = Account.objects.create(external_id="acme", name="Acme", created_at=NOW)
    entering(event="cart_updated", **definition)
    anna = w.person("anna", country="DE", account=account)
    w.later(minutes=1)
    w.does(anna, "cart_updated", cart="a")
    w.pulse()
    w.later(days=12)
    assert [run.reason for run in runs(anna)] == [""]
    return anna


def withdraws(w, anna):
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="withdrawn", source="t", now=w.now)


WAYS = {
    "goal": ({"goal": GOAL}, lambda w, anna: w.does(anna, "order_placed")),
    "exit_condition": ({"exit": [{"when": {"attribute": "country", "is": "FR"}}]}, lambda w, anna: becomes(w, anna, country="FR")),
    "exit_event": ({"exit": [{"event": "cart_emptied"}]}, lambda w, anna: w.does(anna, "cart_emptied")),
    "segment_left": ({"exit": [{"segment_left": "german"}]}, lambda w, anna: becomes(w, anna, country="FR")),
    "stage": ({"exit": [{"stage": "customer"}]}, lambda w, anna: set_stage(contact_ids=[anna.pk], slug="customer", by="s", now=w.now)),
    "consent_withdrawn": ({}, withdraws),
    "account_closed": ({}, lambda w, anna: close_accounts(account_ids=[anna.account_id], now=w.now)),
}  # fmt: skip


@pytest.mark.parametrize("reason", WAYS)
def test_leaving_in_the_middle_of_a_wait_within_one_pulse(w, reason):
    definition, happens = WAYS[reason]
    anna = inside(w, **definition)
    happens(w, anna)
    assert w.pulse().left == {reason: 1}
    (run,) = runs(anna)
    assert (run.reason, run.left_at, run.step, run.due_at) == (reason, w.now, None, None)
    assert loop.tick(now=w.now).left == {}
    last = Transition.objects.filter(enrollment=run).order_by("seq").last()
    assert (last.from_step.key, last.to_step, last.reason, last.at) == ("rest", None, reason, w.now)
    w.adds_up()


def test_max_age_is_looked_at_by_time(w):
    anna = inside(w, max_age="14d")
    assert w.later(days=1, hours=23, minutes=59).left == {}
    assert w.later(minutes=1).left == {"max_age": 1}
    assert len(runs(anna)) == 1


def test_stopped_by_a_colleague_at_once_and_by_key(w, django_user_model):
    maria = django_user_model.objects.create_user("maria")
    journey = entering(event="cart_updated", key="cart")
    anna = w.person("anna")
    for cart in "ab":
        w.does(anna, "cart_updated", cart=cart)
    w.pulse()
    assert take_out(journey=journey, contact_ids=[anna.pk], by=maria, key="b", now=w.now) == 1
    assert [run.reason for run in runs(anna)] == ["", "stopped"]
    assert take_out(journey=journey, contact_ids=[anna.pk], by=maria, now=w.now) == 1
    assert take_out(journey=journey, contact_ids=[anna.pk], by=maria, now=w.now) == 0
    w.adds_up()


def test_the_goal_goes_first_then_the_exits_in_their_order(w):
    both = {"attribute": "country", "is": "FR"}
    anna = inside(w, goal=GOAL, exit=[{"stage": "customer"}, {"when": both}, {"event": "order_placed"}])
    ben, cem = w.person("ben"), w.person("cem")
    for one in (ben, cem):
        w.does(one, "cart_updated")
    w.pulse()
    w.later(hours=1)
    for one in (anna, ben, cem):
        withdraws(w, one)
    w.does(anna, "order_placed")
    for one in (anna, ben):
        becomes(w, one, country="FR")
        set_stage(contact_ids=[one.pk], slug="customer", by="s", now=w.now)
    w.pulse()
    assert [runs(one)[0].reason for one in (anna, ben, cem)] == ["goal", "stage", "consent_withdrawn"]


def test_what_happened_before_the_entry_ends_nothing(w):
    entering(event="cart_updated", goal=GOAL, exit=[{"event": "cart_emptied"}, {"segment_left": "german"}])
    anna = w.person("anna", country="DE")
    w.later(minutes=1)
    becomes(w, anna, country="FR")  # leaves the segment before
    w.does(anna, "cart_emptied")
    w.later(minutes=1)
    withdraws(w, anna)
    w.later(minutes=1)
    w.does(anna, "cart_updated")
    w.pulse()
    w.later(minutes=1)
    w.does(anna, "cart_emptied", ago=timedelta(minutes=5))  # comes in late, belongs before the entry
    w.pulse()
    assert [run.reason for run in runs(anna)] == [""]


def test_who_comes_back_into_the_segment_in_time_stays(w):
    anna = inside(w, exit=[{"segment_left": "german"}])
    becomes(w, anna, country="FR")
    Segment.objects.get(slug="german")
    becomes(w, anna, country="DE")
    w.pulse()
    assert [run.reason for run in runs(anna)] == [""]
    assert SegmentMember.objects.filter(contact=anna).exists()


def test_closed_account_that_opens_again_takes_nobody_out(w):
    anna = inside(w)
    close_accounts(account_ids=[anna.account_id], now=w.now)
    reopen_accounts(account_ids=[anna.account_id], now=w.now)
    assert News.objects.filter(name="account").count() == 2
    w.pulse()
    assert [run.reason for run in runs(anna)] == [""]


@pytest.mark.parametrize(("days", "reason"), [(6.9, "goal"), (7, "goal"), (7.1, "")])
@pytest.mark.parametrize("begins", ["entry", "send", "open", "click"])
def test_goal_counts_in_its_window(w, begins, days, reason):
    goal = {"name": names("bought"), "when": {"event": "order_placed"}, "within": "7d", "from": begins}
    entering(steps=SEND, event="cart_updated", goal=goal)
    anna = w.person("anna")
    w.does(anna, "order_placed", ago=timedelta(days=2))
    w.does(anna, "cart_updated")
    w.pulse()
    if begins != "entry":
        w.later(hours=1)
        Touch.objects.filter(contact=anna).update(state="sent", sent_at=w.now)
        w.pulse()
        assert [run.reason for run in runs(anna)] == [""]
    if begins in ("open", "click"):
        w.later(days=3)
        touch = Touch.objects.get(contact=anna)
        name = {"open": "email_opened", "click": "email_clicked"}[begins]
        w.does(anna, name, touch=touch.pk)
        w.later(days=1)
        w.does(anna, name, touch=touch.pk, likely_machine=True)
        w.later(days=-1)
    w.later(days=days)
    w.does(anna, "order_placed")
    w.pulse()
    assert [run.reason for run in runs(anna)] == [reason]


def test_order_in_the_window_that_comes_in_late_reaches_the_goal(w):
    anna = inside(w, goal={"name": names("b"), "when": {"event": "order_placed"}, "within": "7d"})
    w.does(anna, "order_placed", ago=timedelta(days=4))
    w.pulse()
    assert [run.reason for run in runs(anna)] == [""]
    w.does(anna, "order_placed", ago=timedelta(days=6))
    assert w.pulse().left == {"goal": 1}


def test_goal_that_is_a_condition_counts_while_the_window_is_open(w):
    goal = {"name": names("b"), "when": {"attribute": "country", "is": "FR"}, "within": "13d"}
    anna = inside(w, goal=goal)
    becomes(w, anna, country="FR")
    assert w.pulse().left == {"goal": 1}
    ben = w.person("ben")
    w.does(ben, "cart_updated")
    w.pulse()
    w.later(days=14)
    becomes(w, ben, country="FR")
    assert w.pulse().left == {}


def test_touch_that_is_held_is_suppressed_when_the_run_is_over(w, quiet_nights):  # noqa: F811
    entering(steps=SEND, event="cart_updated", goal=GOAL)
    anna = w.person("anna")
    w.later(hours=13)  # midnight in Berlin
    w.does(anna, "cart_updated")
    w.pulse()
    assert w.touches(anna) == [("mail", "held", "quiet_hours")]
    w.later(minutes=1)
    w.does(anna, "order_placed")
    w.pulse()
    w.later(hours=10)
    assert w.touches(anna) == [("mail", "suppressed", "left_journey")]
    assert Enrollment.objects.get().reason == "goal"


def test_people_in_the_holdout_are_measured_the_same_way(w):
    steps = [
        {
            "key": "s",
            "kind": "split",
            "arms": [{"name": "holdout", "weight": 100_000_000, "holdout": True}, {"name": "on", "weight": 1}],
        },
        *SEND,
    ]
    anna = inside(w, steps=steps, goal=GOAL)
    assert runs(anna)[0].arm == "holdout"
    w.does(anna, "order_placed")
    assert w.pulse().left == {"goal": 1}
