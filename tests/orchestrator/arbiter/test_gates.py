"""The gates that look at the person and at what journeys weigh: groups held out, rest, pauses, limits of every kind, look-ahead."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from structlog.testing import capture_logs

from consent.models import Holdout, HoldoutMember, Limit, Preference, Purpose, QuietHours, Rest
from consent.records.operations import record_consent
from contacts.models import Account, Contact, Score, ScoreValue
from journeys.models import Block, Enrollment, Journey, Touch, Variant
from orchestrator.arbiter.queries import is_holiday
from orchestrator.arbiter.reach import register_channel, withdraw_channel
from orchestrator.models import Verdict
from tests.flows.conftest import NOW, journey, world
from tests.flows.test_arbiter import WAIT_MAIL, mail_to

__all__ = ["world"]
pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def limit(slug="one", most=1, window=7 * DAY, **more):
    return Limit.objects.create(slug=slug, most=most, window=window, name_en=slug, name_de=slug, **more)


def topic(slug, **more):
    parent = Purpose.objects.get(slug="email_marketing")
    return Purpose.objects.create(slug=slug, parent=parent, name_en=slug, name_de=slug, **more)


def states(*people):
    touches = Touch.objects.filter(contact__in=people).select_related("journey")
    return {t.journey.slug: (t.state, t.reason) for t in touches}


@pytest.mark.parametrize(("slug", "stopped"), [("", True), ("j", True), ("other", False)])
def test_decide_held_out_suppresses_the_person_and_whoever_has_the_address(world, slug, stopped):
    journey("j", WAIT_MAIL)
    anna, twin = world.person("anna"), world.person("twin")
    Contact.objects.filter(pk=twin.pk).update(email=anna.email)
    group = Holdout.objects.create(
        slug="h", journey=slug, buckets=0, salt="s", created_at=NOW, name_en="h", name_de="h"
    )
    HoldoutMember.objects.create(holdout=group, contact=twin, since=NOW)
    mail_to(world, anna)
    assert states(anna) == {"j": ("suppressed", "holdout") if stopped else ("approved", "")}


@pytest.mark.parametrize(("phase", "rests"), [("", True), ("purchase", True), ("advocacy", False)])
def test_decide_after_a_goal_rests_until_the_hours_are_over(world, phase, rests):
    Rest.objects.create(slug="r", phase=phase, hours=48, name_en="r", name_de="r")
    version = journey("other", WAIT_MAIL, signal="cart")
    anna, twin = world.person("anna"), world.person("twin")
    Contact.objects.filter(pk=twin.pk).update(email=anna.email)
    Enrollment.objects.create(
        contact=twin, journey=version.journey, version=version, entered_at=NOW - 9 * DAY, arrived_at=NOW - 9 * DAY,
        left_at=NOW - 47 * HOUR, reason="goal",
    )  # fmt: skip
    mail_to(world, anna)
    assert states(anna) == {"other": ("held", "rest_after_goal") if rests else ("approved", "")}
    if rests:
        assert Touch.objects.get().hold_until == NOW + HOUR
        assert Verdict.objects.get().gates["rest"]["goal"] == "r"
        world.later(hours=1)
        assert states(anna) == {"other": ("approved", "")}


def test_decide_while_the_person_paused_holds_until_then(world):
    journey("j", WAIT_MAIL)
    anna = world.person("anna")
    Preference.objects.create(contact=anna, paused_until=NOW + DAY, since=NOW)
    mail_to(world, anna)
    assert states(anna) == {"j": ("held", "paused_by_person")}
    world.later(days=1)
    assert states(anna) == {"j": ("approved", "")}


def test_limit_by_account_counts_colleagues(world):
    limit(per="account", overflow="drop")
    journey("j", WAIT_MAIL)
    account = Account.objects.create(external_id="a", name="A", created_at=NOW)
    anna, ben = world.person("anna", account=account), world.person("ben", account=account)
    cem = world.person("cem")
    for person in (anna, ben, cem):
        world.does(person, "cart_updated")
    world.pulse()
    assert sorted([states(anna)["j"], states(ben)["j"]]) == [("approved", ""), ("suppressed", "cap_one")]
    assert states(cem) == {"j": ("approved", "")}
    later = world.person("dora", account=account)
    mail_to(world, later)
    assert states(later) == {"j": ("suppressed", "cap_one")}


def test_limit_counts_twins_as_one_person(world):
    limit(overflow="drop")
    journey("j", WAIT_MAIL)
    anna, twin = world.person("anna"), world.person("twin")
    Contact.objects.filter(pk=twin.pk).update(email=anna.email)
    mail_to(world, anna)
    mail_to(world, twin)
    assert (states(anna)["j"], states(twin)["j"]) == (("approved", ""), ("suppressed", "cap_one"))


@pytest.mark.parametrize(
    ("purpose", "second"), [("news", "suppressed"), ("email_marketing", "suppressed"), ("events", "approved")]
)
def test_limit_of_a_purpose_counts_its_topics(world, purpose, second):
    topic("news"), topic("events")
    limit(purpose=purpose, overflow="drop")
    anna = world.person("anna", consents=("email_marketing", "profiling", "news", "events"))
    for slug, priority in (("a", 20), ("b", 10)):
        journey(
            slug,
            [{"key": "mail", "kind": "send", "block": "hello", "purpose": "news"}, {"key": "end", "kind": "end"}],
            priority=priority,
        )
    mail_to(world, anna)
    assert states(anna)["a"] == ("approved", "")
    assert states(anna)["b"][0] == second


def test_topic_needs_what_it_is_a_topic_of(world):
    topic("news")
    journey("j", [{"key": "mail", "kind": "send", "block": "hello", "purpose": "news"}, {"key": "end", "kind": "end"}])
    anna = world.person("anna", consents=("news", "profiling"))
    mail_to(world, anna)
    assert states(anna) == {"j": ("suppressed", "no_consent")}


def test_limit_of_a_phase_counts_journeys_of_that_type(world):
    limit(phase="retention", overflow="drop")
    journey("a", WAIT_MAIL, phase="retention", priority=30)
    journey("b", WAIT_MAIL, phase="retention", priority=20)
    journey("c", WAIT_MAIL, priority=10)
    anna = world.person("anna")
    mail_to(world, anna)
    assert states(anna) == {"a": ("approved", ""), "b": ("suppressed", "cap_one"), "c": ("approved", "")}


@pytest.mark.parametrize(("frequency", "second"), [("less", ("suppressed", "cap_less")), ("normal", ("approved", ""))])
def test_limit_for_people_who_want_less_is_for_them(world, frequency, second):
    anna = world.person("anna")
    Preference.objects.create(contact=anna, frequency=frequency, since=NOW)
    journey("a", WAIT_MAIL, priority=20)
    journey("b", WAIT_MAIL, priority=10)
    mail_to(world, anna)
    assert states(anna) == {"a": ("approved", ""), "b": second}


@pytest.mark.parametrize(
    ("calendar", "before", "counts"),
    [
        ("day", "2026-11-17T22:59:59.999999Z", False),  # yesterday in Berlin
        ("day", "2026-11-17T23:00:00Z", True),
        ("week", "2026-11-15T22:59:59.999999Z", False),  # Sunday
        ("week", "2026-11-15T23:00:00Z", True),
        ("month", "2026-10-31T22:59:59.999999Z", False),
        ("month", "2026-10-31T23:00:00Z", True),
        ("", "2026-11-11T10:00:00Z", False),  # half open: exactly seven days ago is out
        ("", "2026-11-11T10:00:00.001Z", True),
    ],
)
def test_limit_window_edge_is_exact(world, calendar, before, counts):
    limit(calendar=calendar, overflow="hold")
    version = journey("j", WAIT_MAIL)
    anna = world.person("anna")
    run = Enrollment.objects.create(
        contact=anna,
        journey=version.journey,
        version=version,
        entered_at=NOW,
        arrived_at=NOW,
        left_at=NOW,
        reason="completed",
    )
    step = version.steps.get(key="mail")
    Touch.objects.create(
        enrollment=run,
        step=step,
        visit=1,
        contact=anna,
        journey=version.journey,
        block_id=step.settings["block_id"],
        channel="email",
        purpose="email_marketing",
        state="sent",
        proposed_at=NOW,
        expires_at=NOW,
        decided_at=datetime.fromisoformat(before),
    )
    mail_to(world, anna)
    new = Touch.objects.order_by("-id").first()
    assert (new.state, new.reason) == (("held", "cap_one") if counts else ("approved", ""))
    if counts and calendar == "day":
        free = Verdict.objects.get().gates["caps"][0]["free_at"]
        assert datetime.fromisoformat(free) == datetime(2026, 11, 18, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("has_text", [True, False])
def test_overflow_goes_to_the_next_channel_that_has_a_text_and_an_address(world, has_text):
    register_channel("letterbird", "phone")
    try:
        limit(channel="email", overflow="next")
        Purpose.objects.update(channel="")
        if has_text:
            Variant.objects.create(
                block=Block.objects.get(slug="hello"), channel="letterbird", language="en", body="Hi"
            )
        journey("a", WAIT_MAIL, priority=20)
        journey("b", WAIT_MAIL, priority=10)
        anna = world.person("anna", phone="+4930123456")
        mail_to(world, anna)
    finally:
        withdraw_channel("letterbird")
    moved = Touch.objects.get(journey__slug="b")
    if has_text:
        assert (moved.channel, moved.state, moved.address) == ("letterbird", "approved", "+4930123456")
        first = Verdict.objects.filter(touch=moved).order_by("id").first()
        assert (first.outcome, first.reason, first.gates["next_channel"]) == ("held", "cap_one", "letterbird")
    else:
        assert (moved.channel, moved.state, moved.reason) == ("email", "suppressed", "cap_one")


@pytest.mark.parametrize(
    ("hours", "outcome"), [(4, ("held", "slot_reserved")), (2, ("approved", "")), (0, ("approved", ""))]
)
def test_look_ahead_keeps_the_slot_for_a_wait_that_ends_before_a_message(world, hours, outcome):
    limit(lookahead_hours=hours)
    journey("high", [{"key": "wait", "kind": "wait", "for": "3h"}, *WAIT_MAIL], priority=50)
    journey("low", WAIT_MAIL, priority=10)
    anna = world.person("anna")
    mail_to(world, anna)
    assert states(anna)["low"] == outcome
    if outcome[0] == "held":
        assert Touch.objects.get(journey__slug="low").hold_until == NOW + 3 * HOUR
        world.later(hours=3)
        assert states(anna) == {"high": ("approved", ""), "low": ("held", "outranked")}


def test_score_weighs_context_and_propensity(world):
    limit(overflow="drop")
    journey("plain", WAIT_MAIL, priority=20)
    journey("fits", WAIT_MAIL, priority=15)
    journey("likely", WAIT_MAIL, priority=100)
    Journey.objects.filter(slug="fits").update(context={"attribute": "country", "is": "AT"}, context_factor=2)
    score = Score.objects.create(slug="buys", axis="fit", name_en="s", name_de="s")
    Journey.objects.filter(slug="likely").update(propensity="buys")
    anna, ben = world.person("anna", country="AT"), world.person("ben", country="DE")
    for person, value in ((anna, 10), (ben, 40)):
        ScoreValue.objects.create(score=score, contact=person, value=value, since=NOW)
        world.does(person, "cart_updated")
    world.pulse()
    assert [slug for slug, (state, _) in states(anna).items() if state == "approved"] == ["fits"]  # 30 before 20 and 10
    assert [slug for slug, (state, _) in states(ben).items() if state == "approved"] == [
        "likely"
    ]  # 40 before 20 and 15
    weights = Verdict.objects.get(touch__contact=ben, touch__journey__slug="likely").gates["priority"]
    assert (weights["score"], weights["propensity"]) == (40, 40)


@pytest.mark.parametrize(
    "context",
    [
        {"attribute": "country", "is": 7},
        {"attribute": "country"},
        {"nonsense": 1},
        {},
        ["country"],
        {"event": "cart_updated", "since": "entry"},  # about a run: no person has one here
    ],
)
def test_decide_with_an_invalid_context_counts_it_once_and_decides_for_everybody(world, context):
    limit(overflow="drop")
    journey("plain", WAIT_MAIL, priority=20)
    journey("broken", WAIT_MAIL, priority=15)
    journey("fits", WAIT_MAIL, priority=15)
    Journey.objects.filter(slug="broken").update(context=context, context_factor=50)
    Journey.objects.filter(slug="fits").update(context={"attribute": "country", "is": "AT"}, context_factor=2)
    anna = world.person("anna", country="AT")
    with capture_logs() as logs:
        mail_to(world, anna)
    assert [slug for slug, (state, _) in states(anna).items() if state == "approved"] == ["fits"]  # 30 before 20 and 15
    weights = Verdict.objects.get(touch__contact=anna, touch__journey__slug="broken").gates["priority"]
    assert weights["score"] == 15
    (told,) = [one for one in logs if one["log_level"] == "error"]
    assert (told["journey"], bool(told["problems"])) == ("broken", True)


def test_ties_go_to_the_older_proposal_then_the_lower_id(world):
    limit(overflow="drop")
    for slug in ("b", "a", "c"):
        journey(slug, WAIT_MAIL, priority=10)
    anna = world.person("anna")
    mail_to(world, anna)
    first = Touch.objects.order_by("proposed_at", "id").first()
    assert [t.pk for t in Touch.objects.filter(state="approved")] == [first.pk]


@pytest.mark.parametrize(
    ("zone", "country", "account_country", "quiet"),
    [
        ("Mars/Base", "JP", "", True),  # 19:00 in Tokyo
        ("", "US", "JP", True),  # the company's clock goes before the country's
        ("../etc", "", "", False),  # the team's: 11:00 in Berlin
        ("Asia/Tokyo", "DE", "DE", True),
        ("Europe/Berlin", "JP", "JP", False),
    ],
)
def test_quiet_hours_with_an_unknown_zone_take_the_next_best_clock(world, zone, country, account_country, quiet):
    QuietHours.objects.create(starts=time(18), ends=time(8))
    journey("j", WAIT_MAIL)
    account = Account.objects.create(external_id="a", name="A", country=account_country, created_at=NOW)
    anna = world.person("anna", zone=zone, country=country, account=account)
    mail_to(world, anna)
    assert states(anna) == {"j": ("held", "quiet_hours") if quiet else ("approved", "")}


def test_quiet_on_public_holidays_all_day_and_only_in_that_country(world):
    world.now = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)
    assert is_holiday("DE", date(2026, 12, 25))
    assert not is_holiday("XX", date(2026, 12, 25))
    QuietHours.objects.create(starts=time(0), ends=time(0), holidays=True, country="DE")
    journey("j", WAIT_MAIL)
    anna, ben = world.person("anna", country="DE"), world.person("ben", country="AT")
    for person in (anna, ben):
        world.does(person, "cart_updated")
    world.pulse()
    assert states(anna) == {"j": ("held", "quiet_hours")}
    assert Touch.objects.get(contact=anna).hold_until == datetime(
        2026, 12, 26, 23, 0, tzinfo=UTC
    )  # the 26th is one too
    assert states(ben) == {"j": ("approved", "")}


def test_restricted_person_gets_marketing_of_no_kind(world):
    journey("j", WAIT_MAIL)
    anna = world.person("anna")
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="t", now=NOW)
    Contact.objects.filter(pk=anna.pk).update(restricted_at=NOW)
    mail_to(world, anna)
    assert [t.reason for t in Touch.objects.all()] in (
        [],
        ["restricted"],
    )  # behaviour of a restricted person opens nothing
