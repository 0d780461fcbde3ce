"""What conditions can name here: events, properties, attributes, segments ...; and advice on names that nobody knows."""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contacts.attributes.queries import Definition, definitions
from contacts.attributes.rules import Kind
from contacts.conditions.columns import ACCOUNT_COLUMNS, COLUMN_KINDS, COLUMN_NAMES
from contacts.conditions.names import Names, load_names, spaced
from contacts.conditions.rules import Problem, at, leaves_with_paths, show
from contacts.stages.rules import PHASE_NAMES
from orchestrator.kernel import sql

EVENTS_LOOKED_AT = 200  # the newest of each name
PEOPLE_LOOKED_AT = 500  # the newest
EXAMPLES = 12
JSON_KINDS = {"string": Kind.TEXT, "number": Kind.NUMBER, "boolean": Kind.YES_NO, "array": Kind.LIST}


@dataclass(frozen=True)
class KnownProperty:
    """A property seen in the newest events of a name. kind: text, number, yes_no, list; "" when mixed or an object."""

    key: str
    kind: str
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True)
class KnownEvent:
    """A name of events: defined (with a kind), seen, or both. kind: "behaviour" for one that nobody described."""

    slug: str
    names: Mapping[str, str]
    kind: str = "behaviour"
    defined: bool = False
    seen: bool = False
    properties: Mapping[str, KnownProperty] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownAttribute:
    """An attribute of people: a typed column, the team's own, or one that is there without a definition.

    kind: one of contacts.attributes.rules.Kind, "" for a mixed one. choices: [{"value", "en", "de"}].
    """

    key: str
    names: Mapping[str, str]
    kind: str
    choices: tuple[dict[str, Any], ...] = ()
    examples: tuple[Any, ...] = ()
    column: bool = False
    defined: bool = True
    ignored: bool = False
    sensitive: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """Everything that conditions can name. `names` has the named things of every kind: (kind, short name) -> {"en", "de"}.

    Kinds: event, segment, signal, stage, phase, purpose, journey, block, and whatever rooms register.
    """

    events: Mapping[str, KnownEvent]
    attributes: Mapping[str, KnownAttribute]
    accounts: Mapping[str, KnownAttribute]
    names: Names
    definitions: Mapping[str, Definition]

    def of(self, kind: str) -> dict[str, Mapping[str, str]]:
        """Short names of a kind ("segment", "stage", "journey" ...) with their names in both languages, sorted."""
        return {slug: names for (this, slug), names in sorted(self.names.items()) if this == kind}


def load_vocabulary() -> Vocabulary:
    """Read what conditions can name, in four statements however many events and people there are."""
    names = {**load_names(), **{("phase", phase.value): names for phase, names in PHASE_NAMES.items()}}
    defined = definitions()
    seen = _seen_attributes()
    return Vocabulary(
        events=_events(),
        attributes=_attributes(defined, seen["attribute"]),
        accounts={
            key: KnownAttribute(
                key, COLUMN_NAMES[key], Kind.TEXT, examples=seen["account"].get(key, ("", ()))[1], column=True
            )
            for key in ACCOUNT_COLUMNS
        },
        names=names,
        definitions=defined,
    )


def _events() -> dict[str, KnownEvent]:
    from contacts.events.models import EventType

    limits = {"events": EVENTS_LOOKED_AT, "examples": EXAMPLES}
    seen: dict[str, dict[str, KnownProperty]] = {}
    for name, key, types, examples in sql.rows(sql.statement("contacts/conditions/sql/seen_events.sql"), limits):
        properties = seen.setdefault(name, {})
        if key is not None:
            properties[key] = KnownProperty(key, _kind(types), _values(examples))
    found = {name: KnownEvent(name, _spoken(name), seen=True, properties=known) for name, known in seen.items()}
    for slug, kind, english, german in EventType.objects.values_list("slug", "kind", "name_en", "name_de"):
        names = {"en": english, "de": german}
        found[slug] = KnownEvent(slug, names, kind, defined=True, seen=slug in seen, properties=seen.get(slug, {}))
    return dict(sorted(found.items()))


def _seen_attributes() -> dict[str, dict[str, tuple[str, tuple[Any, ...]]]]:
    limits = {"people": PEOPLE_LOOKED_AT, "examples": EXAMPLES}
    seen: dict[str, dict[str, tuple[str, tuple[Any, ...]]]] = {"attribute": {}, "account": {}}
    for place, key, types, examples in sql.rows(sql.statement("contacts/conditions/sql/seen_attributes.sql"), limits):
        seen[place][key] = (_kind(types), _values(examples))
    return seen


def _attributes(
    defined: Mapping[str, Definition], seen: Mapping[str, tuple[str, tuple[Any, ...]]]
) -> dict[str, KnownAttribute]:
    found = {
        key: KnownAttribute(key, _spoken(key), kind, examples=examples, defined=False)
        for key, (kind, examples) in seen.items()
    }
    for key, one in defined.items():
        examples = () if one.sensitive or key not in seen else seen[key][1]
        found[key] = KnownAttribute(
            key,
            {"en": one.name_en, "de": one.name_de},
            one.kind,
            one.choices,
            examples,
            ignored=not one.active,
            sensitive=one.sensitive,
        )
    for key, kind in COLUMN_KINDS.items():
        examples = seen[key][1] if key in seen else ()
        found[key] = KnownAttribute(key, COLUMN_NAMES[key], kind, examples=examples, column=True)
    return dict(sorted(found.items()))


def _kind(types: list[str] | None) -> str:
    kinds = {JSON_KINDS.get(one, "") for one in types or ()}
    return str(kinds.pop()) if len(kinds) == 1 else ""


def _values(found: Any) -> tuple[Any, ...]:
    return tuple(json.loads(found) if isinstance(found, str) else found or ())


def _spoken(key: str) -> dict[str, str]:
    return {"en": spaced(key), "de": spaced(key)}


def advise(condition: Any, vocabulary: Vocabulary) -> list[Problem]:
    """Warn of names that nobody knows (with a suggestion), and of attributes that are sensitive, ignored or undefined.

    condition: a valid one. Warnings refuse nothing: what is unknown today may come tomorrow.
    """
    return [problem for path, node in leaves_with_paths(condition) for problem in _advise_leaf(node, path, vocabulary)]


NAMED = ("segment", "signal", "stage", "phase", "journey", "score", "offer")


def _advise_leaf(node: dict[str, Any], path: str, vocabulary: Vocabulary) -> list[Problem]:
    problems = []
    if isinstance(node.get("between"), list) and "context" not in node and node["between"][0] > node["between"][1]:
        problems.append(
            Problem(at(path, "between"), "nothing lies between, the first number is the larger one", "warning")
        )
    if "event" in node:
        problems += _unknown(node["event"], vocabulary.events, at(path, "event"), "event")
        if node["event"] in vocabulary.events:
            problems += _advise_properties(node, path, vocabulary.events[node["event"]])
    if "attribute" in node:
        problems += _advise_attribute(node["attribute"], at(path, "attribute"), vocabulary)
        problems += _advise_choices(node, path, vocabulary)
    for kind in NAMED:
        if kind in node and isinstance(node[kind], str):
            known = [*vocabulary.of(kind), *(["any"] if kind == "offer" else [])]
            problems += _unknown(node[kind], known, at(path, kind), kind)
    if "consent" in node:
        problems += _unknown(node["consent"], vocabulary.of("purpose"), at(path, "consent"), "purpose")
    if isinstance(node.get("touch"), dict):
        for kind in ("journey", "block"):
            if kind in node["touch"]:
                problems += _unknown(node["touch"][kind], vocabulary.of(kind), at(path, f"touch.{kind}"), kind)
    return problems


def _advise_attribute(key: str, path: str, vocabulary: Vocabulary) -> list[Problem]:
    known = vocabulary.attributes.get(key)
    if known is None:
        return _unknown(key, vocabulary.attributes, path, "attribute")
    problems = []
    if known.ignored:
        problems.append(
            Problem(path, f"the attribute {show(key)} is ignored: its values are dropped on arrival", "warning")
        )
    elif not known.defined:
        problems.append(Problem(path, f"the attribute {show(key)} has no definition yet", "warning"))
    if known.sensitive:
        problems.append(Problem(path, f"the attribute {show(key)} is sensitive: give a reason for using it", "warning"))
    return problems


def _advise_choices(node: dict[str, Any], path: str, vocabulary: Vocabulary) -> list[Problem]:
    """Values that an attribute with choices can never have."""
    known = vocabulary.attributes.get(node["attribute"])
    operator = next((one for one in ("is", "is_not", "in", "contains") if one in node), None)
    if known is None or not known.choices or operator is None or known.kind not in (Kind.CHOICE, Kind.LIST):
        return []
    values = node[operator] if isinstance(node[operator], list) else [node[operator]]
    choices = [str(choice.get("value")) for choice in known.choices]
    return [
        problem
        for value in values
        if isinstance(value, str)
        for problem in _unknown(value, choices, at(path, operator), f"value of {known.key}")
    ]


def _advise_properties(node: dict[str, Any], path: str, event: KnownEvent) -> list[Problem]:
    if not event.properties:  # none came yet: nothing is known about what they carry
        return []
    used = [(part["property"], f"where[{i}].property") for i, part in enumerate(node.get("where", []))]
    used += [(node[one]["property"], f"{one}.property") for one in ("sum", "min", "max", "last") if one in node]
    return [
        problem
        for key, place in used
        for problem in _unknown(key, event.properties, at(path, place), f"property of {event.slug}")
    ]


def _unknown(name: str, known: Iterable[str], path: str, what: str) -> list[Problem]:
    known = list(known)
    if name in known:
        return []
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"; did you mean {show(near[0])}?" if near else ""
    return [Problem(path, f"nobody knows the {what} {show(name)}{hint}", "warning")]
