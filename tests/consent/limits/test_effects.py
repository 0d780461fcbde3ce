"""What a rule would have held back: equal to a naive count, whatever the stream."""

import time as clock
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.limits import effects
from consent.limits.rules import Moment, held_back
from consent.models import Limit, Preference, QuietHours, Rest
from contacts.models import Account, Contact
from journeys.models import Block, Enrollment, Journey, Step, Touch, Version
from orchestrator.models import Verdict

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)


def naive(moments, most, window):
    """Look back over everything that was let out before, for each message anew."""
    out, answers = [], []
    for one in moments:
        mine = [o for o in out if o.group == one.group]
        if window is None:
            used = sum(o.bucket == one.bucket for o in mine)
        else:
            used = sum(one.at - window < o.at <= one.at for o in mine)
        answers.append(used >= most)
        if used < most:
            out.append(one)
    return answers


STREAMS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), max_size=60).map(
    lambda rows: [Moment(group, float(at), at // 7) for group, at in sorted(rows, key=lambda row: row[1])]
)


@settings(max_examples=300, deadline=None)
@given(STREAMS, st.integers(0, 4), st.one_of(st.none(), st.integers(1, 30).map(float)))
def test_held_back_equals_a_naive_count(moments, most, window):
    assert list(held_back(moments, most=most, window=window)) == naive(moments, most, window)


def test_held_back_of_a_million_takes_seconds():
    stream = (Moment(i % 200_000, float(i), 0) for i in range(1_000_000))
    began = clock.thread_time()  # of the processor: what the rest of the machine does counts for nothing
    held = sum(held_back(stream, most=2, window=500_000.0))
    assert held > 0
    assert clock.thread_time() - began < 60  # 1 to 2 s; a count that looks back at everything takes days


@pytest.fixture
def scene(db):
    """One journey with one message, and a way to have it sent."""
    mail = Block.objects.create(slug="hello", phase="purchase", state="approved", changed_at=NOW, name_en="Hello", name_de="Hallo")  # fmt: skip
    cart = Journey.objects.create(slug="cart", phase="purchase", name_en="Cart", name_de="Warenkorb", created_at=NOW)
    version = Version.objects.create(journey=cart, number=1, definition={}, created_at=NOW)
    step = Step.objects.create(version=version, key="mail", kind="send", position=1, name_en="Mail", name_de="Mail")

    def person(name, email="", **more):
        return Contact.objects.create(external_id=name, first_name=name, email=email or f"{name}@people.example", created_at=NOW, updated_at=NOW, **more)  # fmt: skip

    def send(contact, ago, *, state="sent", reason="", channel="email", purpose="email_marketing", journey=cart):
        at = NOW - ago
        run = Enrollment.objects.create(contact=contact, journey=journey, version=version, key=f"{at}{channel}", entered_at=at, arrived_at=at, left_at=at, reason="completed")  # fmt: skip
        return Touch.objects.create(enrollment=run, step=step, visit=0, contact=contact, journey=journey, block=mail, channel=channel, purpose=purpose, state=state, reason=reason, proposed_at=at, decided_at=at, expires_at=at)  # fmt: skip

    person.send, person.cart, person.version = send, cart, version
    return person


def limit(**more):
    given = {"slug": "week", "name_en": "Week", "name_de": "Woche", "most": 1, "window": timedelta(days=7)} | more
    return Limit(**given)


def held(one):
    found = effects.limit_effect(one, now=NOW)
    return found.held, found.total


def test_limit_effect_does_not_count_what_is_held_back(scene):
    anna = scene("anna")
    for days in (9, 5, 1):
        scene.send(anna, timedelta(days=days))
    assert held(limit()) == (1, 3)  # 5 is held back, so 1 has room: 8 days after 9


def test_limit_effect_counts_what_went_out_before_the_30_days(scene):
    anna = scene("anna")
    scene.send(anna, timedelta(days=31))
    scene.send(anna, timedelta(days=29))
    assert held(limit()) == (1, 1)


def test_limit_effect_takes_people_with_one_address_as_one(scene):
    scene.send(scene("anna", "a@people.example"), timedelta(days=2))
    scene.send(scene("twin", "a@people.example"), timedelta(days=1))
    scene.send(scene("none", " ".strip()), timedelta(days=1))
    assert held(limit()) == (1, 3)


def test_limit_effect_per_account_counts_colleagues_together(scene):
    firm = Account.objects.create(external_id="firm", name="Firm", created_at=NOW)
    scene.send(scene("anna", account=firm), timedelta(days=2))
    scene.send(scene("ben", account=firm), timedelta(days=1))
    scene.send(scene("cem"), timedelta(days=1))
    assert held(limit(per="account")) == (1, 2)


def test_limit_effect_of_a_calendar_week_begins_on_monday_of_the_person(scene):
    berlin = scene("anna", time_zone="Europe/Berlin")
    sunday_night = NOW - datetime(2026, 3, 29, 21, 30, tzinfo=UTC)  # 23:30 in Berlin, a Sunday
    scene.send(berlin, sunday_night)
    scene.send(berlin, sunday_night - HOUR)  # 00:30 on Monday
    scene.send(berlin, HOUR)  # Tuesday
    assert held(limit(calendar="week")) == (1, 3)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"channel": "email"}, (1, 2)),
        ({"channel": "sms"}, (0, 1)),
        ({"purpose": "email_marketing"}, (2, 3)),
        ({"phase": "retention"}, (0, 0)),
        ({"who": "less"}, (0, 0)),
        ({}, (2, 3)),
    ],
)
def test_limit_effect_is_about_what_its_filters_say(scene, more, expected):
    anna = scene("anna")
    for days, channel, purpose in ((3, "email", "email_marketing"), (2, "email", "email_marketing"), (1, "sms", "email_marketing"), (1, "email", "service")):  # fmt: skip
        scene.send(anna, timedelta(days=days), channel=channel, purpose=purpose)
    assert held(limit(**more)) == expected


def test_limit_effect_for_people_who_want_less_is_about_them(scene):
    anna = scene("anna")
    Preference.objects.create(contact=anna, frequency="less", since=NOW)
    for person in (anna, scene("ben")):
        scene.send(person, timedelta(days=2))
        scene.send(person, timedelta(days=1))
    assert held(limit(who="less")) == (1, 2)


def test_limit_effect_says_journeys_people_channels_and_what_the_present_rules_did(scene):
    anna = scene("anna")
    scene.send(anna, timedelta(days=2))
    stopped = scene.send(anna, timedelta(days=1), state="suppressed", reason="cap_week")
    scene.send(anna, timedelta(days=1), state="suppressed", reason="no_consent")
    for _ in range(2):  # looked at twice, counted once
        Verdict.objects.create(touch=stopped, contact=anna, outcome="suppressed", reason="cap_week", at=NOW - HOUR)
    one = limit()
    one.save()
    found = effects.limit_effect(one, now=NOW)
    assert (found.held, found.total, found.share) == (1, 2, 0.5)
    assert found.journeys == [(scene.cart.pk, 1)]
    assert found.people == [(anna.pk, "anna")]
    assert found.channels == {"email": (2, 1)}
    assert (found.present, found.present_this, found.parts) == (1, 1, 1)
    assert effects.limit_effect(limit(slug="new"), now=NOW).present_this is None


def test_limit_effect_of_very_many_is_estimated_and_says_so(scene, monkeypatch):
    monkeypatch.setattr(effects, "MOST_EXACT", 100)
    for n in range(100):
        anna = scene(f"p{n}")
        scene.send(anna, timedelta(days=2))
        scene.send(anna, timedelta(days=1))
    found = effects.limit_effect(limit(), now=NOW)
    assert found.parts == 2
    assert found.total == 2 * found.held
    assert 60 <= found.held <= 140  # 100 in truth


def test_quiet_effect_goes_over_midnight_at_the_persons_place(scene):
    anna, kim = scene("anna", time_zone="Europe/Berlin"), scene("kim", time_zone="America/New_York")
    night = NOW - datetime(2026, 3, 25, 1, 0, tzinfo=UTC)  # 02:00 on Wednesday in Berlin, 21:00 on Tuesday in New York
    for person in (anna, kim):
        scene.send(person, night)
        scene.send(person, night - 9 * HOUR)  # by day in Berlin and at 06:00 in New York
    found = effects.quiet_effect(QuietHours(starts=time(22), ends=time(6)), now=NOW)
    assert (found.held, found.total) == (1, 4)
    assert found.people == [(anna.pk, "anna")]
    begins_tuesday = QuietHours(starts=time(22), ends=time(6), weekdays=[2])
    assert effects.quiet_effect(begins_tuesday, now=NOW).held == 1
    assert effects.quiet_effect(QuietHours(starts=time(22), ends=time(6), weekdays=[3]), now=NOW).held == 0


def test_quiet_effect_on_public_holidays_is_all_day_in_the_persons_country(scene):
    austria = scene("anna", country="AT", time_zone="Europe/Vienna")
    germany = scene("ben", country="DE", time_zone="Europe/Berlin")
    moment = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)  # Epiphany: a holiday in Austria, not in all of Germany
    now = datetime(2026, 1, 20, tzinfo=UTC)
    for person in (austria, germany):
        scene.send(person, NOW - moment)
    hours = QuietHours(starts=time(22), ends=time(6), holidays=True)
    assert effects.quiet_effect(hours, now=now).people == [(austria.pk, "anna")]
    hours.holidays = False
    assert effects.quiet_effect(hours, now=now).held == 0
    hours.country, hours.holidays = "DE", True
    assert effects.quiet_effect(hours, now=now).total == 1


def test_rest_effect_is_about_whoever_reached_a_goal(scene):
    anna, twin, ben = scene("anna", "a@people.example"), scene("twin", "a@people.example"), scene("ben")
    Enrollment.objects.create(contact=anna, journey=scene.cart, version=scene.version, key="g", entered_at=NOW - 90 * HOUR, arrived_at=NOW, left_at=NOW - 50 * HOUR, reason="goal")  # fmt: skip
    for person in (anna, twin, ben):
        scene.send(person, 60 * HOUR)  # before the goal
        scene.send(person, 40 * HOUR)
        scene.send(person, HOUR)  # 49 hours after it
    found = effects.rest_effect(Rest(hours=24), now=NOW)
    assert (found.held, found.total) == (2, 9)
    assert effects.rest_effect(Rest(hours=72), now=NOW).held == 4
    assert effects.rest_effect(Rest(hours=72, phase="advocacy"), now=NOW).held == 0
