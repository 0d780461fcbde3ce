"""Dead letters and doubts: sent again through every gate, settled by feedback or by one click, nothing twice."""

import uuid
from datetime import timedelta

import pytest

from consent.models import ServiceMail
from consent.preferences.mails import ask_service_mail
from consent.records.operations import record_consent, suppress_address
from contacts.events.operations import NewEvent, record_events
from journeys.models import Step, Touch, WebhookCall
from orchestrator.arbiter.operations import decide_touches
from orchestrator.channels.operations import deliver_touches, release_leases
from orchestrator.channels.ops.operations import confirm_arrival, replay, send_again, settle_doubts
from orchestrator.channels.ops.queries import Filter, dead_letters, failures, in_doubt
from orchestrator.channels.service_mail import send_service_mails
from orchestrator.channels.webhooks import _claim
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.models import Attempt, Verdict

from ..conftest import NOW

pytestmark = pytest.mark.django_db


def state(touch):
    return Touch.objects.values_list("state", "reason").get(pk=touch.pk)


def listed(now, **chosen):
    return [(row["what"], row["code"], row["words"]) for row in dead_letters(Filter(**chosen), now=now)]


@pytest.fixture
def refused(world, smtp, clock):
    smtp.at_rcpt["anna@mail.example"] = "554 5.7.1 anna@mail.example: Anna, +49 170 1234567 is on our list"
    smtp.at_rcpt["ben@mail.example"] = "554 5.7.1 Message refused"
    touches = [world.touch(world.person(name)) for name in ("Anna", "Ben")]
    assert deliver_touches(now=clock) == {"provider_rejected": 2}
    smtp.at_rcpt.clear()
    return touches


def test_refused_message_is_kept_with_the_words_of_the_provider_and_nothing_of_the_person(refused, clock):
    assert listed(clock.at) == [
        ("touch", "554", "5.7.1 Message refused"),
        ("touch", "554", "5.7.1 …: …, … is on our list"),
    ]
    assert [(row["n"], row["outcome"], row["provider"]) for row in failures(now=clock.at + timedelta(hours=1))] == [
        (1, "rejected", "smtp"), (1, "rejected", "smtp"),
    ]  # fmt: skip


def test_replay_of_a_filter_goes_through_the_arbiter_and_is_sent_once(refused, smtp, clock):
    anna, ben = refused
    clock.move(minutes=5)
    chosen = Filter(kind="touch", words="5.7.1 Message refused")
    assert replay(chosen=chosen, by="maja", now=clock.at) == {"touch": 1}
    assert replay(chosen=chosen, by="maja", now=clock.at) == {}
    assert (state(ben), state(anna)) == (("proposed", ""), ("failed", "provider_rejected"))
    decide_touches(now=clock.at, scope=EVERYBODY, batch=100)
    assert deliver_touches(now=clock) == {"sent": 1}
    assert [mail["To"] for mail in smtp.mails] == ["ben@mail.example"]
    assert list(Attempt.objects.filter(touch=ben).order_by("id").values_list("outcome", "by")) == [
        ("rejected", ""), ("replayed", "maja"),
    ]  # fmt: skip


def test_replay_never_goes_around_a_consent_that_was_taken_back(refused, smtp, clock):
    for touch, how in zip(refused, ("withdrawn", "bounced"), strict=True):
        if how == "withdrawn":
            record_consent(contact_id=touch.contact_id, purpose="email_marketing", decision=how, source="x", now=NOW)
        else:
            suppress_address(channel="email", address="ben@mail.example", reason=how, now=NOW)
    clock.move(minutes=5)
    assert replay(chosen=Filter(), by="maja", now=clock.at) == {"touch": 2}
    decide_touches(now=clock.at, scope=EVERYBODY, batch=100)
    assert deliver_touches(now=clock) == {}
    assert [state(touch) for touch in refused] == [("suppressed", "unsubscribed"), ("suppressed", "address_bounced")]
    assert Verdict.objects.filter(touch__in=refused).count() == 2
    assert smtp.mails == []


def test_message_that_could_not_be_handed_over_in_time_is_a_dead_letter_and_gets_its_time_again(world, smtp, clock):
    smtp.at_rcpt["anna@mail.example"] = "451 4.7.1 Later"
    touch = world.touch(world.person(), expires_at=NOW + timedelta(hours=2))
    assert deliver_touches(now=clock) == {"provider_unavailable": 1}
    assert listed(clock.at) == []
    clock.move(hours=3)
    assert deliver_touches(now=clock) == {"expired": 1}
    assert listed(clock.at) == [("touch", "451", "4.7.1 Later")]
    smtp.at_rcpt.clear()
    assert replay(chosen=Filter(), by="maja", now=clock.at, pk=touch.pk) == {"touch": 1}
    decide_touches(now=clock.at, scope=EVERYBODY, batch=100)
    assert deliver_touches(now=clock) == {"sent": 1}


def test_replay_of_many_takes_as_many_statements_as_of_one(world, smtp, clock, django_assert_num_queries):
    for n in range(30):
        world.touch(world.person(f"P{n}", grant=()), state="failed", reason="provider_rejected")
    with django_assert_num_queries(5):  # one each, and a savepoint
        assert replay(chosen=Filter(), by="maja", now=NOW) == {"touch": 30}


def test_replay_of_a_service_mail_and_not_to_a_dead_address(smtp, clock):
    values = {"signup": 1, "url": "https://x.example/d/1/", "days": 7, "choices": [{"name": "News", "text": "Yes"}]}
    for name in ("a", "b"):
        smtp.at_rcpt[f"{name}@mail.example"] = "554 5.7.1 No"
        ask_service_mail(kind="double_opt_in", address=f"{name}@mail.example", language="en", values=values, now=NOW)
    assert send_service_mails(now=clock) == {"failed": 2}
    smtp.at_rcpt.clear()
    suppress_address(channel="email", address="b@mail.example", reason="bounced", now=NOW)
    assert [row[0] for row in listed(NOW)] == ["service", "service"]
    assert replay(chosen=Filter(kind="service"), by="maja", now=NOW) == {"service": 1}
    assert send_service_mails(now=clock) == {"sent": 1}
    assert dict(ServiceMail.objects.values_list("address", "state")) == {
        "a@mail.example": "sent",
        "b@mail.example": "failed",
    }


def test_replay_of_a_webhook_is_claimed_though_the_person_moved_on_but_not_when_they_left(world, clock):
    touches = [
        world.touch(world.person(name), left=left) for name, left in (("Anna", "completed"), ("Ben", "withdrawn"))
    ]
    hook = Step.objects.create(
        version=world.step.version, key="hook", kind="webhook", position=2, name_en="H", name_de="H"
    )
    for touch in touches:
        WebhookCall.objects.create(
            enrollment=touch.enrollment, step=hook, visit=1, contact=touch.contact, journey=world.journey, state="failed", attempts=4,
            next_at=NOW, error="answered 503", status=503, created_at=NOW, done_at=NOW,
        )  # fmt: skip
    assert listed(NOW, kind="webhook", code="503") == [("webhook", "503", "answered 503")] * 2
    assert replay(chosen=Filter(kind="webhook"), by="maja", now=NOW) == {"webhook": 2}
    assert [call.contact.first_name for call in _claim(claim=uuid.uuid4(), now=NOW)] == ["Anna"]
    assert WebhookCall.objects.get(contact__first_name="Ben").error == "the person had moved on"


@pytest.fixture
def doubtful(world, smtp, clock):
    smtp.hang_up.add("anna@mail.example")
    touch = world.touch(world.person())
    assert deliver_touches(now=clock) == {"unknown_outcome": 1}
    smtp.hang_up.clear()
    smtp.mails.clear()
    return touch


@pytest.mark.parametrize(
    ("names", "becomes"),
    [
        (("email_delivered",), "sent"),
        (("email_opened",), "sent"),
        (("email_bounced",), "failed"),
        (("email_delivered", "email_bounced"), "failed"),
        (("email_bounced", "email_clicked"), "sent"),
    ],
)
def test_doubt_is_settled_by_what_comes_back_in_every_order(doubtful, clock, names, becomes):
    assert settle_doubts(now=clock.at) == {}
    for name in reversed(names):
        event = NewEvent(doubtful.contact_id, name, clock.move(minutes=1), {"touch": doubtful.pk}, f"m-{name}")
        record_events(events=[event], source="x", now=clock.at)
    assert settle_doubts(now=clock.at) == {becomes: 1}
    assert settle_doubts(now=clock.at) == {}
    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.sent_at) == (becomes, NOW if becomes == "sent" else None)


def test_doubt_is_not_settled_by_feedback_about_another_message(doubtful, clock):
    event = NewEvent(doubtful.contact_id, "email_opened", clock.move(minutes=1), {"touch": doubtful.pk + 1}, "m")
    record_events(events=[event], source="x", now=clock.at)
    assert settle_doubts(now=clock.at) == {}
    assert list(in_doubt()) == [doubtful]


def test_doubt_is_settled_by_a_person_who_knows_that_it_arrived(doubtful, clock):
    assert confirm_arrival(touch_id=doubtful.pk, by="maja", now=clock.move(hours=1))
    assert not confirm_arrival(touch_id=doubtful.pk, by="maja", now=clock.at)
    assert not send_again(touch_id=doubtful.pk, by="olga", now=clock.at)
    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.sent_at) == ("sent", NOW)
    assert Attempt.objects.filter(touch=doubtful, outcome="arrived", by="maja").exists()


def test_doubt_that_did_not_arrive_is_sent_again_once_through_the_arbiter(doubtful, smtp, clock):
    clock.move(hours=1)
    assert send_again(touch_id=doubtful.pk, by="maja", now=clock.at)
    assert not send_again(touch_id=doubtful.pk, by="maja", now=clock.at)
    decide_touches(now=clock.at, scope=EVERYBODY, batch=100)
    assert deliver_touches(now=clock) == {"sent": 1}
    assert len(smtp.mails) == 1


def test_worker_that_died_in_a_call_leaves_a_doubt_when_its_lease_ends(world, clock):
    touch = world.touch(world.person(), state="sending", address="anna@mail.example", claim="6f1c2f0e52c24e0f8e0a1d5a35a8b0d7",
                        called_at=NOW, lease_until=NOW + timedelta(seconds=60))  # fmt: skip
    assert release_leases(now=clock.move(seconds=61)) == {"unknown": 1}
    assert list(in_doubt()) == [touch]
