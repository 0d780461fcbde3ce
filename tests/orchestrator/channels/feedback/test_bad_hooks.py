"""Bad inputs 125 to 136 at the doors for webhooks of providers: a clear refusal or no effect, never a 5xx, nothing by halves."""

import json

import pytest
from django.test import Client

from consent.models import Record, State, Suppression
from contacts.models import Event, MessageId
from journeys.models import Touch
from orchestrator.channels.feedback import hook_views
from orchestrator.channels.tokens import token
from orchestrator.models import Hook

from .payloads import (
    ADDRESS,
    AT,
    CERT_URL,
    EPOCH,
    PROVIDERS,
    amazon,
    asymmetric,
    basic,
    payload,
    secrets,
    standard,
    whpk,
)
from .test_hooks import post, state

pytestmark = pytest.mark.django_db
TABLES = (Event, MessageId, Suppression, Record, State, Touch, Hook)
SIGNED = {
    "amazon_ses": None, "mailgun": None, "resend": "svix-signature", "standard": "webhook-signature",
    "sendgrid": "x-twilio-email-event-webhook-signature", "postmark": "authorization", "brevo": "authorization",
    "mailjet": "authorization", "sparkpost": "authorization",
}  # fmt: skip
STAMPED = ("mailgun", "resend", "sendgrid", "standard")


@pytest.fixture(autouse=True)
def doors(settings):
    settings.FEEDBACK_SECRETS = secrets()
    hook_views.certificates[CERT_URL] = amazon()[1]


@pytest.fixture
def touch(world):
    return world.touch(world.person(), state="sent", address=ADDRESS, called_at=AT.replace(minute=0), sent_at=AT)


def written():
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def refused(name, body, headers, words, status=401, at=AT):
    before = written()
    answer = post(name, body, headers, at)
    assert (answer.status_code, words in answer.json()["error"]) == (status, True), answer.content
    assert written() == before


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_125_without_a_signature_is_refused(touch, name):
    body, headers = payload(name, "hard", token(touch.pk))
    if name == "mailgun":
        return refused(name, json.dumps({"event-data": json.loads(body)["event-data"]}), {}, "expected signature")
    if name == "amazon_ses":
        return refused(name, json.dumps({**json.loads(body), "Signature": ""}), headers, "the signature is wrong")
    refused(name, body, {key: value for key, value in headers.items() if key != SIGNED[name]}, "expected")


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_126_with_a_wrong_signature_is_refused(touch, name, settings):
    body, headers = payload(name, "hard", token(touch.pk))
    if name == "mailgun":
        content = json.loads(body)
        content["signature"]["signature"] = "0" * 64
        return refused(name, json.dumps(content), headers, "wrong")
    if name == "amazon_ses":
        content = json.loads(body) | {"Subject": "another"}
        refused(name, json.dumps(content), headers, "wrong")
        content = json.loads(body) | {"SigningCertURL": "https://sns.eu-central-1.amazonaws.com.evil.example/x.pem"}
        refused(name, json.dumps(content), headers, "of Amazon SNS")
        content = json.loads(body) | {"TopicArn": "arn:aws:sns:eu-central-1:999999999999:mail"}
        return refused(name, json.dumps(content), headers, "topic is not set")
    value = headers[SIGNED[name]]
    for wrong in (
        value[:-6] + ("AAAAAA" if value[-6:] != "AAAAAA" else "BBBBBB"),
        "v1,",
        "Basic",
        "Bearer x",
        "\xe4",
        "v1,%%%",
        "x" * 5_000,
    ):
        refused(name, body, headers | {SIGNED[name]: wrong}, "")


@pytest.mark.parametrize("name", STAMPED)
@pytest.mark.parametrize("minutes", [-6, 6])
def test_hook_127_six_minutes_away_is_refused(touch, name, minutes):
    body, headers = payload(name, "hard", token(touch.pk), stamp=EPOCH + 60 * minutes)
    refused(name, body, headers, "more than 5 minutes")
    assert post(name, *payload(name, "hard", token(touch.pk), stamp=EPOCH + 60 * minutes * 4 // 6)).status_code == 200


@pytest.mark.parametrize("minutes", [-76, 76])
def test_hook_127_of_amazon_which_repeats_for_an_hour_is_refused_after_it(touch, minutes):
    refused(
        "amazon_ses",
        *payload("amazon_ses", "hard", token(touch.pk), stamp=EPOCH + 60 * minutes),
        "more than 75 minutes",
    )


@pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "9" * 30, "1772442600.5.5", "١٧٧٢٤٤٢٦٠٠", "NaN"])
def test_hook_127_with_a_timestamp_that_is_none_is_refused(touch, stamp):
    body, headers = payload("standard", "hard", token(touch.pk))
    before = written()
    assert post("standard", body, headers | {"webhook-timestamp": stamp.encode().decode("latin-1")}).status_code in (
        400,
        401,
    )
    assert written() == before


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_128_replayed_has_no_effect_and_with_other_content_is_refused(touch, name):
    body, headers = payload(name, "hard", token(touch.pk))
    post(name, body, headers)
    before = written()
    assert post(name, body, headers).status_code == 200
    assert written() == before
    if name == "mailgun":  # it signs no content: who has heard one must not tell another
        other = json.loads(body)
        other["event-data"]["recipient"] = "ben@mail.example"
        refused(name, json.dumps(other), headers, "came before with other content", 409)
    if name == "standard":
        other = body.replace(b"anna", b"ben")
        refused(name, other, standard(other, key="key-hard"), "came before with other content", 409)


@pytest.mark.parametrize("name", ["amazon_ses", "resend", "sendgrid", "standard"])
def test_hook_129_with_changed_white_space_is_refused(touch, name):
    body, headers = payload(name, "hard", token(touch.pk))
    if name == "amazon_ses":  # what it signs are values
        content = json.loads(body)
        return refused(name, json.dumps(content | {"Message": content["Message"] + " "}), headers, "wrong")
    refused(name, body + b" ", headers, "")
    refused(name, body.replace(b", ", b","), headers, "")


def test_hook_130_with_two_signatures_of_which_one_is_right_is_taken(touch):
    body, headers = payload("standard", "hard", token(touch.pk))
    good, wrong = headers["webhook-signature"], "v1," + "A" * 43 + "="
    for value in (f"{wrong} {good}", f"{good} {wrong}", f"v1a,{'A' * 86}== {good}", f"v9,x {good}"):
        assert post("standard", body, headers | {"webhook-signature": value}).status_code == 200
    refused("standard", body, headers | {"webhook-signature": " ".join([wrong] * 10 + [good])}, "no signature is right")


def test_hook_130_with_either_of_two_secrets_while_they_are_changed_is_taken(touch, settings):
    settings.FEEDBACK_SECRETS = {
        "standard": "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0 " + secrets()["standard"],
        "postmark": "new:one hooks:a-long-password",
    }
    assert post("standard", *payload("standard", "hard", token(touch.pk))).status_code == 200
    assert post("postmark", *payload("postmark", "delivered", token(touch.pk))).status_code == 200


def test_hook_131_signed_for_v1_where_a_public_key_is_set_is_refused(touch, settings):
    settings.FEEDBACK_SECRETS = {"standard": whpk()}
    body, _ = payload("standard", "hard", token(touch.pk))
    # whoever knows the public key could use it as if it were the shared secret
    forged = standard(body, secret=whpk().removeprefix("whpk_"))
    refused("standard", body, forged, "no signature is right")
    right = asymmetric(body)
    refused(
        "standard",
        body,
        right | {"webhook-signature": right["webhook-signature"].replace("v1a,", "v1,")},
        "no signature is right",
    )
    assert post("standard", body, right).status_code == 200
    settings.FEEDBACK_SECRETS = secrets()
    refused("standard", body, asymmetric(body, key="msg_2"), "no signature is right")


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_132_of_an_unknown_message_is_heeded_for_the_address_only(touch, name):
    assert post(name, *payload(name, "delivered", token(10**9))).json() == {"events": ["unknown"]}
    assert post(name, *payload(name, "opened", token(10**9))).json() == {"events": ["unknown"]}
    assert not Event.objects.exists()
    assert post(name, *payload(name, "hard", token(10**9))).json() == {"events": ["stored"]}
    assert list(Suppression.objects.values_list("address", "reason")) == [(ADDRESS, "bounced")]
    assert "touch" not in Event.objects.get().properties


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_133_about_a_message_of_another_installation_is_not_about_ours(touch, name):
    theirs = f"t{touch.pk}-{'0' * 20}"
    for kind in ("delivered", "opened", "clicked"):
        assert post(name, *payload(name, kind, theirs)).json() == {"events": ["unknown"]}
    assert post(name, *payload(name, "hard", theirs)).status_code == 200
    assert "touch" not in Event.objects.get().properties


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_134_in_reverse_ends_in_the_same_state(touch, name):
    for kind in ("complaint", "hard", "soft", "delivered"):
        assert post(name, *payload(name, kind, token(touch.pk))).status_code == 200
    backwards = state()
    assert [row[:2] for row in backwards[1]] == [(ADDRESS, "bounced")]
    assert len(backwards[0]) == 4


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_135_of_ten_megabytes_is_refused(touch, name):
    _, headers = payload(name, "hard", token(touch.pk))
    refused(name, b"[" + b" " * 10 * 1024 * 1024 + b"]", headers, "at most 2097152 bytes", 413)
    refused(name, b" " * (2 * 1024 * 1024 + 1), headers, "at most", 413)


@pytest.mark.parametrize("name", PROVIDERS)
def test_hook_136_about_an_address_in_no_list_keeps_it_from_being_written_to(db, name):
    body, headers = payload(name, "complaint", "")
    assert post(name, body, headers).json() == {"events": ["stored"]}
    assert list(Suppression.objects.values_list("address", "reason")) == [(ADDRESS, "complained")]
    assert not Event.objects.exists()
    assert not Record.objects.exists()


BROKEN = [
    b"", b"null", b"[]", b'"x"', b"5", b"{", b"{}", b"[null]", b"[[]]", b'{"event": null}', b'[{"event": {}}]', b"\xff\xfe{}",
    b'{"event": "delivered", "email": 5}', b'[{"event": "open", "time": "x", "email": ["a"]}]', b'{"RecordType": []}',
    b'[{"event": "bounce", "email": "a@b.example\\r\\nBcc: x@y.example", "timestamp": 1772442600}]', b"[" * 20_000,
    b'{"RecordType": "Bounce", "Type": "HardBounce", "Email": "\\u0000\\ud800@x", "ID": 1}', b'{"RecordType": "Open", "Metadata": []}',
    b'{"event": "spam", "email": "a@b.example", "ts_epoch": 1e400}', b'[{"event":"spam","time":99999999999999,"email":"a@b.example"}]',
    b'{"type": "email_bounced", "timestamp": "2026-02-30T00:00:00Z", "data": {"address": "a@b.example", "kind": "hard"}}',
    b'{"type": "email_bounced", "timestamp": "2026-03-02T00:00:00Z", "data": {"address": "a@b.example"}}',
    b'[{"msys": {"message_event": {"type": "bounce"}}}]', b'[{"msys": 5}]', b'{"type": "email.bounced", "data": {"to": 7}}',
]  # fmt: skip


@pytest.mark.parametrize("name", ["postmark", "brevo", "mailjet", "sparkpost", "resend", "standard"])
@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_hook_that_is_proven_but_broken_is_refused_or_says_nothing(db, name, body):
    headers = standard(body, "svix" if name == "resend" else "webhook") if name in ("resend", "standard") else basic()
    answer = post(name, body, headers)
    assert answer.status_code in (200, 400), answer.content
    if answer.status_code == 400:
        assert len(answer.json()["error"]) > 10
        assert not Suppression.objects.exists()


def test_hook_of_a_provider_that_is_not_set_says_so(db, settings):
    settings.FEEDBACK_SECRETS = {}
    refused("postmark", b"{}", basic(), "FEEDBACK_SECRETS has nothing for postmark", 404)
    refused("pidgeon", b"{}", {}, "postmark", 404)


def test_hook_asked_for_in_other_ways_changes_nothing(touch):
    before = written()
    assert Client().head("/feedback/postmark/").status_code == 200
    for method in ("get", "put", "delete", "options", "patch"):
        assert getattr(Client(), method)("/feedback/postmark/").status_code == 405
    assert written() == before
