"""The OpenAPI description of the doors of slots."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from orchestrator.api.schema import _REFUSED, _object, _text

_URL = {"type": "string", "maxLength": 2000}
_ITEM = _object(
    {
        "product": {"type": "string"},
        "title": {"type": "string"},
        "url": _URL,
        "image": _URL,
        "price": {"type": "string"},
        "currency": {"type": "string"},
    },
    required=["product", "title", "url", "image", "price", "currency"],
)
_CONTENT = _object(
    {
        "title": {"type": "string"},
        "text": {"type": "string"},
        "image": _object({"url": _URL, "alt": {"type": "string"}}, required=["url", "alt"]) | {"nullable": True},
        "button": _object({"label": {"type": "string"}, "url": _URL}, required=["label", "url"]) | {"nullable": True},
        "items": {"type": "array", "items": _ITEM, "description": "products, in a slot of recommendations"},
    },
    required=["title", "text", "image", "button"],
)
_SHOWN = _object(
    {
        "touch": {"type": "integer", "nullable": True, "description": "null: the fallback, products, or nothing"},
        "kind": {"type": "string", "enum": ["teaser", "hint", "recommendation"]},
        "answer": {"type": "string", "enum": ["touch", "products", "fallback", "nothing"]},
        "language": {"type": "string"},
        "content": _CONTENT | {"nullable": True},
        "tracking": {"type": "string", "nullable": True, "description": "the token for /v1/decide/<token>/shown"},
    },
    required=["touch", "kind", "answer", "language", "content", "tracking"],
)
_WHERE = OpenApiParameter.QUERY
DECIDE = [
    OpenApiParameter("slot", _text(100, 1), OpenApiParameter.PATH, description="short name of the slot"),
    OpenApiParameter("anonymousId", _text(200), _WHERE, description="of the browser or the app, random"),
    OpenApiParameter(
        "userId", _text(200), _WHERE, description="with a secret key; a public one shows nobody's profile"
    ),
    OpenApiParameter("product", _text(200), _WHERE, description="of the page: recommendations show what goes with it"),
    OpenApiParameter("writeKey", _text(200), _WHERE, description="a public key, where no header can be sent"),
]
DECIDE_ANSWERS: dict[tuple[int, str], Any] = {
    (200, "application/json"): _SHOWN,
    **{(status, "application/json"): _REFUSED for status in (400, 401, 403, 404, 405, 503)},
}
REACT = [
    OpenApiParameter("token", _text(200, 1), OpenApiParameter.PATH, description="`tracking` of the answer"),
    OpenApiParameter("reaction", {"type": "string", "enum": ["shown", "clicked", "dismissed"]}, OpenApiParameter.PATH),
    OpenApiParameter("product", _text(200), _WHERE, description="that was clicked"),
]
REACT_ANSWERS: dict[tuple[int, str], Any] = {
    (200, "application/json"): _object({"recorded": {"type": "boolean"}}, required=["recorded"]),
    **{(status, "application/json"): _REFUSED for status in (400, 404, 405, 503)},
}
