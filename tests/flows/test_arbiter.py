"""The arbiter: one verdict with one reason, the gates in their order, slots never given twice."""

from datetime import UTC, datetime, time, timedelta

import pytest

from consent.models import Limit, Suppression
from consent.records.operations import record_consent
from contacts.models import Account, Contact, Handover
from journeys.models import Enrollment, Journey, Touch
from orchestrator.arbiter.rules import quiet_until
from orchestrator.models import Verdict
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey

pytestmark = pytest.mark.django_db
MAIL = [{"key": "mail", "kind": "send", "block": "hello"}, {"key": "end", "kind": "end"}]
WAIT_MAIL = [
    {"key": "mail", "kind": "send", "block": "hello"},
    {"key": "rest", "kind": "wait", "for": "30d"},
    {"key": "end", "kind": "end"},
]


def mail_to(world, contact):
    world.does(contact, "cart_updated")
    world.pulse()


def test_decide_without_consent_suppresses(world):
    journey("j", WAIT_MAIL)
    ben = world.person("ben", consents=("profiling",))
    mail_to(world, ben)
    assert world.verdicts(ben) == [("suppressed", "no_consent")]


def test_decide_after_refusal_says_unsubscribed(world):
    journey("j", WAIT_MAIL)
    cem = world.person("cem", consents=("profiling",))
    record_consent(
        contact_id=cem.pk, purpose="email_marketing", decision="withdrawn", source="t", now=NOW - timedelta(days=2)
    )
    mail_to(world, cem)
    assert world.verdicts(cem) == [("suppressed", "unsubscribed")]


def test_decide_without_address_suppresses(world):
    journey("j", WAIT_MAIL)
    anna = world.person("anna")
    Contact.objects.update(email="")
    mail_to(world, anna)
    assert world.verdicts(anna) == [("suppressed", "no_address")]


@pytest.mark.parametrize(
    ("why", "reason"), [("bounced", "address_bounced"), ("complained", "complained"), ("blocked", "suppressed")]
)
def test_decide_for_a_suppressed_address_says_why(world, why, reason):
    journey("j", WAIT_MAIL)
    anna = world.person("anna")
    Suppression.objects.create(channel="email", address="anna@people.example", reason=why, since=NOW)
    mail_to(world, anna)
    assert world.verdicts(anna) == [("suppressed", reason)]


def test_decide_in_the_holdout_suppresses_and_still_measures(world):
    arms = [{"name": "holdout", "weight": 1, "holdout": True}, {"name": "contacted", "weight": 1}]
    journey("j", [{"key": "split", "kind": "split", "arms": arms}, *WAIT_MAIL])
    people = [world.person(f"p{i}") for i in range(30)]
    for person in people:
        world.does(person, "cart_updated")
    world.pulse()
    for person in people:
        expected = [("suppressed", "holdout")] if world.run(person).arm == "holdout" else [("approved", "")]
        assert world.verdicts(person) == expected
        assert world.at(person) == "rest"
    assert set(Enrollment.objects.values_list("arm", flat=True)) == {"holdout", "contacted"}


@pytest.mark.parametrize("state", ["waiting", "accepted"])
def test_decide_while_sales_talks_to_a_colleague_holds(world, state):
    journey("j", WAIT_MAIL)
    account = Account.objects.create(external_id="a", name="A", created_at=NOW)
    anna, ben = world.person("anna", account=account), world.person("ben", account=account)
    Handover.objects.create(contact=ben, account=account, team="t", state=state, created_at=NOW, due_at=NOW)
    mail_to(world, anna)
    assert world.verdicts(anna) == [("held", "sales_conversation")]
    Handover.objects.update(state="recycled")
    world.later(hours=1)
    assert world.touches(anna) == [("mail", "approved", "")]


def test_two_journeys_and_one_slot_go_to_the_higher_priority(world, two_a_week):
    Limit.objects.update(most=1)
    journey("low", WAIT_MAIL, priority=10)
    journey("high", WAIT_MAIL, priority=20)
    journey("valued", WAIT_MAIL, priority=10, value=1.5)
    anna = world.person("anna")
    mail_to(world, anna)
    states = {t.journey.slug: (t.state, t.reason) for t in Touch.objects.select_related("journey")}
    assert states == {"high": ("approved", ""), "low": ("held", "outranked"), "valued": ("held", "outranked")}
    held = Verdict.objects.get(touch__journey__slug="low")
    cap = {"limit": "email-week", "used": 1, "most": 1, "free_at": "2026-11-25T10:00:00+00:00"}
    assert [cap.items() <= one.items() for one in held.gates["caps"]] == [True]
    assert held.hold_until == NOW + timedelta(days=3)  # it expires before the slot is free


def test_slot_freed_by_time_goes_to_the_held_touch(world, two_a_week):
    Limit.objects.update(most=1, window=timedelta(days=2))
    journey("low", WAIT_MAIL, priority=10)
    journey("high", WAIT_MAIL, priority=20)
    anna = world.person("anna")
    mail_to(world, anna)
    world.later(days=2, minutes=-1)
    assert ("mail", "held", "outranked") in world.touches(anna)
    world.later(minutes=1)
    assert sorted(state for _, state, _ in world.touches(anna)) == ["approved", "approved"]


def test_limits_are_anded_and_never_exceeded(world, two_a_week):
    Limit.objects.create(
        slug="all-month", most=3, window=timedelta(days=30), overflow="drop", name_en="3 a month", name_de="3 im Monat"
    )
    for i in range(5):
        journey(f"j{i}", WAIT_MAIL, priority=10 + i, entry={"signal": "cart"})
    people = [world.person(f"p{i}") for i in range(10)]
    for person in people:
        world.does(person, "cart_updated")
    world.pulse()
    for person in people:
        assert sorted(state for _, state, _ in world.touches(person)) == [
            "approved",
            "approved",
            "held",
            "held",
            "held",
        ]
        approved = Touch.objects.filter(contact=person, state="approved").values_list("journey__slug", flat=True)
        assert sorted(approved) == ["j3", "j4"]


def test_limit_that_drops_suppresses(world, two_a_week):
    Limit.objects.update(most=1, overflow="drop")
    journey(
        "j",
        [
            {"key": "a", "kind": "send", "block": "hello"},
            {"key": "b", "kind": "send", "block": "again"},
            {"key": "end", "kind": "end"},
        ],
    )
    anna = world.person("anna")
    mail_to(world, anna)
    assert world.touches(anna) == [("a", "approved", ""), ("b", "suppressed", "cap_email-week")]


def test_service_mail_knows_no_consent_caps_or_quiet_hours(world, two_a_week, quiet_nights):
    Limit.objects.update(most=1)
    journey(
        "j",
        [
            {"key": "a", "kind": "send", "block": "hello", "purpose": "service"},
            {"key": "b", "kind": "send", "block": "again"},
            {"key": "end", "kind": "end"},
        ],
    )
    anna, ben = world.person("anna"), world.person("ben", consents=("profiling",))
    world.now = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
    for person in (anna, ben):
        world.does(person, "cart_updated")
    world.pulse()
    assert world.touches(anna) == [("a", "approved", ""), ("b", "held", "quiet_hours")]
    assert world.touches(ben) == [("a", "approved", ""), ("b", "suppressed", "no_consent")]
    world.later(hours=8)
    assert world.touches(anna)[1] == ("b", "approved", "")  # the service mail took no slot


def test_quiet_hours_over_midnight_hold_until_local_morning(world, quiet_nights):
    journey("j", WAIT_MAIL)
    berlin, tokyo = world.person("berlin"), world.person("tokyo", zone="Asia/Tokyo")
    world.now = datetime(2026, 11, 18, 21, 30, tzinfo=UTC)  # 22:30 in Berlin, 06:30 in Tokyo
    for person in (berlin, tokyo):
        world.does(person, "cart_updated")
    world.pulse()
    held = {t.contact_id: t.hold_until for t in Touch.objects.all()}
    assert held == {
        berlin.pk: datetime(2026, 11, 19, 7, 0, tzinfo=UTC),
        tokyo.pk: datetime(2026, 11, 18, 23, 0, tzinfo=UTC),
    }
    world.later(minutes=89)
    assert world.touches(tokyo) == [("mail", "held", "quiet_hours")]
    world.later(minutes=1)
    assert world.touches(tokyo) == [("mail", "approved", "")]
    assert world.touches(berlin) == [("mail", "held", "quiet_hours")]
    world.later(hours=8)
    assert world.touches(berlin) == [("mail", "approved", "")]
    assert world.verdicts(berlin) == [("held", "quiet_hours"), ("approved", "")]


def test_held_touch_of_somebody_who_left_is_suppressed(world, quiet_nights):
    journey("j", WAIT_MAIL, goal={"name": {"en": "g", "de": "g"}, "when": {"event": "order_placed", "since": "entry"}})
    anna = world.person("anna")
    world.now = datetime(2026, 11, 18, 21, 30, tzinfo=UTC)
    mail_to(world, anna)
    world.now += timedelta(hours=1)
    world.does(anna, "order_placed")
    world.pulse()
    world.later(hours=12)
    assert world.touches(anna) == [("mail", "suppressed", "left_journey")]


def test_consent_withdrawn_while_held_suppresses(world, quiet_nights):
    journey("j", MAIL)  # the run is over: only the touch waits
    anna = world.person("anna")
    world.now = datetime(2026, 11, 18, 21, 30, tzinfo=UTC)
    mail_to(world, anna)
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="withdrawn", source="t", now=world.now)
    world.later(hours=12)
    assert world.touches(anna) == [("mail", "suppressed", "unsubscribed")]


def test_touch_held_too_long_expires(world, quiet_nights):
    journey("j", [{"key": "mail", "kind": "send", "block": "hello", "expires": "2h"}, {"key": "end", "kind": "end"}])
    anna = world.person("anna")
    world.now = datetime(2026, 11, 18, 21, 30, tzinfo=UTC)
    mail_to(world, anna)
    world.later(hours=2)
    assert world.verdicts(anna) == [("held", "quiet_hours"), ("expired", "expired")]


def test_paused_journey_holds_its_touches(world, quiet_nights):
    journey("j", WAIT_MAIL)
    anna = world.person("anna")
    world.now = datetime(2026, 11, 18, 21, 30, tzinfo=UTC)
    mail_to(world, anna)
    Journey.objects.update(state="paused")
    world.later(hours=12)
    assert world.touches(anna) == [("mail", "held", "journey_paused")]


def test_every_verdict_stores_every_gate(world):
    journey("j", WAIT_MAIL)
    anna = world.person("anna")
    mail_to(world, anna)
    gates = Verdict.objects.get().gates
    names = {"journey", "address", "consent", "holdout", "sales", "rest", "quiet_hours", "caps", "priority"}
    assert set(gates) == names
    assert gates["consent"]["granted"] is True


def test_deciding_again_changes_nothing(world, two_a_week):
    journey("j", WAIT_MAIL)
    mail_to(world, world.person("anna"))
    before = list(Verdict.objects.values_list("pk", flat=True))
    loop.beat(now=world.now)
    assert list(Verdict.objects.values_list("pk", flat=True)) == before


BERLIN = [(time(21), time(8))]


@pytest.mark.parametrize(
    ("now", "zone", "windows", "until"),
    [
        ("2026-11-18T12:00Z", "Europe/Berlin", BERLIN, None),
        ("2026-11-18T19:59:59Z", "Europe/Berlin", BERLIN, None),
        ("2026-11-18T20:00Z", "Europe/Berlin", BERLIN, "2026-11-19T07:00Z"),
        ("2026-11-19T06:59:59Z", "Europe/Berlin", BERLIN, "2026-11-19T07:00Z"),
        ("2026-11-19T07:00Z", "Europe/Berlin", BERLIN, None),
        (
            "2026-10-24T22:00Z",
            "Europe/Berlin",
            BERLIN,
            "2026-10-25T07:00Z",
        ),  # the night the clock is set back: 08:00 is CET
        (
            "2027-03-27T22:00Z",
            "Europe/Berlin",
            BERLIN,
            "2027-03-28T06:00Z",
        ),  # the night it is set forward: 08:00 is CEST
        ("2026-11-18T12:00Z", "Europe/Berlin", [(time(12), time(14)), (time(14), time(15))], "2026-11-18T14:00Z"),
        ("2026-11-18T12:00Z", "Europe/Berlin", [(time(9), time(9))], None),
        ("2026-11-18T12:00Z", "Pacific/Kiritimati", BERLIN, "2026-11-18T18:00Z"),
    ],
)
def test_quiet_until_in_each_zone(now, zone, windows, until):
    expected = datetime.fromisoformat(until) if until else None
    assert quiet_until(datetime.fromisoformat(now), zone, windows) == expected
