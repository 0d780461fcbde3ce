"""What the builder in the browser may offer: kinds of rows, operators, names and values that are really there."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.names import spaced
from contacts.conditions.rows import MEASURED, OPERATOR_NAMES, OPERATORS, UNKNOWN_TYPE, Words, rows
from contacts.conditions.rules import MAX_DEPTH
from contacts.conditions.vocabulary import KnownAttribute, KnownEvent, Vocabulary, load_vocabulary
from contacts.events.models import EventType

OTHER_NAME = {"consent": "purpose"}  # a leaf's key -> what its things are called among the names
UNITS = ("m", "h", "d", "w", "mo")
Option = dict[str, Any]


def page_language() -> str:
    """The language of the page, "en" or "de"."""
    return (get_language() or "en")[:2]


def describe(*, run: bool) -> dict[str, Any]:
    """Describe for the script in the browser what a condition can be made of, in the language of the page.

    run: the condition is about runs of a journey, so `since` and the key of the run exist.
    """
    language = page_language()
    words = Words(_options(load_vocabulary(), language), language, run)
    return {
        "language": language,
        "run": run,
        "depth": MAX_DEPTH,
        "kinds": rows(words),
        "operators": {key: str(name) for key, name in OPERATOR_NAMES.items()},
        "types": {**{kind.value: listed for kind, listed in OPERATORS.items()}, "": UNKNOWN_TYPE},
        "sums": MEASURED,
        "counts": {
            "gte": _("at least"),
            "lte": _("at most"),
            "is": _("exactly"),
            "gt": _("more than"),
            "lt": _("less than"),
        },
        "measures": {
            "count": _("how often"),
            "sum": _("the sum of"),
            "min": _("the least"),
            "max": _("the greatest"),
            "last": _("the last"),
        },
        "units": dict(zip(UNITS, _unit_names(), strict=True)),
        "groups": {
            "all": _("All of these hold"),
            "any": _("At least one holds"),
            "none": _("None of these holds"),
            "not_all": _("Not all of these hold"),
        },
        "texts": {**_texts_of_rows(), **_texts_of_moving()},
    }


def _options(vocabulary: Vocabulary, language: str) -> dict[str, list[Option]]:
    """Everything that can be named, by the key of its leaf; sorted by what people read."""
    kinds = {kind for kind, _slug in vocabulary.names}
    found = {
        kind: [{"value": slug, "label": _said(names, slug, language)} for slug, names in vocabulary.of(kind).items()]
        for kind in kinds
    }
    for key, other in OTHER_NAME.items():
        found[key] = found.get(other, [])
    found["event"] = [_event(one, language) for one in vocabulary.events.values()]
    known = [one for one in vocabulary.attributes.values() if not one.ignored]
    found["attribute"] = [_attribute(one, language) for one in known]
    found["account"] = [_attribute(one, language) for one in vocabulary.accounts.values()]
    for options in found.values():
        options.sort(key=lambda option: (option.get("order", 0), option["label"].lower()))
    return found


def _said(names: Mapping[str, str], slug: str, language: str) -> str:
    return names.get(language) or names.get("en") or slug


def _event(one: KnownEvent, language: str) -> Option:
    properties = [
        {"value": known.key, "label": spaced(known.key), "type": known.kind, "examples": list(known.examples)}
        for known in one.properties.values()
    ]
    group = str(EventType.Kind(one.kind).label) if one.defined else _("Without a definition")
    label = _said(one.names, one.slug, language)
    return {"value": one.slug, "label": label, "group": group, "properties": properties, "order": not one.defined}


def _attribute(one: KnownAttribute, language: str) -> Option:
    place = 1 if one.column else 0 if one.defined else 2
    label = _said(one.names, one.key, language)
    option: Option = {
        "value": one.key,
        "label": _("%(name)s (sensitive)") % {"name": label} if one.sensitive else label,
        "type": str(one.kind),
        "group": (_("Our attributes"), _("Fixed fields"), _("Without a definition"))[place],
        "order": place,
        "examples": list(one.examples),
    }
    if one.choices:
        option["choices"] = [{"value": c["value"], "label": c.get(language) or str(c["value"])} for c in one.choices]
    return option


def _unit_names() -> list[str]:
    return [_("minutes"), _("hours"), _("days"), _("weeks"), _("months")]


def _texts_of_moving() -> dict[str, str]:
    """What the script calls the things that are done to rows."""
    return {
        "add_rule": _("Condition"),
        "add_group": _("Group"),
        "add_filter": _("Filter"),
        "kind": _("Kind of condition"),
        "group": _("How the conditions of this group count"),
        "not": _("not"),
        "negate": _("Turn into the opposite"),
        "remove": _("Remove"),
        "more": _("Move, group, copy"),
        "up": _("Move up"),
        "down": _("Move down"),
        "wrap": _("Put into a group"),
        "unwrap": _("Take out of the group"),
        "copy": _("Copy"),
        "open": _("Not filled in yet: left out of sentence and count."),
        "everybody": _("No condition yet: everybody."),
        "moved": _("Moved: %(place)s of %(all)s."),
        "removed": _("Removed."),
        "grouped": _("Put into a group."),
        "unread": _("This is not JSON: %(error)s"),
        "offline": _("The server does not answer. What you built stays here."),
        "as_json": _("as JSON"),
    }


def _texts_of_rows() -> dict[str, str]:
    """What the script calls the fields of a row."""
    return {
        "operator": _("Comparison"),
        "value": _("Value"),
        "values": _("Add a value"),
        "from": _("from"),
        "to": _("to"),
        "yes": _("yes"),
        "no": _("no"),
        "choose": _("choose …"),
        "other": _("another name …"),
        "name": _("Name"),
        "property": _("Property"),
        "measure": _("What is measured"),
        "count": _("How often"),
        "times": _("times"),
        "number": _("Number"),
        "window": _("Window of time"),
        "unit": _("Unit"),
        "entry": _("since the entry"),
        "step": _("since this step"),
        "on_day": _("on the day"),
        "ago": _("days ago"),
        "ahead": _("days from today"),
        "when": _("Kind of date"),
        "day": _("Day"),
        "days": _("days around today"),
        "yearly": _("every year"),
        "where": _("where"),
        "run": _("is that of this run"),
        "and": _("and"),
        "or": _("or"),
        "unknown": _("%(name)s (not known)"),
    }
