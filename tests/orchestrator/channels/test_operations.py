"""Delivery: everything is read again at the claim, nothing is sent twice, every outcome has its reason."""

import re
import time
import uuid
from datetime import timedelta

import pytest
from django.core import mail as django_mail

from consent.models import Purpose, Suppression
from consent.records.operations import record_consent, suppress_address
from contacts.models import Contact, Event, EventType
from journeys.models import Block, Journey, Touch, Variant
from orchestrator.channels import operations
from orchestrator.channels.adapters.registry import COURIERS
from orchestrator.channels.operations import deliver_touches, release_leases
from orchestrator.channels.settling import Settled, give_back, settle
from orchestrator.kernel import sql
from orchestrator.models import Link, Verdict

from .conftest import NOW

pytestmark = pytest.mark.django_db


def states(*touches):
    return [Touch.objects.values_list("state", "reason").get(pk=t.pk) for t in touches]


def call(touch, claim, now):
    values = {"ids": [touch.pk], "claim": claim, "now": now, "kind": "email"}
    return sql.count(sql.statement("orchestrator/channels/sql/call.sql"), values)


def html_of(message):
    return message.get_body(("html",)).get_content()


def text_of(message):
    return message.get_body(("plain",)).get_content()


def test_deliver_approved_touch_is_sent_once_and_recorded(world, smtp, clock):
    touch = world.touch(world.person())
    clock.move(seconds=5)
    assert deliver_touches(now=clock) == {"sent": 1}
    assert deliver_touches(now=clock) == {}
    (got,) = smtp.mails
    touch.refresh_from_db()
    assert (touch.state, touch.reason, touch.sent_at, touch.called_at) == ("sent", "", clock.at, clock.at)
    assert (touch.address, touch.language, touch.content_version) == ("anna@mail.example", "en", 1)
    assert touch.subject == got["Subject"] == "Your cart, Anna"
    assert "your cart c1 waits" in text_of(got)
    assert set(EventType.objects.values_list("slug", "kind")) >= {
        ("email_opened", "feedback"),
        ("email_bounced", "feedback"),
    }


def test_deliver_has_every_header_once(world, smtp, clock):
    touch = world.touch(world.person())
    deliver_touches(now=clock)
    (got,) = smtp.mails
    for name in (
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-Touch",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Auto-Submitted",
    ):
        assert len(got.get_all(name)) == 1, name
    assert got["To"] == "anna@mail.example"
    assert got["From"] == "Nordlicht <hello@nordlicht.example>"
    assert got["X-Touch"] == str(touch.pk)
    assert re.fullmatch(r"<https://track\.example/u/[^>\s]+/>", got["List-Unsubscribe"])
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["List-Unsubscribe"][1:-1] in html_of(got)
    assert got["List-Unsubscribe"][1:-1] in text_of(got)
    assert got.get_content_type() == "multipart/alternative"


def test_deliver_service_message_needs_no_consent_and_has_no_unsubscribe(world, smtp, clock):
    touch = world.touch(world.person(grant=()), purpose="service")
    assert deliver_touches(now=clock) == {"sent": 1}
    (got,) = smtp.mails
    assert got["List-Unsubscribe"] is None
    assert "/u/" not in html_of(got)
    assert states(touch) == [("sent", "")]


def test_deliver_with_profiling_rewrites_links_and_has_a_pixel(world, smtp, clock):
    touch = world.touch(world.person())
    deliver_touches(now=clock)
    (got,) = smtp.mails
    assert list(Link.objects.order_by("position").values_list("touch_id", "position", "url")) == [
        (touch.pk, 0, "https://shop.example/cart?id=c1&from=mail"),
        (touch.pk, 1, "https://shop.example/help"),
    ]
    assert "shop.example" not in html_of(got) + text_of(got)
    links = set(re.findall(r"https://track\.example/c/[^\"\s]+", html_of(got)))
    assert len(links) == 2
    assert all(link in text_of(got) for link in links)
    assert html_of(got).count("https://track.example/o/") == 1


def test_deliver_without_profiling_has_no_pixel_and_untouched_links(world, smtp, clock):
    world.touch(world.person(grant=("email_marketing",)))
    assert deliver_touches(now=clock) == {"sent": 1}
    (got,) = smtp.mails
    both = html_of(got) + text_of(got)
    assert "/o/" not in both
    assert "/c/" not in both
    assert "https://shop.example/cart?id=c1&amp;from=mail" in html_of(got)
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    ("said", "purpose", "restricted", "tracked"),
    [
        ("granted", {}, False, True),
        ("granted", {"active": False}, False, False),  # the team has switched it off
        ("granted", {}, True, False),  # GDPR Art. 18
        (None, {}, False, False),
        (None, {"enforcement": "opt_out"}, False, True),
        ("withdrawn", {"enforcement": "opt_out"}, False, False),
    ],
)
def test_deliver_tracks_by_the_rules_that_all_share(world, smtp, clock, said, purpose, restricted, tracked):
    contact = world.person(grant=())
    if said:
        record_consent(contact_id=contact.pk, purpose="profiling", decision=said, source="form", now=NOW)
    Purpose.objects.filter(slug="profiling").update(**({"active": True} | purpose))
    Contact.objects.filter(pk=contact.pk).update(restricted_at=NOW if restricted else None)
    world.touch(contact, purpose="service")
    assert deliver_touches(now=clock) == {"sent": 1}
    assert ("https://track.example/o/" in html_of(smtp.mails[0])) is tracked
    assert Link.objects.exists() is tracked


def test_deliver_speaks_the_language_of_the_person(world, smtp, clock):
    touch = world.touch(world.person("Ben", language="de"))
    deliver_touches(now=clock)
    touch.refresh_from_db()
    assert (touch.language, touch.subject) == ("de", "Ihr Warenkorb")
    assert 'lang="de"' in html_of(smtp.mails[0])


def withdraw(world, touch):
    record_consent(contact_id=touch.contact_id, purpose="email_marketing", decision="withdrawn", source="x", now=NOW)


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        (withdraw, "suppressed", "unsubscribed"),
        (
            lambda w, t: suppress_address(channel="email", address="anna@mail.example", reason="bounced", now=NOW),
            "suppressed",
            "address_bounced",
        ),
        (
            lambda w, t: suppress_address(channel="email", address="anna@mail.example", reason="complained", now=NOW),
            "suppressed",
            "complained",
        ),
        (
            lambda w, t: suppress_address(channel="email", address="anna@mail.example", reason="blocked", now=NOW),
            "suppressed",
            "suppressed",
        ),
        (lambda w, t: Contact.objects.update(email=""), "suppressed", "no_address"),
        (
            lambda w, t: Contact.objects.update(email="anna@mail.example\r\nBcc: x@y.example"),
            "suppressed",
            "no_address",
        ),
        (lambda w, t: Contact.objects.update(email="anna@mail.example,b@mail.example"), "suppressed", "no_address"),
        (lambda w, t: Journey.objects.update(state="paused"), "held", "journey_paused"),
        (lambda w, t: Journey.objects.update(state="archived"), "suppressed", "left_journey"),
        (lambda w, t: Touch.objects.update(expires_at=NOW), "expired", "expired"),
        (lambda w, t: Touch.objects.update(enrollment_id=0), "suppressed", "left_journey"),
        (lambda w, t: Touch.objects.update(contact_id=0), "suppressed", "no_address"),
        (lambda w, t: Touch.objects.update(purpose="unheard_of"), "suppressed", "no_consent"),
        (lambda w, t: Variant.objects.all().delete(), "suppressed", "missing_content"),
        (lambda w, t: Block.objects.update(state="draft"), "suppressed", "missing_content"),
        (
            lambda w, t: Variant.objects.update(body="<mj-text>{{ 1 | divided_by: 0 }}</mj-text>"),
            "suppressed",
            "template_error",
        ),
        (lambda w, t: Variant.objects.update(body="<mj-text>{% if %}</mj-text>"), "suppressed", "template_error"),
    ],
)
def test_deliver_after_a_change_since_the_verdict_holds_back_with_a_reason(world, smtp, clock, change, state, reason):
    touch = world.touch(world.person())
    change(world, touch)
    assert deliver_touches(now=clock) == {reason: 1}
    assert smtp.mails == []
    assert states(touch) == [(state, reason)]
    verdict = Verdict.objects.get()
    touch.refresh_from_db()
    assert (verdict.touch_id, verdict.contact_id, verdict.outcome, verdict.reason, verdict.at) == (
        touch.pk,
        touch.contact_id,
        state,
        reason,
        NOW,
    )
    assert verdict.gates["moment"] == "claim"
    assert deliver_touches(now=clock) == {}


def test_deliver_person_who_never_agreed_is_no_consent(world, smtp, clock):
    touch = world.touch(world.person(grant=("profiling",)))
    deliver_touches(now=clock)
    assert states(touch) == [("suppressed", "no_consent")]
    assert smtp.mails == []


@pytest.mark.parametrize(
    ("left", "state"),
    [("completed", "sent"), ("moved_version", "sent"), ("goal", "suppressed"), ("exit_condition", "suppressed"),
     ("consent_withdrawn", "suppressed"), ("stopped", "suppressed"), ("max_age", "suppressed")],
)  # fmt: skip
def test_deliver_to_a_person_who_left(world, smtp, clock, left, state):
    touch = world.touch(world.person(), left=left)
    deliver_touches(now=clock)
    assert states(touch) == [(state, "" if state == "sent" else "left_journey")]


def test_deliver_paused_journey_is_held_to_be_looked_at_again(world, smtp, clock):
    touch = world.touch(world.person())
    Journey.objects.update(state="paused")
    deliver_touches(now=clock)
    touch.refresh_from_db()
    assert touch.hold_until == NOW + timedelta(minutes=15)


def test_deliver_worker_killed_between_claim_and_send_sends_exactly_one(world, smtp, clock):
    touch = world.touch(world.person())
    operations._claim(COURIERS[0], claim=uuid.uuid4(), now=clock(), limit=10)  # ... and the worker is gone
    assert deliver_touches(now=clock) == {}
    assert release_leases(now=clock()) == {}
    clock.move(seconds=61)
    assert release_leases(now=clock()) == {"approved": 1}
    assert release_leases(now=clock()) == {}
    assert deliver_touches(now=clock) == {"sent": 1}
    assert deliver_touches(now=clock) == {}
    assert len(smtp.mails) == 1
    assert states(touch) == [("sent", "")]


def test_deliver_worker_killed_after_the_call_is_unknown_and_never_sent_again(world, smtp, clock):
    touch = world.touch(world.person())
    claim = uuid.uuid4()
    operations._claim(COURIERS[0], claim=claim, now=clock(), limit=10)
    assert call(touch, claim, clock()) == 1
    clock.move(seconds=61)
    assert release_leases(now=clock()) == {"unknown": 1}
    for _ in range(3):
        clock.move(hours=1)
        assert deliver_touches(now=clock) == {}
        assert release_leases(now=clock()) == {}
    assert smtp.mails == []
    assert states(touch) == [("unknown", "unknown_outcome")]


def test_settle_by_a_late_claimer_writes_nothing(world, smtp, clock):
    touch = world.touch(world.person())
    late = uuid.uuid4()
    operations._claim(COURIERS[0], claim=late, now=clock(), limit=10)
    clock.move(seconds=61)
    release_leases(now=clock())
    deliver_touches(now=clock)
    before = Touch.objects.values().get(pk=touch.pk)
    failed = Settled(touch.pk, "failed", "provider_rejected")
    assert settle([failed], claim=late, now=clock()) == {touch.pk: "claim_over"}
    assert give_back([touch.pk], claim=late, now=clock(), reason="provider_unavailable") == 0
    assert call(touch, late, clock()) == 0
    assert Touch.objects.values().get(pk=touch.pk) == before
    assert not Verdict.objects.exists()


def test_deliver_claim_that_is_over_before_the_call_is_left_to_others(world, smtp, clock):
    world.touch(world.person())
    ticks = iter([0, 0, 61, 61])
    assert deliver_touches(now=lambda: NOW + timedelta(seconds=next(ticks))) == {"claim_over": 1}
    assert smtp.mails == []


def test_deliver_consent_withdrawn_after_the_claim_is_not_called(world, smtp, clock, monkeypatch):
    """The first mail's arrival withdraws the second person's consent: both were in one claim."""
    first, second = world.touch(world.person("Anna")), world.touch(world.person("Ben"))
    claim = uuid.uuid4()
    operations._claim(COURIERS[0], claim=claim, now=clock(), limit=10)
    withdraw(world, second)
    assert call(second, claim, clock()) == 0
    assert call(first, claim, clock()) == 1


@pytest.mark.parametrize(
    ("answer", "suppressed"),
    [
        ("550 5.1.1 no such user", True),
        ("550 nobody here", True),
        ("550 5.7.1 policy", False),
        ("552 5.2.2 mailbox full", False),
    ],
)
def test_deliver_refused_recipient_fails_for_good_and_a_dead_address_is_suppressed(
    world, smtp, clock, answer, suppressed
):
    smtp.at_rcpt["ben@mail.example"] = answer
    anna, ben, cem = (world.touch(world.person(name)) for name in ("Anna", "Ben", "Cem"))
    assert deliver_touches(now=clock) == {"sent": 2, "provider_rejected": 1}
    assert states(anna, ben, cem) == [("sent", ""), ("failed", "provider_rejected"), ("sent", "")]
    assert Suppression.objects.filter(address="ben@mail.example", reason="bounced").exists() is suppressed
    assert Event.objects.filter(contact=ben.contact, properties__kind="hard").exists() is suppressed
    assert smtp.sessions == 1
    clock.move(days=1)
    assert deliver_touches(now=clock) == {}


def test_deliver_content_refused_for_good_fails(world, smtp, clock):
    smtp.at_data["anna@mail.example"] = "554 5.7.1 spam"
    touch = world.touch(world.person())
    assert deliver_touches(now=clock) == {"provider_rejected": 1}
    assert states(touch) == [("failed", "provider_rejected")]
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("where", ["at_rcpt", "at_data"])
def test_deliver_transient_refusal_waits_longer_each_time_and_then_goes_out(world, smtp, clock, where):
    getattr(smtp, where)["anna@mail.example"] = "451 4.3.0 later"
    touch = world.touch(world.person())
    waits = []
    for _ in range(4):
        assert deliver_touches(now=clock) == {"provider_unavailable": 1}
        assert deliver_touches(now=clock) == {}  # no hot loop
        touch.refresh_from_db()
        assert (touch.state, touch.reason, touch.claim, touch.called_at) == (
            "approved",
            "provider_unavailable",
            None,
            None,
        )
        waits.append(touch.lease_until - clock.at)
        clock.at = touch.lease_until
    assert waits == sorted(waits)
    assert timedelta(seconds=30) <= waits[0] < timedelta(seconds=60)
    getattr(smtp, where).clear()
    assert deliver_touches(now=clock) == {"sent": 1}
    assert len(smtp.mails) == 1


def test_deliver_server_away_gives_the_whole_batch_back(world, smtp, clock, settings):
    good, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    touches = [world.touch(world.person(name)) for name in ("Anna", "Ben")]
    assert deliver_touches(now=clock) == {"provider_unavailable": 2}
    assert states(*touches) == [("approved", "provider_unavailable")] * 2
    assert deliver_touches(now=clock) == {}
    settings.EMAIL_PORT = good
    clock.move(minutes=2)
    assert deliver_touches(now=clock) == {"sent": 2}


def test_deliver_answer_lost_after_data_is_unknown_and_the_next_mail_gets_a_new_line(world, smtp, clock):
    smtp.hang_up.add("anna@mail.example")
    anna, ben = world.touch(world.person("Anna")), world.touch(world.person("Ben"))
    assert deliver_touches(now=clock) == {"unknown_outcome": 1, "sent": 1}
    assert states(anna, ben) == [("unknown", "unknown_outcome"), ("sent", "")]
    clock.move(days=1)
    release_leases(now=clock())
    assert deliver_touches(now=clock) == {}
    assert [m["To"] for m in smtp.mails] == ["anna@mail.example", "ben@mail.example"]
    assert smtp.sessions == 2


def test_deliver_expired_while_waiting_is_not_sent(world, smtp, clock):
    smtp.at_rcpt["anna@mail.example"] = "451 later"
    touch = world.touch(world.person(), expires_at=NOW + timedelta(seconds=20))
    deliver_touches(now=clock)
    clock.move(minutes=5)
    assert deliver_touches(now=clock) == {"expired": 1}
    assert states(touch) == [("expired", "expired")]


@pytest.mark.parametrize("state", ["proposed", "held", "suppressed", "sent", "failed", "unknown", "expired"])
def test_deliver_touch_that_is_not_approved_stays(world, smtp, clock, state):
    touch = world.touch(world.person(), state=state)
    assert deliver_touches(now=clock) == {}
    assert states(touch) == [(state, "")]


def test_deliver_takes_at_most_the_limit(world, smtp, clock):
    for n in range(5):
        world.touch(world.person(f"P{n}"))
    assert deliver_touches(now=clock, limit=3) == {"sent": 3}
    assert deliver_touches(now=clock, limit=3) == {"sent": 2}


def test_deliver_statements_a_group_of_mails_are_two(world, smtp, clock, monkeypatch):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(names):
        for name in names:
            world.touch(world.person(name))
        with CaptureQueriesContext(connection) as queries:
            deliver_touches(now=clock)
        return len(queries)

    monkeypatch.setattr("orchestrator.channels.handing.next_size", lambda size, _seconds, _most: size)
    for name in ("First", "Second"):  # the first writes types of events and loads content, the second reads the types
        cost([name])
    one, nine = cost(["A"]), cost([f"B{n}" for n in range(9)])
    assert nine - one == 2  # a second group: marked as called, outcomes recorded


def test_deliver_name_with_line_breaks_cannot_add_a_header(world, smtp, clock):
    contact = world.person()
    Contact.objects.update(first_name="A\r\nBcc: all@x.example\u2028X-Evil: 1")
    world.touch(contact)
    deliver_touches(now=clock)
    (got,) = smtp.mails
    assert got["Bcc"] is None
    assert got["X-Evil"] is None
    assert got["Subject"] == "Your cart, A Bcc: all@x.exampleX-Evil: 1"


def test_deliver_without_smtp_uses_the_backend_of_django(world, clock):
    touch = world.touch(world.person())
    assert deliver_touches(now=clock) == {"sent": 1}
    assert len(django_mail.outbox) == 1
    assert states(touch) == [("sent", "")]


def test_deliver_speed_is_printed(world, smtp, clock, capsys):
    people = 300
    for n in range(people):
        world.touch(world.person(f"P{n}"))
    start = time.perf_counter()
    assert deliver_touches(now=clock, limit=people) == {"sent": people}
    with capsys.disabled():
        print(f"\n  delivery to the local sink: {people / (time.perf_counter() - start):,.0f} mails/s")
    assert len(smtp.mails) == people
