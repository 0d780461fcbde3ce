"""The OpenAPI description of the doors; the hot path has no serializers to derive it from."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from contacts.profiles.rules import LANGUAGES, countries
from orchestrator.api.rules import MAX_BATCH, MAX_NAME, MAX_PROPERTIES

TEXT = r"^[^\x00-\x1f\x7f]*$"
MAIL = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}$"


class WriteKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How SDKs send a key."""

    target_class = "orchestrator.api.authentication.WriteKeyAuthentication"
    name = "writeKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe the header."""
        return {"type": "http", "scheme": "basic", "description": "the key as user name, no password"}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent."""

    target_class = "orchestrator.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer", "description": "a key from `manage.py create_api_key`"}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _text(most: int, least: int = 0) -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most, "pattern": TEXT}


def _bag(description: str) -> dict[str, Any]:
    value = {
        "anyOf": [
            {"type": "string", "maxLength": 1000, "pattern": r"^[^\x00]*$"},
            {"type": "boolean"},
            _NUMBER,
            _INTEGER,
        ]
    }
    listed = {"type": "array", "items": value, "maxItems": 20}
    return {
        "type": "object",
        "description": f"{description}; names of 1 to {MAX_NAME} characters",
        "maxProperties": MAX_PROPERTIES,
        "additionalProperties": {"anyOf": [*value["anyOf"], listed, {"type": "object", "additionalProperties": value}]},
    }


def _one_or_batch(item: dict[str, Any]) -> dict[str, Any]:
    batch = {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_BATCH}
    return {"application/json": {"oneOf": [item, _object({"batch": batch}, required=["batch"])]}}


_NUMBER = {"type": "number", "minimum": -1e300, "maximum": 1e300}
_INTEGER = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
_KEYS = {"anyOf": [{"required": ["external_id"]}, {"required": ["email"]}]}
_MAIL = {"type": "string", "maxLength": 320, "pattern": MAIL}
CONTACTS = _one_or_batch(
    _object(
        {
            "external_id": _text(200, 1),
            "email": _MAIL,
            "phone": _text(40),
            "first_name": _text(200),
            "last_name": _text(200),
            "language": {"type": "string", "enum": list(LANGUAGES)},
            "country": {"type": "string", "enum": sorted(countries()), "description": "ISO 3166-1"},
            "time_zone": {"type": "string", "description": "IANA name", "example": "Europe/Berlin"},
            "job_title": _text(200),
            "account": _text(200, 1) | {"description": "external id of the company"},
            "attributes": _bag("the team's own; null takes one away"),
        },
        **_KEYS,
    )
)
EVENTS = _one_or_batch(
    _object(
        {
            "name": _text(100, 1),
            "contact": _object({"external_id": _text(200, 1), "email": _MAIL}, **_KEYS),
            "occurred_at": {
                "type": "string",
                "format": "date-time",
                "description": "ISO 8601 with offset; default: now",
            },
            "message_id": _text(200, 1) | {"description": "counts once per source"},
            "properties": _bag("what the event says"),
        },
        required=["name", "contact"],
    )
)
_ERRORS = {
    "type": "array",
    "items": _object({"path": {"type": "string"}, "message": {"type": "string"}}, required=["path", "message"]),
}
_ITEM = _object(
    {
        "index": {"type": "integer"},
        "status": {"type": "string", "enum": ["stored", "duplicate", "rejected"]},
        "id": {"type": "string", "description": "of the person, or the message id of the event"},
        "warning": {"type": "string"},
        "warnings": _ERRORS | {"description": "values that were not taken over, and why"},
        "errors": _ERRORS,
    },
    required=["index", "status"],
)
_RESULT = _object(
    {"accepted": {"type": "integer"}, "rejected": {"type": "integer"}, "items": {"type": "array", "items": _ITEM}},
    required=["accepted", "rejected", "items"],
)
_PROBLEM = _object({"errors": _ERRORS}, required=["errors"])
ANSWERS: dict[tuple[int, str], Any] = {
    (202, "application/json"): _RESULT,
    (400, "application/json"): {"anyOf": [_RESULT, _PROBLEM]},
    **{(status, "application/json"): _PROBLEM for status in (401, 403, 405, 411, 413, 415, 503)},
}

_ASKED = _object(
    {
        "user_id": _text(200, 1) | {"description": "the person's id in your systems"},
        "email": _MAIL,
        "contact_id": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1, "description": "our id"},
        "key": _text(200) | {"description": "of the run: one run a person and key"},
        "evidence": _bag("what the journey may say about why the person is in it"),
    },
    anyOf=[{"required": ["user_id"]}, {"required": ["email"]}, {"required": ["contact_id"]}],
)
SLUG = OpenApiParameter(
    "slug", {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"}, OpenApiParameter.PATH, description="of the journey"
)
ENTER = {
    "application/json": _object(
        {
            "contacts": {"type": "array", "items": _ASKED, "minItems": 1, "maxItems": MAX_BATCH},
            "id": _text(100, 1) | {"description": "of the request: the same one again changes nothing"},
        },
        required=["contacts"],
    )
}


def _outcome(status: int, good: list[str], refusals: tuple[int, ...]) -> dict[tuple[int, str], Any]:
    """Describe the answers of a door of journeys."""
    item = _object(
        {
            "index": {"type": "integer"},
            "status": {"type": "string", "enum": [*good, "rejected"]},
            "contact_id": {"type": "string"},
            "errors": _ERRORS,
        },
        required=["index", "status"],
    )
    result = _object(
        {"accepted": {"type": "integer"}, "rejected": {"type": "integer"}, "items": {"type": "array", "items": item}},
        required=["accepted", "rejected", "items"],
    )
    return {
        (status, "application/json"): result,
        (400, "application/json"): {"anyOf": [result, _PROBLEM]},
        **{(code, "application/json"): _PROBLEM for code in refusals},
    }


ENTER_ANSWERS = _outcome(202, ["queued", "duplicate"], (401, 403, 404, 405, 409, 411, 413, 415, 503))
LEAVE_ANSWERS = _outcome(200, ["out"], (401, 403, 404, 405, 411, 413, 415, 503))

FEEDBACK = _one_or_batch(
    _object(
        {
            "event": {
                "type": "string",
                "enum": ["email_bounced", "email_complained", "hard_bounce", "soft_bounce", "complaint"],
            },
            "kind": {"type": "string", "enum": ["hard", "soft"], "description": "of email_bounced"},
            "address": _MAIL,
            "touch": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1, "description": "our number, X-Touch"},
            "id": _text(200, 1) | {"description": "of the report: the same one again changes nothing"},
            "at": {"type": "string", "format": "date-time", "description": "ISO 8601 with offset; default: now"},
            "raw": {"type": "string", "description": "a report as it was mailed, ARF or DSN; nothing beside it but id"},
        }
    )
)
_FEEDBACK_ITEM = _object(
    {
        "index": {"type": "integer"},
        "status": {"type": "string", "enum": ["stored", "duplicate", "ignored", "rejected"]},
        "errors": _ERRORS,
    },
    required=["index", "status"],
)
_FEEDBACK_RESULT = _object(
    {
        "accepted": {"type": "integer"},
        "rejected": {"type": "integer"},
        "items": {"type": "array", "items": _FEEDBACK_ITEM},
    },
    required=["accepted", "rejected", "items"],
)
FEEDBACK_ANSWERS: dict[tuple[int, str], Any] = ANSWERS | {
    (202, "application/json"): _FEEDBACK_RESULT,
    (400, "application/json"): {"anyOf": [_FEEDBACK_RESULT, _PROBLEM]},
}
_WHEN = {"type": "string", "format": "date-time"}
_ID = _text(200, 1)
_COMMON: dict[str, Any] = {
    "userId": _ID | {"description": "the person's id in your systems"},
    "anonymousId": _ID | {"description": "a random id of a browser or an app; this or userId"},
    "messageId": _text(200, 1) | {"description": "counts once per source"},
    "timestamp": _WHEN | {"description": "when it happened, by the client's clock"},
    "sentAt": _WHEN | {"description": "when it was sent, by the same clock: corrects it"},
    "context": {
        "type": "object",
        "description": "campaign, page and class of device are kept; IP address and user agent are not",
    },
}


def _tracked(what: str, own: dict[str, Any], needs: tuple[str, ...] = ()) -> dict[str, Any]:
    """Describe an item; fields we do not know are ignored."""
    whose = {} if "userId" in needs else {"anyOf": [{"required": ["userId"]}, {"required": ["anonymousId"]}]}
    more: dict[str, Any] = {"required": list(needs)} if needs else {}
    return {"type": "object", "title": what, "properties": {**_COMMON, **own}, **more, **whose}


_PROPERTIES = {"properties": _bag("what the event says")}
_VIEW = {"name": _text(100), "category": _text(100), **_PROPERTIES}
_NAME = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"}
_ITEMS = {
    "identify": _tracked("identify", {"traits": {"type": "object", "properties": {"email": _MAIL}}}),
    "track": _tracked("track", {"event": _NAME, **_PROPERTIES}, ("event",)),
    "page": _tracked("page", _VIEW),
    "screen": _tracked("screen", _VIEW),
    "group": _tracked("group", {"groupId": _ID, "traits": {"type": "object"}}, ("groupId",)),
    "alias": _tracked("alias", {"previousId": _ID}, ("userId", "previousId")),
}
_BATCH = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "items": {"type": "object", "required": ["type"]}, "minItems": 1},
        "sentAt": _WHEN,
        "context": {"type": "object"},
    },
}
TRACKED: dict[str, Any] = {name: {"application/json": shape} for name, shape in {**_ITEMS, "batch": _BATCH}.items()}
_REJECTED = {
    "type": "array",
    "items": _object({"index": {"type": "integer"}, "errors": _ERRORS}, required=["index", "errors"]),
}
_TAKEN = _object({"success": {"type": "boolean"}, "rejected": _REJECTED, "warnings": _ERRORS}, required=["success"])
_REFUSED = _object(
    {
        "success": {"type": "boolean"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "errors": _ERRORS,
        "rejected": _REJECTED,
    },
    required=["success", "code", "message", "errors"],
)
SDK_ANSWERS: dict[tuple[int, str], Any] = {
    (200, "application/json"): _TAKEN,
    **{(status, "application/json"): _REFUSED for status in (400, 401, 405, 411, 413, 415, 503)},
}
