"""Who a webhook is from, and how old it is: the signatures of providers, each checked before a word of it is believed."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import load_pem_x509_certificate

TOLERANCE = timedelta(minutes=5)
AMAZON_TOLERANCE = timedelta(minutes=75)  # it repeats for an hour, and always says when it first tried
AMAZON_HOST = re.compile(r"https://sns\.[a-z0-9-]{1,30}\.amazonaws\.com(\.cn)?/")
AMAZON_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
AMAZON_SIGNED["UnsubscribeConfirmation"] = AMAZON_SIGNED["SubscriptionConfirmation"]
MOST_SIGNATURES = 10
Certificate = Callable[[str], bytes]


class NotProven(Exception):
    """A webhook is not from whom it says, or too old; nothing was written."""

    def __init__(self, words: str, status: int = 401) -> None:
        super().__init__(words)
        self.status = status


class Hook(NamedTuple):
    """One webhook as it came in. secrets: all that are valid now; more than one while they are changed."""

    headers: Mapping[str, str]
    body: bytes
    secrets: Sequence[str]
    now: datetime
    certificate: Certificate


def check_basic(hook: Hook) -> str:
    """Check user and password, where a provider signs nothing. Returns no id: each event has to tell a repetition."""
    kind, _, given = hook.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic" or not given:
        raise NotProven("expected user and password (HTTP Basic)")
    try:
        said = base64.b64decode(given, validate=True)
    except binascii.Error:
        raise NotProven("expected user and password (HTTP Basic)") from None
    if not _any(hmac.compare_digest(said, secret.encode()) for secret in hook.secrets):
        raise NotProven("wrong user or password")
    return ""


def check_standard(hook: Hook, prefix: str = "webhook") -> str:
    """Check a webhook as Standard Webhooks and Svix sign it; one of several signatures is enough. Returns its id.

    The kind of our key decides the kind of signature: with a public key (whpk_) nothing but v1a is looked at.
    """
    key, stamp, given = (hook.headers.get(f"{prefix}-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (key and stamp and given):
        raise NotProven(f"expected the headers {prefix}-id, {prefix}-timestamp and {prefix}-signature")
    if len(key) > 200 or not key.isascii() or not key.isprintable():
        raise NotProven(f"expected up to 200 plain characters in {prefix}-id", 400)
    _check_age(stamp, hook.now)
    signed = f"{key}.{stamp}.".encode() + hook.body
    pairs = [tuple(one.split(",", 1)) for one in given.split(" ")[:MOST_SIGNATURES] if "," in one]
    if not _any(_standard(secret, signed, kind, value) for secret in hook.secrets for kind, value in pairs):
        raise NotProven("no signature is right")
    return key


def _standard(secret: str, signed: bytes, kind: str, given: str) -> bool:
    try:
        value = base64.b64decode(given, validate=True)
        if secret.startswith("whpk_"):
            if kind != "v1a":
                return False
            public = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(secret.removeprefix("whpk_")))
            public.verify(value, signed)
            return True
        if kind != "v1":
            return False
        own = base64.b64decode(secret.removeprefix("whsec_"))
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return hmac.compare_digest(hmac.new(own, signed, hashlib.sha256).digest(), value)


def check_svix(hook: Hook) -> str:
    """Check a webhook of Resend, which Svix signs. Returns its id."""
    return check_standard(hook, "svix")


def check_mailgun(hook: Hook) -> str:
    """Check a webhook of Mailgun: time and a token that comes once are signed, the rest is not. Returns the token."""
    try:
        block = _object(hook.body)["signature"]
        token, stamp, given = str(block["token"]), str(block["timestamp"]), str(block["signature"])
    except (KeyError, TypeError):
        raise NotProven("expected signature with token, timestamp and signature") from None
    if not re.fullmatch(r"[0-9a-zA-Z]{20,100}", token):
        raise NotProven("expected a token of 20 to 100 letters and digits", 400)
    _check_age(stamp, hook.now)
    signed = f"{stamp}{token}".encode()
    right = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in hook.secrets)
    if not _any(hmac.compare_digest(one.encode(), given.encode("utf-8", "replace")) for one in right):
        raise NotProven("the signature is wrong")
    return token


def check_sendgrid(hook: Hook) -> str:
    """Check a webhook of SendGrid: its public key signs time and body (ECDSA). Returns the signature, which is made once."""
    name = "X-Twilio-Email-Event-Webhook"
    given, stamp = hook.headers.get(f"{name}-Signature", ""), hook.headers.get(f"{name}-Timestamp", "")
    if not given or not stamp:
        raise NotProven(f"expected the headers {name}-Signature and {name}-Timestamp")
    _check_age(stamp, hook.now)
    for secret in hook.secrets:
        try:
            public = serialization.load_der_public_key(base64.b64decode(secret))
            if isinstance(public, ec.EllipticCurvePublicKey):
                signature = base64.b64decode(given, validate=True)
                public.verify(signature, stamp.encode() + hook.body, ec.ECDSA(hashes.SHA256()))
                return hashlib.sha256(signature).hexdigest()
        except (binascii.Error, InvalidSignature, ValueError, UnsupportedAlgorithm):
            continue
    raise NotProven("the signature is wrong")


def check_amazon(hook: Hook) -> str:
    """Check a webhook of Amazon SNS: its certificate signs the message, and our setting names the topic. Returns its id."""
    message = _object(hook.body)
    kind = message.get("Type")
    if kind not in AMAZON_SIGNED or not all(
        isinstance(message.get(name), str) for name in AMAZON_SIGNED[kind] if name != "Subject"
    ):
        raise NotProven("expected a message of Amazon SNS", 400)
    if not _any(hmac.compare_digest(message["TopicArn"].encode(), topic.encode()) for topic in hook.secrets):
        raise NotProven("this topic is not set")
    try:
        at = datetime.fromisoformat(message["Timestamp"])
        _check_distance(at if at.tzinfo else at.replace(tzinfo=UTC), hook.now, AMAZON_TOLERANCE)
    except ValueError:
        raise NotProven("expected Timestamp to be an instant", 400) from None
    address = message.get("SigningCertURL")
    if not isinstance(address, str) or not AMAZON_HOST.match(address) or not address.endswith(".pem"):
        raise NotProven("expected SigningCertURL to be of Amazon SNS")
    fields = [(name, message[name]) for name in AMAZON_SIGNED[kind] if isinstance(message.get(name), str)]
    signed = "".join(f"{name}\n{value}\n" for name, value in fields).encode("utf-8", "replace")
    method: hashes.HashAlgorithm = hashes.SHA256() if message.get("SignatureVersion") == "2" else hashes.SHA1()  # noqa: S303
    try:
        public = load_pem_x509_certificate(hook.certificate(address)).public_key()
        assert isinstance(public, rsa.RSAPublicKey)  # Amazon signs with nothing else
        given = base64.b64decode(str(message.get("Signature", "")), validate=True)
        public.verify(given, signed, padding.PKCS1v15(), method)
    except (binascii.Error, InvalidSignature, ValueError, AssertionError):
        raise NotProven("the signature is wrong") from None
    return str(message["MessageId"])[:200]


def _any(found: Any) -> bool:
    """Whether one is right; all are looked at, so that the time it takes tells nothing."""
    return any(list(found))


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NotProven("expected JSON", 400) from None
    if not isinstance(found, dict):
        raise NotProven("expected a JSON object", 400)
    return found


def _check_age(stamp: str, now: datetime) -> None:
    if not re.fullmatch(r"[0-9]{9,11}(\.[0-9]{1,9})?", stamp, re.ASCII):
        raise NotProven("expected the timestamp in seconds since 1970", 400)
    _check_distance(datetime.fromtimestamp(float(stamp), UTC), now, TOLERANCE)


def _check_distance(at: datetime, now: datetime, tolerance: timedelta) -> None:
    if abs(now - at) > tolerance:
        minutes = int(tolerance.total_seconds() // 60)
        raise NotProven(f"the timestamp is more than {minutes} minutes away from our clock")
