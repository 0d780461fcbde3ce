"""Filters of an event on a form: a property, a comparison and one text for the value, there and back."""

import json
import math
from typing import Any

from django.utils.translation import gettext_lazy as _

COMPARISONS = {
    "is": _("is"),
    "is_not": _("is not"),
    "in": _("is one of"),
    "gte": _("is at least"),
    "lte": _("is at most"),
    "gt": _("is more than"),
    "lt": _("is less than"),
    "between": _("is between"),
    "contains": _("contains"),
    "starts_with": _("starts with"),
    "is_set": _("is known"),
}
LISTS = ("in", "between")
NUMBERS = ("gte", "lte", "gt", "lt", "between")


def as_fields(part: dict[str, Any]) -> tuple[str, str, str]:
    """Write a filter as property, comparison and text; a text that looks like a number stands in quotes.

    A comparison that has no fields ("within" and the like) is written as JSON.
    """
    operator = next((key for key in part if key in COMPARISONS), "")
    if not operator or isinstance(part[operator], dict):
        rest = {key: value for key, value in part.items() if key != "property"}
        return part["property"], "json", json.dumps(rest, ensure_ascii=False)
    given = part[operator]
    if operator == "is_set":
        return part["property"], operator, "" if given else "false"
    return part["property"], operator, ", ".join(map(_write, given)) if operator in LISTS else _write(given)


def from_fields(name: str, operator: str, text: str) -> dict[str, Any]:
    """Read a filter. What cannot be read as the comparison needs it is left as a text, for `validate` to say so."""
    if operator == "json":
        try:
            rest = json.loads(text)
        except ValueError:
            rest = None
        return {"property": name} | (rest if isinstance(rest, dict) else {"is": text})
    if operator == "is_set":
        return {"property": name, "is_set": text.strip().lower() not in ("false", "no", "nein")}
    if operator in LISTS:
        return {"property": name, operator: [_read(one, operator) for one in text.split(",") if one.strip()]}
    return {"property": name, operator: _read(text, operator)}


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not isinstance(_read(value, "is"), str):
        return json.dumps(value)
    return str(value)


def _read(text: str, operator: str) -> Any:
    text = text.strip()
    if operator in ("contains", "starts_with"):
        return text
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if text.lower() in ("true", "false") and operator not in NUMBERS:
        return text.lower() == "true"
    for kind in (int, float):
        try:
            number = kind(text) if len(text) <= 30 else None
        except ValueError:
            continue
        if number is not None and math.isfinite(number):
            return number
    return text
