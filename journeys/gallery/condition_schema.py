"""The JSON Schema of conditions: recursive definitions, a leaf each kind that is registered."""

from typing import Any

from contacts.conditions.checks import OPERATORS
from contacts.conditions.columns import ACCOUNT_COLUMNS
from contacts.conditions.context_leaf import KINDS, SEASONS, WEEKDAYS
from contacts.conditions.event_leaf import EventLeaf
from contacts.conditions.registry import leaf_keys
from contacts.conditions.rules import COMPARISONS, COUNT_OPERATORS, DURATION, MAX_LEAVES, NUMBER_OPERATORS
from contacts.stages.rules import Phase

Schema = dict[str, Any]
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
SPAN: Schema = {"type": "string", "pattern": f"^(?:{DURATION.pattern})$"}
DAY: Schema = {"type": "string", "pattern": r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[+-][1-9][0-9]{0,9}(?:s|m|h|d|w|mo))$"}
PLAIN: Schema = {"type": ["string", "number", "boolean"]}
SINCE: Schema = {"enum": ["entry", "step"]}
RUN_KEY: Schema = {
    "type": "object",
    "properties": {"run": {"const": "key"}},
    "required": ["run"],
    "additionalProperties": False,
}
STANDING = {"for": SPAN, "within": SPAN}
AROUND: Schema = {
    "type": "object",
    "properties": {
        "days": {"type": "integer", "minimum": 0},
        "of": {"const": "today"},
        "yearly": {"type": "boolean"},
        "direction": {"enum": ["next", "last"]},
    },
    "required": ["days", "of"],
    "additionalProperties": False,
}
OPERATOR_SCHEMAS: dict[str, Schema] = {
    **{key: {"anyOf": [PLAIN, RUN_KEY]} for key in ("is", "is_not")},
    "in": {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}},
    **{key: {"type": "number"} for key in NUMBER_OPERATORS},
    "between": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
    **{key: {"type": "string", "minLength": 1} for key in ("contains", "starts_with")},
    "is_set": {"type": "boolean"},
    **dict.fromkeys(("before", "after"), DAY),
    "within": AROUND,
}


def closed(properties: dict[str, Schema], *needed: str, **more: Any) -> Schema:
    """An object with these keys and no others."""
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False, **more}


def compared(own: dict[str, Schema], *operators: str) -> Schema:
    """An object with its own keys, all needed, and exactly one comparison."""
    used = operators or COMPARISONS
    properties = {**own, **{key: OPERATOR_SCHEMAS[key] for key in used}}
    return closed(properties, *own, oneOf=[{"required": [key]} for key in used])


def _leaves() -> dict[str, Schema]:
    """What is known of each kind of leaf in detail; a leaf of a room that is not among them is any object with its key."""
    measured = {one: compared({"property": NAME}) for one in ("sum", "min", "max", "last")}
    counted = {key: {"type": "integer", "minimum": 0} for key in COUNT_OPERATORS}
    count = closed(counted, minProperties=1, maxProperties=1)
    event = {
        "event": NAME,
        "count": count,
        **measured,
        "within": SPAN,
        "since": SINCE,
        "since_step": {"const": True},
        "where": {"type": "array", "maxItems": 20, "items": compared({"property": NAME})},
    }
    context = {"weekday": list(WEEKDAYS), "month": list(range(1, 13)), "season": list(SEASONS)}
    hour = closed({"context": {"const": "hour"}, "between": OPERATOR_SCHEMAS["between"]}, "context", "between")
    listed = [
        closed(
            {"context": {"const": kind}, "in": {"type": "array", "minItems": 1, "items": {"enum": values}}},
            "context",
            "in",
        )
        for kind, values in context.items()
    ]
    return {
        "attribute": compared({"attribute": NAME}),
        "account": compared({"account": {"enum": list(ACCOUNT_COLUMNS)}}),
        "event": closed({key: event[key] for key in EventLeaf.KEYS}, "event"),
        "segment": closed({"segment": NAME, **STANDING}, "segment"),
        "signal": closed({"signal": NAME, "within": SPAN, "since": SINCE}, "signal"),
        "stage": closed({"stage": NAME, **STANDING}, "stage"),
        "phase": closed({"phase": {"enum": list(Phase)}, **STANDING}, "phase"),
        "context": {"oneOf": [hour, *listed], "properties": {"context": {"enum": list(KINDS)}}},
        "consent": closed(
            {"consent": NAME, "is": {"enum": ["granted", "refused", "withdrawn", "unknown"]}, **STANDING}, "consent"
        ),
        "score": compared({"score": NAME}, "is", *NUMBER_OPERATORS, "between", "is_set"),
    }


def condition_definitions() -> dict[str, Schema]:
    """The definitions `condition` and `leaf_...`, for `$defs`. Operators by type of attribute: OPERATORS of the language."""
    known = _leaves()
    leaves = {f"leaf_{key}": known.get(key, {"type": "object", "required": [key]}) for key in leaf_keys()}
    inner: Schema = {"$ref": "#/$defs/condition"}
    group: Schema = {"type": "array", "minItems": 1, "maxItems": MAX_LEAVES, "items": inner}
    ways = [closed({key: group}, key) for key in ("all", "any")] + [closed({"not": inner}, "not")]
    found = [{"$ref": f"#/$defs/{name}"} for name in leaves]
    return {**leaves, "condition": {"description": ", ".join(OPERATORS), "anyOf": [*ways, *found]}}
