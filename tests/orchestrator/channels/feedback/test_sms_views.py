"""What Twilio tells: only what it signed, once, in any order; STOP holds from that moment on."""

import base64
import hashlib
import hmac

import pytest
from django.test import Client

from consent.models import Record, Suppression
from consent.records.operations import record_consent
from contacts.models import Event
from orchestrator.channels.adapters import sms
from orchestrator.channels.feedback.sms_rules import signed_by_twilio, wants_no_more
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.queries import callback_token
from tests.orchestrator.channels.adapters.conftest import listen, reach, twilio  # noqa: F401

from ..conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.urls("orchestrator.channels.feedback.urls")]
ANNA = "+4915112345678"


def signed(path, fields, token="t0ken"):
    whole = f"https://track.example{path}" + "".join(k + fields[k] for k in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), whole.encode(), hashlib.sha1).digest()).decode()


def post(path="/feedback/sms/", signature=None, **fields):
    fields = {"AccountSid": "AC1"} | fields
    signature = signed(path, fields) if signature is None else signature
    return Client().post(path, fields, headers={"X-Twilio-Signature": signature})


def reply(text, sid="SM9", **more):
    return post(From=ANNA, To="+15005550006", Body=text, MessageSid=sid, **more)


@pytest.fixture
def by_sms(reach, twilio):  # noqa: F811
    return reach(sms.COURIER, en="Hello")


@pytest.fixture
def anna(by_sms):
    return by_sms.person(phone=ANNA)


@pytest.fixture
def touch(by_sms, anna, clock):
    touch = by_sms.touch(anna)
    deliver_touches(now=clock)
    return touch


def tell(touch, status, code=""):
    fields = {"MessageSid": "SM1", "MessageStatus": status} | ({"ErrorCode": code} if code else {})
    return post(f"/feedback/sms/?touch={callback_token(touch.pk)}", **fields)


def test_signature_of_the_documentation_is_good():
    fields = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310", "To": "+18005551212",
    }  # fmt: skip
    given = {"url": "https://mycompany.com/myapp.php?foo=1&bar=2", "fields": fields, "token": "12345"}
    assert signed_by_twilio(signature="GvWf1cFY/Q7PnoempGyD5oXAezc=", **given)
    assert not signed_by_twilio(signature="GvWf1cFY/Q7PnoempGyD5oXAezC=", **given)
    assert not signed_by_twilio(signature="GvWf1cFY/Q7PnoempGyD5oXAezc=", **given | {"token": ""})
    assert not signed_by_twilio(signature="é", **given)


def test_status_is_recorded_once_with_its_touch(touch, anna):
    for status in ("queued", "sent", "delivered", "delivered"):
        assert tell(touch, status).status_code == 200
    event = Event.objects.get(name="sms_delivered")
    assert (event.contact_id, event.properties) == (anna.pk, {"touch": touch.pk, "journey": "cart"})


def test_status_of_a_message_in_doubt_says_that_it_was_sent(touch):
    type(touch).objects.filter(pk=touch.pk).update(state="unknown", reason="unknown_outcome", sent_at=None)
    tell(touch, "delivered")
    touch.refresh_from_db()
    assert (touch.state, touch.reason) == ("sent", "")
    assert touch.sent_at


def test_status_failed_suppresses_a_number_that_is_none_and_no_other(touch):
    tell(touch, "undelivered", "30003")  # switched off
    assert Event.objects.get(name="sms_failed").properties["code"] == "30003"
    assert not Suppression.objects.exists()


def test_status_failed_for_good_suppresses_whatever_came_before(touch):
    tell(touch, "delivered")
    tell(touch, "undelivered", "30005")
    assert Suppression.objects.values_list("channel", "address", "reason").get() == ("sms", ANNA, "bounced")


@pytest.mark.parametrize("signature", ["", "x", "é", signed("/feedback/sms/", {"AccountSid": "AC1"})])
def test_wrong_signature_writes_nothing(anna, signature):
    before = Record.objects.count()
    assert post(signature=signature, From=ANNA, Body="STOP", MessageSid="SM9").status_code == 403
    assert (Record.objects.count(), Suppression.objects.count()) == (before, 0)


def test_another_account_and_another_address_are_refused(touch):
    assert reply("STOP", AccountSid="AC2").status_code == 403
    path = f"/feedback/sms/?touch={callback_token(touch.pk)}"
    fields = {"AccountSid": "AC1", "MessageStatus": "delivered"}
    assert post(path, signature=signed("/feedback/sms/", fields), MessageStatus="delivered").status_code == 403
    assert not Event.objects.filter(name="sms_delivered").exists()


def test_token_that_is_not_ours_does_nothing(touch):
    assert post("/feedback/sms/?touch=1.x", MessageStatus="delivered").status_code == 200
    assert not Event.objects.filter(name="sms_delivered").exists()


def test_door_is_shut_where_there_is_no_twilio(settings, anna):
    settings.SMS_PROVIDER = "http"
    assert reply("STOP").status_code == 404


def test_stop_withdraws_for_everybody_with_the_number_at_once(by_sms, anna, clock):
    ben, cem = by_sms.person("Ben", phone=ANNA), by_sms.person("Cem", phone="+491701111111")
    waiting = by_sms.touch(anna)
    assert reply(" stop! ").status_code == 200
    for person, granted in ((anna, False), (ben, False), (cem, True)):
        assert person.state_set.get(purpose__slug="sms_marketing").granted is granted
    record = Record.objects.filter(contact_id=anna.pk, decision="withdrawn").get()
    assert (record.source, record.proof) == ("sms", {"how": "sms_reply", "reply": "SM9"})
    assert Suppression.objects.values_list("channel", "address", "reason").get() == ("sms", ANNA, "objected")
    assert Event.objects.filter(name="unsubscribed").count() == 2
    assert deliver_touches(now=clock) == {"suppressed": 1}
    waiting.refresh_from_db()
    assert waiting.state == "suppressed"
    # mail was not spoken of, and a message that a contract asks for still goes out
    by_sms.touch(anna, purpose="service", key="c2")
    assert deliver_touches(now=clock) == {"sent": 1}


def test_stop_that_is_told_twice_does_nothing_the_second_time(by_sms, anna):
    reply("STOP")
    Suppression.objects.all().delete()  # a colleague set the number free, and she agreed again
    record_consent(
        contact_id=anna.pk, purpose="sms_marketing", decision="granted", source="form", now=NOW.replace(year=2036)
    )
    assert reply("STOP").status_code == 200
    assert anna.state_set.get(purpose__slug="sms_marketing").granted is True
    assert not Suppression.objects.exists()
    reply("STOP", sid="SM10")
    assert Suppression.objects.exists()


def test_stop_of_a_stranger_silences_the_number(by_sms):
    assert reply("Stopp").status_code == 200
    assert Suppression.objects.get().address == ANNA
    assert not Event.objects.exists()


def test_other_reply_is_noted_without_its_words(anna):
    reply("Danke, bis Montag")
    event = Event.objects.get(name="sms_replied")
    assert (event.contact_id, event.properties) == (anna.pk, {})
    assert anna.state_set.get(purpose__slug="sms_marketing").granted is True


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        *[(word, True) for word in ("STOP", "stopp", "Abmelden.", "END", "«Unsubscribe»", "cancel", "Quit!", "stop bitte")],
        *[(text, False) for text in ("", "?!", "Please do not stop", "end of the week", "Cancel my order", "Stopper", "ja")],
    ],
)  # fmt: skip
def test_wants_no_more(text, stops):
    assert wants_no_more(text) is stops
