"""What the answers of SMS services mean, and how a mapping for one of them is filled. It asks nothing and nobody."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from orchestrator.channels.rules import SENT, Answer

# https://www.twilio.com/docs/api/errors: what says that the number takes no SMS, and that its owner stopped us
DEAD = frozenset({"21211", "21214", "21217", "21614", "30005", "30006"})
STOPPED = frozenset({"21610"})
# said of our account or of our speed, never of one message: all wait
NOT_NOW = frozenset({"20003", "20005", "20429", "21606", "21620", "21611", "14107", "30001", "30002"})
PLACE = re.compile(r"\{(to|text|id|from)\}")
LOST = (500, 502, 504)  # somebody on the way broke: the message may be on its way


def texted(
    status: int,
    code: str,
    *,
    again_is_safe: bool = False,
    dead: Collection[str] | None = None,
    stopped: Collection[str] | None = None,
) -> Answer:
    """Read an answer over HTTP about one message. code: the service's own; dead, stopped: its codes, Twilio's when None."""
    words = f"{status} {code}".strip()
    if 200 <= status < 300:
        return SENT
    if status in LOST:
        return Answer("unavailable" if again_is_safe else "unknown", words)
    if code in (STOPPED if stopped is None else stopped):
        return Answer("rejected", words, stopped=True)
    if code in (DEAD if dead is None else dead):
        return Answer("rejected", words, bounced=True)
    if status in (401, 403, 404, 407, 408, 425, 429) or status >= 500 or 300 <= status < 400 or code in NOT_NOW:
        return Answer("unavailable", words)
    return Answer("rejected", words)


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """Put values into the texts of a template; no value can add a field."""
    if isinstance(template, str):
        return PLACE.sub(lambda found: values[found[1]], template)
    if isinstance(template, Mapping):
        return {key: filled(value, values) for key, value in template.items()}
    return [filled(value, values) for value in template] if isinstance(template, list) else template


def code_at(body: bytes, path: str) -> str:
    """Read the service's own code out of its answer: `error.code`, `messages.0.status`; empty where there is none."""
    if not path:
        return ""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for name in path.split("."):
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return ""
    return str(found)[:40] if isinstance(found, str | int) and not isinstance(found, bool) else ""
