"""Text messages: what the service gets, what its answers mean, and what is never sent."""

import base64
import threading
import time

import pytest
from django.db import connections

from consent.models import Suppression
from consent.records.operations import suppress_address
from contacts.models import Event
from journeys.models import Touch
from orchestrator.channels.adapters import sms
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.queries import told_about
from orchestrator.kernel import sql
from tests.waiting import HUNG, ended, until_asleep

from ..conftest import NOW
from .conftest import http

pytestmark = pytest.mark.django_db
ANNA, BEN = "+4915112345678", "+4915187654321"


@pytest.fixture
def by_sms(reach):
    return reach(
        sms.COURIER, en="Hi {{ contact.first_name }}, cart {{ run.key }} waits", de="Ihr Korb {{ run.key }} wartet"
    )


def state(touch):
    touch.refresh_from_db()
    return touch.state, touch.reason


def test_deliver_calls_the_service_as_it_is_documented(by_sms, twilio, clock):
    touch = by_sms.touch(by_sms.person(phone=ANNA))
    assert deliver_touches(now=clock) == {"sent": 1}
    assert deliver_touches(now=clock) == {}
    ((head, fields),) = twilio.taken
    assert head.startswith("POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1")
    assert f"Authorization: Basic {base64.b64encode(b'AC1:t0ken').decode()}" in head
    callback, _, token = fields.pop("StatusCallback").partition("?touch=")
    assert callback == "https://track.example/feedback/sms/"
    assert told_about(token) == touch.pk
    assert told_about(token[:-1]) is None
    assert fields == {"To": ANNA, "From": "+15005550006", "Body": "Hi Anna, cart c1 waits\nReply STOP to opt out."}
    assert state(touch) == ("sent", "")
    assert (touch.address, touch.sent_at) == (ANNA, NOW)


def test_deliver_through_a_messaging_service_names_no_number(by_sms, twilio, clock, settings):
    settings.SMS_FROM = "MG123"
    by_sms.touch(by_sms.person(phone=ANNA))
    deliver_touches(now=clock)
    assert twilio.taken[0][1]["MessagingServiceSid"] == "MG123"
    assert "From" not in twilio.taken[0][1]


def test_deliver_speaks_the_persons_language_and_service_needs_no_way_out(by_sms, twilio, clock):
    by_sms.touch(by_sms.person(phone=ANNA, language="de"))
    by_sms.touch(by_sms.person("Ben", phone=BEN, agrees=False), purpose="service")
    assert deliver_touches(now=clock) == {"sent": 2}
    bodies = {fields["To"]: fields["Body"] for _, fields in twilio.taken}
    assert bodies[ANNA] == "Ihr Korb c1 wartet\nAbmelden: STOP antworten."
    assert bodies[BEN] == "Hi Ben, cart c1 waits"


def test_deliver_without_consent_or_number_calls_nobody(by_sms, twilio, clock):
    without = by_sms.touch(by_sms.person("Ben", phone=BEN, agrees=False))
    nowhere = by_sms.touch(by_sms.person("Cem"))
    assert deliver_touches(now=clock) == {"no_consent": 1, "no_address": 1}
    assert (state(without)[1], state(nowhere)[1]) == ("no_consent", "no_address")
    assert twilio.machine.connections == 0


def test_deliver_to_a_number_that_is_none_suppresses_it(by_sms, twilio, clock):
    twilio.says[ANNA] = http(400, {"code": 21211, "message": f"The 'To' number {ANNA} is not valid.", "status": 400})
    touch = by_sms.touch(by_sms.person(phone=ANNA))
    assert deliver_touches(now=clock) == {"provider_rejected": 1}
    assert state(touch) == ("failed", "provider_rejected")
    assert Suppression.objects.values_list("channel", "address", "reason").get() == ("sms", ANNA, "bounced")
    assert Event.objects.get(name="sms_failed").properties["code"] == "400 21211"
    again = by_sms.touch(by_sms.person("Ben", phone=ANNA))
    assert deliver_touches(now=clock) == {"address_bounced": 1}
    assert state(again)[0] == "suppressed"


def test_deliver_to_who_told_the_service_to_stop_withdraws(by_sms, twilio, clock):
    twilio.says[ANNA] = http(
        400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}
    )
    anna = by_sms.person(phone=ANNA)
    by_sms.touch(anna)
    deliver_touches(now=clock)
    assert Suppression.objects.values_list("address", "reason").get() == (ANNA, "objected")
    assert anna.state_set.get(purpose__slug="sms_marketing").granted is False


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (http(429, {"code": 20429}), "provider_unavailable"),
        (http(503, {}), "provider_unavailable"),
        (http(401, {"code": 20003}), "provider_unavailable"),  # our account: nobody's message is lost for it
        (http(500, {}), "unknown_outcome"),
        (http(502, b"<html>"), "unknown_outcome"),
        (b"", "unknown_outcome"),  # it hung up after it had everything
        (http(400, {"code": 21617, "message": "body too long"}), "provider_rejected"),
        (http(302, {}), "provider_unavailable"),
    ],
)
def test_deliver_trouble_is_read_by_whether_the_message_may_be_on_its_way(by_sms, twilio, clock, said, outcome):
    twilio.says[ANNA] = said
    touch = by_sms.touch(by_sms.person(phone=ANNA))
    assert deliver_touches(now=clock) == {outcome: 1}
    assert state(touch)[1] == outcome
    assert not Suppression.objects.exists()


def test_deliver_to_an_address_inside_connects_to_nobody(by_sms, twilio, clock, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = []
    touch = by_sms.touch(by_sms.person(phone=ANNA))
    assert deliver_touches(now=clock) == {"provider_unavailable": 1}
    assert state(touch) == ("approved", "provider_unavailable")
    assert twilio.machine.connections == 0


def test_deliver_by_a_mapping_fills_it_and_a_lost_answer_is_asked_again(by_sms, twilio, clock, settings):
    settings.SMS_PROVIDER, settings.WEBHOOK_SECRETS = "http", {"sms": "Bearer abc"}
    settings.SMS_HTTP = {
        "url": f"{twilio.machine.url}send",
        "headers": {"Authorization": "secret:sms", "Idempotency-Key": "{id}"},
        "body": {"to": "{to}", "message": {"text": "{text}", "unicode": True}, "sender": "{from}"},
        "error": "error.code",
        "idempotent": True,
        "dead": ["no_such_number"],
    }
    touch = by_sms.touch(by_sms.person('"},"to":"x', phone=ANNA))
    dead = by_sms.touch(by_sms.person("Ben", phone=BEN))
    twilio.says = {ANNA: b"", BEN: http(422, {"error": {"code": "no_such_number"}})}
    assert deliver_touches(now=clock) == {"provider_unavailable": 1, "provider_rejected": 1}
    assert (state(touch)[0], state(dead)[0]) == ("approved", "failed")
    assert Suppression.objects.get().address == BEN
    head, fields = next(one for one in twilio.taken if one[1]["to"] == ANNA)
    assert "Authorization: Bearer abc" in head
    assert f"Idempotency-Key: touch-{touch.pk}" in head
    text = 'Hi "},"to":"x, cart c1 waits\nReply STOP to opt out.'
    assert fields == {"to": ANNA, "message": {"text": text, "unicode": True}, "sender": "+15005550006"}


def test_deliver_by_a_mapping_without_its_secret_holds_back(by_sms, twilio, clock, settings):
    settings.SMS_PROVIDER, settings.WEBHOOK_SECRETS = "http", {}
    settings.SMS_HTTP = {"url": twilio.machine.url, "headers": {"Authorization": "secret:sms"}}
    touch = by_sms.touch(by_sms.person(phone=ANNA))
    assert deliver_touches(now=clock) == {"template_error": 1}
    assert state(touch)[0] == "suppressed"
    assert twilio.machine.connections == 0


@pytest.fixture
def patient_wait(transactional_db):
    """The wait for a call that is running ends with the call, however long it takes, and not after 0.7 s."""
    ((text,),) = sql.rows("SELECT pg_get_functiondef('journeys_wait_for_calls(bigint[])'::regprocedure)")
    assert "'700 milliseconds'" in text
    sql.rows(text.replace("'700 milliseconds'", f"'{HUNG} seconds'"))
    yield
    sql.rows(text)


@pytest.mark.django_db(transaction=True)
def test_stop_waits_for_the_call_that_is_running_to_this_number_and_to_no_other(by_sms, patient_wait):
    """As a complaint by mail does (ADR 12): after the answer to STOP nothing begins."""
    touch = by_sms.touch(by_sms.person(phone=ANNA), state="sending", called_at=NOW, address=ANNA)
    by_sms.person("Ben", phone=BEN)

    def stop(number):
        suppress_address(channel="sms", address=number, reason="objected", now=NOW)
        connections.close_all()

    other, own = (threading.Thread(target=stop, args=[number]) for number in (BEN, ANNA))
    other.start()
    ended([other])
    assert state(touch)[0] == "sending"
    own.start()
    until_asleep()
    assert not Suppression.objects.filter(address=ANNA).exists()
    Touch.objects.filter(pk=touch.pk).update(state="sent")
    ended([own])
    assert Suppression.objects.filter(address=ANNA).exists()


@pytest.mark.django_db(transaction=True)
def test_stop_waits_for_a_call_that_nobody_records_as_long_as_it_may_and_no_longer(by_sms):
    touch = by_sms.touch(by_sms.person(phone=ANNA), state="sending", called_at=NOW, address=ANNA)
    begun = time.monotonic()
    suppress_address(channel="sms", address=ANNA, reason="objected", now=NOW)
    assert time.monotonic() - begun >= 0.65
    assert state(touch)[0] == "sending"
