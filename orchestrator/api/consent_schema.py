"""The OpenAPI description of the door of consent."""

from typing import Any

from orchestrator.api.schema import _ERRORS, _MAIL, _PROBLEM, _WHEN, _bag, _object, _one_or_batch, _text

_CONSENT = _object(
    {
        "user_id": _text(200, 1) | {"description": "the person's id in your systems"},
        "email": _MAIL,
        "contact_id": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1, "description": "our id"},
        "purpose": _text(50, 1) | {"description": "its short name, for example email_marketing"},
        "decision": {"type": "string", "enum": ["granted", "refused", "withdrawn", "existing_customer"]},
        "source": _text(100, 1) | {"description": "where it was said; needed to agree"},
        "at": _WHEN | {"description": "when it was said; needed to agree, else now"},
        "wording": _text(100, 1) | {"description": "the text that was agreed to, for example email_marketing/de/1"},
        "message_id": _text(200, 1) | {"description": "counts once per person and source"},
        "double_opt_in": _object(
            {"url": _text(500, 1), "requested_at": _WHEN, "confirmed_at": _WHEN, "mail": _text(200, 1)},
            required=["url", "requested_at", "confirmed_at", "mail"],
        ),
        "sale": _object(
            {
                "order": _text(200, 1),
                "ordered_at": _WHEN,
                "goods": _text(500, 1),
                "notice": _text(100, 1),
                "noticed_at": _WHEN,
            },
            required=["order", "ordered_at", "goods", "notice", "noticed_at"],
        ),
        "proof": _bag("what else proves it"),
    },
    required=["purpose", "decision"],
    anyOf=[{"required": ["user_id"]}, {"required": ["email"]}, {"required": ["contact_id"]}],
)
CONSENTS = _one_or_batch(_CONSENT)
_CONSENT_RESULT = _object(
    {
        "accepted": {"type": "integer"},
        "rejected": {"type": "integer"},
        "items": {
            "type": "array",
            "items": _object(
                {
                    "index": {"type": "integer"},
                    "status": {"type": "string", "enum": ["stored", "duplicate", "rejected"]},
                    "contact_id": {"type": "string"},
                    "errors": _ERRORS,
                },
                required=["index", "status"],
            ),
        },
    },
    required=["accepted", "rejected", "items"],
)
CONSENT_ANSWERS: dict[tuple[int, str], Any] = {
    (202, "application/json"): _CONSENT_RESULT,
    (400, "application/json"): {"anyOf": [_CONSENT_RESULT, _PROBLEM]},
    **{(status, "application/json"): _PROBLEM for status in (401, 403, 405, 411, 413, 415, 503)},
}
_STATE = {"type": ["string", "null"]}
CONSENT_STATES: dict[tuple[int, str], Any] = {
    (200, "application/json"): _object(
        {
            "contact_id": {"type": "string"},
            "consents": {
                "type": "array",
                "items": _object(
                    {
                        "purpose": {"type": "string"},
                        "topic_of": _STATE,
                        "granted": {"type": ["boolean", "null"], "description": "null: never said anything"},
                        "allowed": {"type": "boolean", "description": "may the person be used for it now"},
                        "reason": {"type": "string", "description": "why not, empty when allowed"},
                        "basis": {"type": "string", "enum": ["", "consent", "existing_customer"]},
                        "since": _STATE,
                        "source": {"type": "string"},
                        "wording": {"type": "string"},
                    }
                ),
            },
        },
        required=["contact_id", "consents"],
    ),
    **{(status, "application/json"): _PROBLEM for status in (400, 401, 403, 404, 405, 503)},
}
