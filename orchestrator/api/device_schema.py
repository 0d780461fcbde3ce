"""The shapes of the door for devices, for the OpenAPI document."""

from typing import Any

from orchestrator.api.schema import _ERRORS, _object

_TEXT = {"type": "string"}
_KEYS = _object({"p256dh": _TEXT, "auth": _TEXT}, required=["p256dh", "auth"])
_SUBSCRIPTION = _object(
    {"endpoint": {"type": "string", "maxLength": 1000}, "keys": _KEYS}, required=["endpoint", "keys"]
)
_DEVICE = _object(
    {
        "subscription": _SUBSCRIPTION | {"description": "what PushSubscription.toJSON() gives"},
        "purpose": {"type": "string", "description": "short name of a purpose whose channel is push"},
        "granted": {"type": "boolean", "default": True, "description": "false takes it back"},
        "anonymousId": {"type": "string", "description": "the browser's own random id"},
        "userId": {"type": "string", "description": "with a key of a server only"},
        "wording": {"type": "string", "description": "the text that was agreed to, e.g. push_marketing/de/1"},
        "url": {"type": "string", "description": "the page on which it was agreed to"},
    },
    required=["subscription", "purpose"],
)
_PROBLEM = _object({"errors": _ERRORS}, required=["errors"])
DEVICE: dict[str, Any] = {"application/json": _DEVICE}
DEVICE_ANSWERS: dict[tuple[int, str], Any] = {
    (202, "application/json"): _object({"status": _TEXT}, required=["status"]),
    **{(status, "application/json"): _PROBLEM for status in (400, 401, 403, 405, 411, 413, 415, 503)},
}
PUSH_KEY: dict[tuple[int, str], Any] = {
    (200, "application/json"): _object({"applicationServerKey": _TEXT}, required=["applicationServerKey"]),
    **{(status, "application/json"): _PROBLEM for status in (401, 405)},
}
