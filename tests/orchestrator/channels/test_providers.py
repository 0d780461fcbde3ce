"""Mail by the HTTP APIs of providers: what is told with it, and what each answer does to the message."""

import json
import re
from urllib.parse import unquote_plus

import pytest
from django.conf import settings as given

from consent.models import Suppression
from journeys.models import Touch
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.providers import PROVIDERS, NoProvider, anymail_settings, backend_of
from orchestrator.channels.rules import by_status
from orchestrator.channels.tokens import token, touch_of

from .provider import KEYS, TAKEN, provider

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailWarning")]
__all__ = ["provider"]


def sent_by(provider, name, world, clock, answer=None):
    stand_in = provider(name)
    stand_in.answer = answer or stand_in.answer
    touch = world.touch(world.person())
    deliver_touches(now=clock)
    touch.refresh_from_db()
    return stand_in, touch


@pytest.mark.parametrize("name", TAKEN)
def test_deliver_by_each_provider_tells_it_the_touch_and_the_headers_for_unsubscribing(provider, world, clock, name):
    stand_in, touch = sent_by(provider, name, world, clock)
    assert (touch.state, touch.reason) == ("sent", "")
    ((_path, headers, body),) = stand_in.asked
    text = unquote_plus(body.decode())
    assert "List-Unsubscribe" in text
    assert "anna@mail.example" in text
    assert "Your cart, Anna" in text
    assert (f"t{touch.pk}-" in text) is PROVIDERS[name].metadata
    assert ("Idempotency-Key" in headers) is (name == "resend")
    assert ("idempotencyKey" in text) is (name == "brevo")
    assert touch.subject == "Your cart, Anna"
    if PROVIDERS[name].metadata:
        assert touch_of(re.search(r"t\d+-[0-9a-f]{20}", text)[0]) == touch.pk


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mailgun", "o:tracking-opens=no"),
        ("mailjet", '"TrackOpens": "disabled"'),
        ("postmark", '"TrackOpens": false'),
        ("sendgrid", '"open_tracking": {"enable": false}'),
        ("sparkpost", '"open_tracking": false'),
    ],
)
def test_deliver_asks_a_provider_that_can_be_asked_to_count_nothing(provider, world, clock, name, said):
    assert PROVIDERS[name].untracked
    stand_in, _touch = sent_by(provider, name, world, clock)
    text = unquote_plus(stand_in.asked[0][2].decode())
    assert said in text
    clicks = {"opens": "clicks", "Opens": "Links" if name == "postmark" else "Clicks", "open_": "click_"}
    expected = said.replace("false", '"None"') if name == "postmark" else said
    for opens, other in clicks.items():
        expected = expected.replace(opens, other)
    assert expected in text


def test_deliver_twice_by_a_provider_with_keys_uses_one_key_a_message(provider, world, clock):
    stand_in, touch = sent_by(provider, "resend", world, clock, (500, {"message": "oops"}))
    assert (touch.state, touch.reason) == ("approved", "provider_unavailable")
    stand_in.answer = TAKEN["resend"]
    clock.move(hours=3)
    deliver_touches(now=clock)
    touch.refresh_from_db()
    assert touch.state == "sent"
    keys = [headers["Idempotency-Key"] for _path, headers, _body in stand_in.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    world.touch(world.person("Ben"), key="c2")
    deliver_touches(now=clock)
    assert len({headers["Idempotency-Key"] for _path, headers, _body in stand_in.asked}) == 2


@pytest.mark.parametrize(
    ("name", "answer", "state", "reason"),
    [
        ("sendgrid", (400, {"errors": [{"message": "bad"}]}), "failed", "provider_rejected"),
        ("sendgrid", (413, "too long"), "failed", "provider_rejected"),
        ("sendgrid", (401, {"errors": []}), "approved", "provider_unavailable"),
        ("sendgrid", (403, {"errors": []}), "approved", "provider_unavailable"),
        ("sendgrid", (429, {"errors": []}), "approved", "provider_unavailable"),
        ("sendgrid", (503, "busy"), "approved", "provider_unavailable"),
        ("sendgrid", (500, "oops"), "unknown", "unknown_outcome"),
        ("sendgrid", (502, "gateway"), "unknown", "unknown_outcome"),
        ("sendgrid", (302, "moved"), "unknown", "unknown_outcome"),
        ("resend", (502, "gateway"), "approved", "provider_unavailable"),
        ("resend", (409, {"name": "invalid_idempotent_request"}), "sent", ""),
        ("resend", (409, {"name": "concurrent_idempotent_requests"}), "approved", "provider_unavailable"),
        ("resend", (422, {"name": "validation_error"}), "failed", "provider_rejected"),
        ("postmark", (422, {"ErrorCode": 406, "Message": "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: anna@mail.example. Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression."}), "failed", "provider_rejected"),
        ("mailjet", (400, {"Messages": [{"Status": "error", "Errors": [{"ErrorCode": "mj-0013", "StatusCode": 400, "ErrorMessage": "no such address"}]}]}), "failed", "provider_rejected"),
        ("mailjet", (401, {"ErrorIdentifier": "i", "ErrorCode": "mj-0002", "ErrorMessage": "API key", "StatusCode": 401}), "approved", "provider_unavailable"),
        ("postmark", (200, "not json"), "unknown", "unknown_outcome"),
        ("postmark", (401, {"ErrorCode": 10}), "approved", "provider_unavailable"),
    ],
)  # fmt: skip
def test_deliver_answer_of_a_provider_is_understood(provider, world, clock, name, answer, state, reason):
    stand_in, touch = sent_by(provider, name, world, clock, answer)
    assert (touch.state, touch.reason) == (state, reason)
    assert len(stand_in.asked) == 1  # neither repeated at once nor led elsewhere
    assert not Suppression.objects.exists()


def test_deliver_to_a_provider_that_hangs_up_is_unknown_and_with_a_key_tried_again(provider, world, clock):
    stand_in = provider("postmark")
    stand_in.silent = True
    touch = world.touch(world.person())
    deliver_touches(now=clock)
    touch.refresh_from_db()
    assert touch.state == "unknown"
    provider("resend")
    stand_in.silent = True
    other = world.touch(world.person("Ben"), key="c2")
    deliver_touches(now=clock)
    other.refresh_from_db()
    assert (other.state, other.reason) == ("approved", "provider_unavailable")


def test_deliver_to_a_provider_at_a_private_address_connects_to_nothing(provider, world, clock, settings):
    stand_in = provider("postmark")
    settings.MAIL_ALLOW_PRIVATE = []
    touch = world.touch(world.person())
    deliver_touches(now=clock)
    touch.refresh_from_db()
    assert (touch.state, touch.reason, stand_in.asked) == ("approved", "provider_unavailable", [])


def test_by_status_that_nobody_understands_is_never_sent_again_blindly():
    assert by_status(None, "?", repeatable=False).outcome == "unknown"
    assert by_status(None, "?", repeatable=True).outcome == "unknown"
    assert by_status(504, "?", repeatable=True).outcome == "unavailable"


def test_anymail_settings_without_a_key_say_what_is_missing():
    with pytest.raises(NoProvider, match="MAILGUN_SENDER_DOMAIN"):
        anymail_settings("mailgun", {"MAILGUN_API_KEY": "k"})
    with pytest.raises(NoProvider, match="postmark"):
        backend_of("pidgeon")
    assert anymail_settings("postmark", KEYS)["REQUESTS_TIMEOUT"] == 10
    config = anymail_settings("amazon_ses", {"AMAZON_SES_REGION": "eu-central-1"})["AMAZON_SES_CLIENT_PARAMS"]
    assert json.dumps(config) == json.dumps(
        {
            "config": {"connect_timeout": 5.0, "read_timeout": 10, "retries": {"total_max_attempts": 1}},
            "region_name": "eu-central-1",
        }
    )


def test_token_is_ours_only_and_survives_upper_case():
    mine = token(17)
    assert touch_of(mine.upper()) == 17
    assert [
        touch_of(wrong) for wrong in (mine[:-1], mine + "0", "t18" + mine[3:], token(17, service=True), "", "t0-", "x")
    ] == [None] * 7


def test_token_of_an_old_key_is_read_while_it_is_kept(settings):
    mine = token(17)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", []
    assert touch_of(mine) is None
    settings.SECRET_KEY_FALLBACKS = [given.SECRET_KEY, "only-for-a-laptop-set-SECRET_KEY-on-servers"]
    assert touch_of(mine) == 17
    assert Touch.objects.count() == 0
