"""Webhooks as each provider's own documentation shows them, signed as it signs them, about one message of ours."""

import base64
import functools
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

AT = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)  # when the providers speak
EPOCH = int(AT.timestamp())
ADDRESS = "anna@mail.example"
WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail"
CERT_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
BASIC = "hooks:a-long-password"


@functools.cache
def ec_key():
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def ed_key():
    return ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)


@functools.cache
def amazon():
    """A key and a certificate, as Amazon has them."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(AT - timedelta(days=1)).not_valid_after(AT + timedelta(days=999))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, built.public_bytes(serialization.Encoding.PEM)


def secrets():
    public = (
        ec_key().public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return {
        "amazon_ses": TOPIC, "brevo": BASIC, "mailjet": BASIC, "postmark": BASIC, "sparkpost": BASIC, "mailgun": "key-mailgun",
        "resend": WHSEC, "standard": WHSEC, "sendgrid": base64.b64encode(public).decode(),
    }  # fmt: skip


def whpk():
    raw = ed_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return "whpk_" + base64.b64encode(raw).decode()


def standard(body, prefix="webhook", key="msg_1", stamp=EPOCH, secret=WHSEC):
    """Headers of Standard Webhooks."""
    own = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(own, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    value = f"v1,{base64.b64encode(signed).decode()}"
    return {f"{prefix}-id": key, f"{prefix}-timestamp": str(stamp), f"{prefix}-signature": value}


def asymmetric(body, key="msg_1", stamp=EPOCH):
    value = base64.b64encode(ed_key().sign(f"{key}.{stamp}.".encode() + body)).decode()
    return {"webhook-id": key, "webhook-timestamp": str(stamp), "webhook-signature": f"v1a,{value}"}


def basic():
    return {"authorization": "Basic " + base64.b64encode(BASIC.encode()).decode()}


def _ses(kind, token, key, stamp):
    """https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html"""
    mail = {
        "timestamp": "2026-03-02T09:00:00.000Z", "source": "hello@nordlicht.example", "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9",
        "destination": [ADDRESS], "headersTruncated": False, "headers": [{"name": "X-Metadata", "value": json.dumps({"touch": token})}],
    }  # fmt: skip
    event = {
        "delivered": {"eventType": "Delivery", "delivery": {"timestamp": "2026-03-02T09:10:00.000Z", "recipients": [ADDRESS], "smtpResponse": "250 2.6.0 Message received"}},
        "hard": {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [{"emailAddress": ADDRESS, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}},
        "soft": {"eventType": "Bounce", "bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": [{"emailAddress": ADDRESS}]}},
        "complaint": {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": ADDRESS}], "complaintFeedbackType": "abuse", "userAgent": "Yahoo!-Mail-Feedback/2.0"}},
        "opened": {"eventType": "Open", "open": {"userAgent": "Mozilla/5.0 (X11; Linux) Firefox/128.0", "timestamp": "2026-03-02T09:10:00.000Z"}},
        "clicked": {"eventType": "Click", "click": {"link": "https://shop.example/cart", "userAgent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"}},
    }[kind]  # fmt: skip
    at = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    message = {
        "Type": "Notification", "MessageId": key, "TopicArn": TOPIC, "Subject": "Amazon SES Email Event Notification",
        "Message": json.dumps({**event, "mail": mail}), "Timestamp": at, "SignatureVersion": "2", "SigningCertURL": CERT_URL,
    }  # fmt: skip
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    signed = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
    message["Signature"] = base64.b64encode(amazon()[0].sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode()
    return json.dumps(message).encode(), {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": key}


def _mailgun(kind, token, key, stamp):
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhook-payloads"""
    event = {
        "delivered": {"event": "delivered", "delivery-status": {"code": 250, "message": "OK", "tls": True}},
        "hard": {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": {"code": 550, "message": "5.1.1 The email account does not exist"}},
        "soft": {"event": "failed", "severity": "permanent", "reason": "generic", "delivery-status": {"code": 552, "message": "5.2.2 mailbox full"}},
        "complaint": {"event": "complained"},
        "unsubscribed": {"event": "unsubscribed"},
        "opened": {"event": "opened", "client-info": {"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0", "device-type": "desktop"}},
        "clicked": {"event": "clicked", "url": "https://shop.example/cart", "client-info": {"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"}},
    }[kind]  # fmt: skip
    data = {**event, "id": "DACSsAdVSeGpLid7TN03WA", "timestamp": EPOCH + 0.5, "recipient": ADDRESS, "recipient-domain": "mail.example",
            "user-variables": {"touch": token}, "tags": [], "message": {"headers": {"message-id": "1.2@nordlicht.example", "to": ADDRESS}}}  # fmt: skip
    signed = hashlib.sha256(key.encode()).hexdigest()[:50]
    signature = hmac.new(b"key-mailgun", f"{stamp}{signed}".encode(), hashlib.sha256).hexdigest()
    block = {"timestamp": str(stamp), "token": signed, "signature": signature}
    return json.dumps({"signature": block, "event-data": data}).encode(), {}


def _postmark(kind, token, key, stamp):
    """https://postmarkapp.com/developer/webhooks/webhooks-overview"""
    shared = {
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ServerID": 23,
        "MessageStream": "outbound",
        "Tag": "",
        "Metadata": {"touch": token},
    }
    bounce = {
        "ID": 4323372036854775807,
        "Details": "smtp;550 5.1.1 no such user",
        "Email": ADDRESS,
        "From": "hello@nordlicht.example",
        "BouncedAt": "2026-03-02T09:10:00Z",
        "Inactive": True,
    }
    event = {
        "delivered": {"RecordType": "Delivery", "Recipient": ADDRESS, "DeliveredAt": "2026-03-02T09:10:00Z", "Details": "250 OK"},
        "hard": {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Name": "Hard bounce", **bounce},
        "soft": {"RecordType": "Bounce", "Type": "SoftBounce", "TypeCode": 4096, "Name": "Soft bounce", **bounce, "Details": "mailbox full"},
        "complaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512, "Name": "Spam complaint", **bounce},
        "unsubscribed": {"RecordType": "SubscriptionChange", "Recipient": ADDRESS, "Origin": "Recipient", "SuppressSending": True, "SuppressionReason": "ManualSuppression", "ChangedAt": "2026-03-02T09:10:00Z"},
        "opened": {"RecordType": "Open", "Recipient": ADDRESS, "FirstOpen": True, "ReceivedAt": "2026-03-02T09:10:00Z", "UserAgent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"},
        "clicked": {"RecordType": "Click", "Recipient": ADDRESS, "OriginalLink": "https://shop.example/cart", "ReceivedAt": "2026-03-02T09:10:00Z", "UserAgent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"},
    }[kind]  # fmt: skip
    return json.dumps({**shared, **event}).encode(), basic()


def _sendgrid(kind, token, key, stamp):
    """https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""
    event = {
        "delivered": {"event": "delivered", "response": "250 OK"},
        "hard": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user", "bounce_classification": "Invalid Address"},
        "soft": {"event": "bounce", "type": "blocked", "status": "4.2.2", "reason": "452 4.2.2 mailbox full"},
        "complaint": {"event": "spamreport"},
        "unsubscribed": {"event": "unsubscribe"},
        "opened": {"event": "open", "useragent": "Mozilla/5.0 (X11; Linux) Firefox/128.0", "sg_machine_open": False},
        "clicked": {"event": "click", "url": "https://shop.example/cart", "useragent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"},
    }[kind]  # fmt: skip
    shared = {
        "email": ADDRESS,
        "timestamp": EPOCH,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "sg_event_id": "ZGVsaXZlcmVkLTAt" + key,
        "sg_message_id": "14c5d75ce93",
        "touch": token,
    }
    body = json.dumps([{**shared, **event}]).encode()
    signed = ec_key().sign(str(stamp).encode() + body, ec.ECDSA(hashes.SHA256()))
    name = "x-twilio-email-event-webhook"
    return body, {f"{name}-signature": base64.b64encode(signed).decode(), f"{name}-timestamp": str(stamp)}


def _brevo(kind, token, key, stamp):
    """https://developers.brevo.com/docs/transactional-webhooks"""
    name = {
        "delivered": "delivered",
        "hard": "hard_bounce",
        "soft": "soft_bounce",
        "complaint": "spam",
        "unsubscribed": "unsubscribe",
        "opened": "unique_opened",
        "clicked": "click",
    }[kind]
    shared = {
        "event": name,
        "email": ADDRESS,
        "id": 26224,
        "date": "2026-03-02 10:10:00",
        "ts": EPOCH,
        "message-id": "<201@smtp-relay.mailin.fr>",
        "ts_event": EPOCH,
        "subject": "Your cart",
        "X-Mailin-custom": json.dumps({"touch": token}),
        "ts_epoch": EPOCH * 1000,
    }
    more = (
        {"link": "https://shop.example/cart"}
        if kind == "clicked"
        else {"reason": "mailbox says no"}
        if kind in ("hard", "soft")
        else {}
    )
    return json.dumps({**shared, **more}).encode(), basic()


def _mailjet(kind, token, key, stamp):
    """https://dev.mailjet.com/email/guides/webhooks/"""
    event = {
        "delivered": {"event": "sent", "smtp_reply": "sent (250 2.0.0 OK)"},
        "hard": {"event": "bounce", "blocked": False, "hard_bounce": True, "error_related_to": "recipient", "error": "user unknown"},
        "soft": {"event": "bounce", "blocked": False, "hard_bounce": False, "error_related_to": "recipient", "error": "quota exceeded"},
        "complaint": {"event": "spam", "source": "JMRPP"},
        "unsubscribed": {"event": "unsub", "mj_list_id": 1, "agent": "Mozilla/5.0"},
        "opened": {"event": "open", "ip": "127.0.0.1", "geo": "DE", "agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"},
        "clicked": {"event": "click", "url": "https://shop.example/cart", "agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"},
    }[kind]  # fmt: skip
    shared = {
        "time": EPOCH,
        "MessageID": 19421777835146490,
        "Message_GUID": "1ab23cd4",
        "email": ADDRESS,
        "mj_campaign_id": 7,
        "CustomID": "",
        "Payload": json.dumps({"touch": token}),
    }
    return json.dumps([{**shared, **event}]).encode(), basic()


def _resend(kind, token, key, stamp):
    """https://resend.com/docs/dashboard/webhooks/event-types"""
    name, more = {
        "delivered": ("email.delivered", {}),
        "hard": ("email.bounced", {"bounce": {"message": "The recipient's email address is on the suppression list", "subType": "Suppressed", "type": "Permanent"}}),
        "soft": ("email.bounced", {"bounce": {"message": "The recipient's mailbox was full; bounce message", "subType": "MailboxFull", "type": "Transient"}}),
        "complaint": ("email.complained", {}),
        "opened": ("email.opened", {}),
        "clicked": ("email.clicked", {"click": {"ipAddress": "127.0.0.1", "link": "https://shop.example/cart", "timestamp": "2026-03-02T09:10:00.000Z", "userAgent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"}}),
    }[kind]  # fmt: skip
    data = {
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "created_at": "2026-03-02T09:00:00.000Z",
        "from": "hello@nordlicht.example",
        "to": [ADDRESS],
        "subject": "Your cart",
        "headers": [{"name": "X-Metadata", "value": json.dumps({"touch": token})}],
        **more,
    }
    body = json.dumps({"type": name, "created_at": "2026-03-02T09:10:00.000Z", "data": data}).encode()
    return body, standard(body, "svix", key, stamp)


def _sparkpost(kind, token, key, stamp):
    """https://developers.sparkpost.com/api/webhooks/"""
    group, event = {
        "delivered": ("message_event", {"type": "delivery"}),
        "hard": ("message_event", {"type": "bounce", "bounce_class": "10", "raw_reason": "550 5.1.1 no such user", "error_code": "550"}),
        "soft": ("message_event", {"type": "bounce", "bounce_class": "22", "raw_reason": "452 4.2.2 mailbox full", "error_code": "452"}),
        "complaint": ("message_event", {"type": "spam_complaint", "fbtype": "abuse"}),
        "unsubscribed": ("unsubscribe_event", {"type": "list_unsubscribe"}),
        "opened": ("track_event", {"type": "open", "user_agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"}),
        "clicked": ("track_event", {"type": "click", "target_link_url": "https://shop.example/cart", "user_agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0"}),
    }[kind]  # fmt: skip
    shared = {
        "event_id": "92356927693813" + key,
        "timestamp": str(EPOCH),
        "transmission_id": "65832150921904138",
        "message_id": "000443ee14578172be22",
        "rcpt_to": ADDRESS,
        "raw_rcpt_to": ADDRESS,
        "rcpt_meta": {"touch": token},
    }
    return json.dumps([{"msys": {group: {**shared, **event}}}]).encode(), basic()


def _standard(kind, token, key, stamp):
    """docs/guide/feedback.md"""
    name = {"hard": "email_bounced", "soft": "email_bounced", "complaint": "email_complained"}.get(
        kind, f"email_{kind}"
    )
    data = (
        {"address": ADDRESS, "touch": token}
        | ({"kind": kind} if kind in ("hard", "soft") else {})
        | ({"url": "https://shop.example/cart"} if kind == "clicked" else {})
        | ({"agent": "Mozilla/5.0 Firefox/128.0"} if kind in ("opened", "clicked") else {})
    )
    body = json.dumps({"type": name, "timestamp": "2026-03-02T09:10:00Z", "data": data}).encode()
    return body, standard(body, "webhook", key, stamp)


PROVIDERS = {
    "amazon_ses": _ses, "brevo": _brevo, "mailgun": _mailgun, "mailjet": _mailjet, "postmark": _postmark, "resend": _resend,
    "sendgrid": _sendgrid, "sparkpost": _sparkpost, "standard": _standard,
}  # fmt: skip
KINDS = ("delivered", "opened", "clicked", "soft", "hard", "complaint", "unsubscribed")
NOT_TOLD = {("amazon_ses", "unsubscribed"), ("resend", "unsubscribed")}  # they have no such event
ALL = [(name, kind) for name in PROVIDERS for kind in KINDS if (name, kind) not in NOT_TOLD]


def payload(name, kind, token, key="", stamp=EPOCH):
    """A webhook as bytes and headers. key: what the provider counts it once by."""
    return PROVIDERS[name](kind, token, key or f"key-{kind}", stamp)
