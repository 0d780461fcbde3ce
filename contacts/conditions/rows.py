"""How each kind of leaf looks in the builder: a row of parts, registered by the room that owns the leaf."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.attributes.rules import Kind
from contacts.conditions import registry
from contacts.conditions.context_leaf import NAMES, WEEKDAYS

Part = dict[str, Any]  # {"part": how it is edited, "key": its key in the node, ...}; see static/js/builder.js
OPERATOR_NAMES = {
    "is": _("is"),
    "is_not": _("is not"),
    "in": _("is one of"),
    "lt": _("is less than"),
    "lte": _("is at most"),
    "gt": _("is more than"),
    "gte": _("is at least"),
    "between": _("is between"),
    "contains": _("contains"),
    "starts_with": _("starts with"),
    "before": _("is before"),
    "after": _("is after"),
    "within": _("is close to today"),
    "is_set": _("is known"),
    "is_not_set": _("is not known"),
    "run": _("is that of this run"),
}
NUMERIC = ["gte", "lte", "is", "is_not", "gt", "lt", "between", "in", "is_set", "is_not_set"]
MEASURED = ["gte", "lte", "is", "gt", "lt", "between"]  # what can be said of a score, a sum, a least, a greatest
TEXTUAL = ["is", "is_not", "in", "contains", "starts_with", "is_set", "is_not_set"]
DATED = ["after", "before", "within", "is_set", "is_not_set"]
OPERATORS = {
    Kind.TEXT: TEXTUAL,
    Kind.NUMBER: NUMERIC,
    Kind.WHOLE: NUMERIC,
    Kind.YES_NO: ["is", "is_set", "is_not_set"],
    Kind.DATE: DATED,
    Kind.INSTANT: DATED,
    Kind.CHOICE: ["is", "is_not", "in", "is_set", "is_not_set"],
    Kind.LIST: ["contains", "in", "is_set", "is_not_set"],
}
UNKNOWN_TYPE = [*dict.fromkeys([*TEXTUAL[:5], *NUMERIC, *DATED])]  # nobody said what the values are


@dataclass(frozen=True)
class Words:
    """What the parts of a row are made of: names as options of each kind, and whether runs of a journey are meant."""

    options: Mapping[str, list[dict[str, str]]]
    language: str
    run: bool = False

    def of(self, kind: str) -> list[dict[str, str]]:
        """The known things of a kind, each with value and label."""
        return self.options.get(kind, [])


@dataclass(frozen=True)
class Row:
    """One kind of leaf in the builder. start: what a new row begins with."""

    key: str
    label: Any
    start: Mapping[str, Any]
    parts: Callable[[Words], list[Part]] = field(repr=False)


_rows: dict[str, Row] = {}


def register_row(row: Row) -> None:
    """Say how a kind of leaf is edited."""
    _rows[row.key] = row


def rows(words: Words) -> list[dict[str, Any]]:
    """Describe every kind of leaf that is registered; one that nobody describes is edited as JSON."""
    known = registry.leaf_keys()
    described = [row for row in _rows.values() if row.key in known]
    found = [
        {"key": row.key, "label": str(row.label), "start": dict(row.start), "parts": row.parts(words)}
        for row in described
    ]
    plain = [key for key in known if key not in _rows]
    return [*found, *({"key": key, "label": key, "start": {key: ""}, "parts": []} for key in plain)]


def name_part(kind: str, words: Words, label: Any, **more: Any) -> Part:
    """Choose one thing of a kind by its name."""
    return {"part": "choice", "key": kind, "label": str(label), "options": words.of(kind), "open": True, **more}


def choice_part(key: str, label: Any, options: Mapping[str, Any], *, default: str = "") -> Part:
    """Choose one of a few values; the default is not written."""
    listed = [{"value": value, "label": str(text)} for value, text in options.items()]
    return {"part": "choice", "key": key, "label": str(label), "options": listed, "default": default}


def window_part(words: Words | None = None, *, none: Any = "", ways: Mapping[str, Any] | None = None) -> Part:
    """A window: so many days, or at any time; in a journey also since the entry or this step.

    ways: key of the node -> words, where a duration can mean several things.
    """
    listed = {key: str(text) for key, text in (ways or {"within": _("in the last")}).items()}
    return {"part": "window", "ways": listed, "none": str(none or _("at any time")), "since": bool(words and words.run)}


def standing_part() -> Part:
    """How long somebody stands somewhere."""
    return window_part(none=_("now"), ways={"for": _("for at least"), "within": _("came in the last")})


def count_part() -> Part:
    """How often."""
    return {"part": "count", "key": "count"}


def _standing(kind: str, label: Any) -> Callable[[Words], list[Part]]:
    return lambda words: [name_part(kind, words, label), standing_part()]


def _attribute(words: Words) -> list[Part]:
    return [name_part("attribute", words, _("Attribute")), {"part": "compare", "of": "attribute"}]


def _account(words: Words) -> list[Part]:
    return [name_part("account", words, _("Field of the company")), {"part": "compare", "of": "account"}]


def _event(words: Words) -> list[Part]:
    name = name_part("event", words, _("Event"))
    return [name, {"part": "measure"}, window_part(words), {"part": "filters", "key": "where"}]


def _handover(words: Words) -> list[Part]:
    from contacts.handover.leaves import STATES, WORDS

    states = {state: WORDS[words.language][state][0] for state in STATES}
    return [choice_part("handover", _("State"), states), window_part()]


def _moment(words: Words) -> list[Part]:
    names: Any = NAMES[words.language]
    choices: dict[str, Any] = {
        "weekday": list(zip(WEEKDAYS, names["weekday"], strict=True)),
        "month": list(enumerate(names["month"], 1)),
        "season": list(names["season"].items()),
    }
    labels = {"weekday": _("weekday"), "month": _("month"), "season": _("season")}
    options: list[dict[str, Any]] = [
        {
            "value": kind,
            "label": str(label),
            "type": Kind.CHOICE,
            "operators": ["in"],
            "choices": [{"value": value, "label": text} for value, text in choices[kind]],
        }
        for kind, label in labels.items()
    ]
    options.append({"value": "hour", "label": str(_("hour")), "type": Kind.WHOLE, "operators": ["between"]})
    choice: Part = {"part": "choice", "key": "context", "label": str(_("Part of the moment")), "options": options}
    return [choice, {"part": "compare", "of": "context"}]


for row in (
    Row("attribute", _("Attribute of the person"), {"attribute": ""}, _attribute),
    Row("event", _("Event"), {"event": "", "count": {"gte": 1}, "within": "30d"}, _event),
    Row("segment", _("Segment"), {"segment": ""}, _standing("segment", _("Segment"))),
    Row(
        "signal",
        _("Signal"),
        {"signal": ""},
        lambda words: [name_part("signal", words, _("Signal")), window_part(none=_("as long as it holds"))],
    ),
    Row("stage", _("Stage"), {"stage": ""}, _standing("stage", _("Stage"))),
    Row("phase", _("Phase"), {"phase": ""}, _standing("phase", _("Phase"))),
    Row("account", _("Company"), {"account": "industry", "is": ""}, _account),
    Row(
        "score",
        _("Score"),
        {"score": "", "gte": 50},
        lambda words: [
            name_part("score", words, _("Score")),
            {"part": "compare", "type": "number", "operators": MEASURED},
        ],
    ),
    Row(
        "grade", _("Grade"), {"grade": ""}, lambda words: [{"part": "cells", "key": "grade", "label": str(_("Grade"))}]
    ),
    Row("handover", _("Sales"), {"handover": "accepted"}, _handover),
    Row("context", _("Moment"), {"context": "weekday", "in": []}, _moment),
):
    register_row(row)
