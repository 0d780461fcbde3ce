"""What a file says of attributes, kinds of events, segments and signals: rows described, and descriptions as fields of rows."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from contacts.attributes.drafts import Draft, draft_problems
from contacts.attributes.models import Attribute
from contacts.conditions.language import validate
from contacts.conditions.rules import Problem
from contacts.events.models import EventType
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.signals.rules import beyond_context
from journeys.gallery.rules import Thing, parse_span, span_text

MODELS: dict[Thing, Any] = {
    Thing.ATTRIBUTE: Attribute,
    Thing.EVENT_TYPE: EventType,
    Thing.SEGMENT: Segment,
    Thing.SIGNAL: Signal,
}
# what a file leaves out because everybody means it
DEFAULTS: dict[Thing, dict[str, Any]] = {
    Thing.ATTRIBUTE: {"choices": [], "source": "", "purpose": "", "sensitive": False, "keep_days": None},
    Thing.EVENT_TYPE: {},
    Thing.SEGMENT: {"kind": "dynamic", "description": "", "condition": None, "active": True},
    Thing.SIGNAL: {"strength": "medium", "key": None, "decay": "none", "goal": "", "active": True},
}


def described(thing: Thing, slugs: Collection[str]) -> dict[str, dict[str, Any]]:
    """Read things by their short names as a file says them; what is not there is left out."""
    column = "key" if thing is Thing.ATTRIBUTE else "slug"
    rows = MODELS[thing].objects.filter(**{f"{column}__in": slugs})
    if thing is Thing.ATTRIBUTE:
        rows = rows.exclude(state=Attribute.State.LEAVING)
    return {getattr(row, column): describe(thing, row) for row in rows}


def describe(thing: Thing, row: Any) -> dict[str, Any]:
    """One row as a file says it."""
    name = {"en": row.name_en, "de": row.name_de}
    if thing is Thing.ATTRIBUTE:
        choices = [{key: one[key] for key in ("value", "en", "de") if key in one} for one in row.choices]
        fields = {key: getattr(row, key) for key in ("source", "purpose", "sensitive", "keep_days")}
        return normal(thing, {"key": row.key, "name": name, "kind": row.kind, "choices": choices, **fields})
    if thing is Thing.EVENT_TYPE:
        return {"slug": row.slug, "name": name, "kind": row.kind}
    if thing is Thing.SEGMENT:
        fields = {key: getattr(row, key) for key in ("kind", "description", "condition", "active")}
        return normal(thing, {"slug": row.slug, "name": name, **fields})
    key = {"event": row.key_event, "property": row.key_property} if row.key_event else None
    spans = {"cooldown": span_text(row.cooldown), "holds_for": span_text(row.holds_for)}
    fields = {key: getattr(row, key) for key in ("kind", "strength", "condition", "decay", "goal", "active")}
    return normal(thing, {"slug": row.slug, "name": name, "key": key, **fields, **spans})


def normal(thing: Thing, given: Mapping[str, Any]) -> dict[str, Any]:
    """A thing without what everybody means anyway; durations in their largest unit."""
    found = {key: value for key, value in given.items() if key not in DEFAULTS[thing] or value != DEFAULTS[thing][key]}
    for key in ("cooldown", "holds_for"):
        if key in found and thing is Thing.SIGNAL:
            found[key] = span_text(parse_span(found[key]))
    return found


def fields_of(thing: Thing, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the row that a segment, a signal or a kind of event becomes."""
    full = {**DEFAULTS[thing], **given}
    names = {"name_en": full["name"]["en"], "name_de": full["name"]["de"], "slug": full["slug"]}
    if thing is Thing.EVENT_TYPE:
        return {**names, "kind": full["kind"]}
    if thing is Thing.SEGMENT:
        return {**names, **{key: full[key] for key in ("kind", "description", "condition", "active")}}
    key = full["key"] or {}
    spans: dict[str, timedelta] = {key: parse_span(full[key]) for key in ("cooldown", "holds_for")}
    return {
        **names,
        **{key: full[key] for key in ("kind", "strength", "condition", "decay", "goal", "active")},
        **spans,
        "key_event": key.get("event", ""),
        "key_property": key.get("property", ""),
    }


def draft_of(given: Mapping[str, Any]) -> Draft:
    """The definition that an attribute of a file becomes."""
    full = {**DEFAULTS[Thing.ATTRIBUTE], **given}
    return Draft(
        key=full["key"],
        kind=full["kind"],
        name_en=full["name"]["en"],
        name_de=full["name"]["de"],
        choices=tuple(full["choices"]),
        source=full["source"],
        purpose=full["purpose"],
        sensitive=full["sensitive"],
        keep_days=full["keep_days"],
    )


def fact_problems(thing: Thing, given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong inside of a thing of good shape, before it meets the others."""
    if thing is Thing.ATTRIBUTE:
        yield from _attribute_problems(given, path)
        return
    condition = given.get("condition")
    if thing is Thing.SEGMENT and given.get("kind", "dynamic") == "dynamic" and condition is None:
        yield Problem(f"{path}.condition", "expected a condition, a dynamic segment needs one")
    if thing is Thing.SEGMENT and given.get("kind") == "fixed" and condition is not None:
        yield Problem(f"{path}.condition", "expected none, a fixed segment is a list of people")
    if condition is not None:
        yield from validate(condition, f"{path}.condition", run=False)
    for key in ("description", "goal"):
        if not isinstance(given.get(key, ""), str):
            yield Problem(f"{path}.{key}", "expected a text")
    if thing is Thing.SIGNAL:
        yield from _signal_problems(given, path)
    if not isinstance(given.get("active", True), bool):
        yield Problem(f"{path}.active", "expected true or false")


def _signal_problems(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    key = given.get("key")
    if key is not None:
        texts = isinstance(key, dict) and set(key) == {"event", "property"}
        if not texts or not all(isinstance(text, str) and 0 < len(text) <= 100 for text in key.values()):
            yield Problem(f"{path}.key", 'expected {"event": ..., "property": ...}')
        elif given.get("kind") == Signal.Kind.CONTEXT:
            yield Problem(f"{path}.key", "expected none, no event makes a context signal fire")
    condition = given.get("condition")
    if given.get("kind") == Signal.Kind.CONTEXT and condition and not validate(condition, run=False):
        if wrong := beyond_context(condition):
            said = f"a context signal looks at context, attributes and the company, not at {', '.join(wrong)}"
            yield Problem(f"{path}.condition", said)


def _attribute_problems(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    texts = all(isinstance(given.get(key, ""), str) for key in ("kind", "source", "purpose"))
    choices = given.get("choices", [])
    listed = isinstance(choices, list) and all(
        isinstance(one, dict) and isinstance(one.get("value"), str) for one in choices
    )
    days = given.get("keep_days")
    if not texts or not isinstance(given.get("sensitive", False), bool):
        yield Problem(path, "expected texts for kind, source and purpose, and true or false for sensitive")
    elif not listed:
        yield Problem(f"{path}.choices", 'expected a list of {"value": ..., "en": ..., "de": ...}')
    elif days is not None and (not isinstance(days, int) or isinstance(days, bool)):
        yield Problem(f"{path}.keep_days", "expected a whole number of days")
    else:
        for field, said in draft_problems(draft_of(given)):
            yield Problem(f"{path}.{field}", said["en"])
