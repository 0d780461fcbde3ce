"""What a file of journeys is: its sections, the keys of each thing, what is wrong with their shape, and what differs."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from contacts.conditions.rules import DURATION, Problem, parse_duration, show
from contacts.stages.rules import Phase

FORMAT = 1
LANGUAGES = ("en", "de")


class Thing(StrEnum):
    """A kind of thing in a file."""

    ATTRIBUTE = "attribute"
    EVENT_TYPE = "event_type"
    SEGMENT = "segment"
    SIGNAL = "signal"
    BLOCK = "block"
    OFFER = "offer"
    JOURNEY = "journey"


# the order in which things are taken in: what is named comes before what names it
SECTIONS = {
    "attributes": Thing.ATTRIBUTE,
    "event_types": Thing.EVENT_TYPE,
    "segments": Thing.SEGMENT,
    "signals": Thing.SIGNAL,
    "blocks": Thing.BLOCK,
    "offers": Thing.OFFER,
    "journeys": Thing.JOURNEY,
}
SECTION_OF = {thing: section for section, thing in SECTIONS.items()}
# how a file reads: the journey first, then what it needs
WRITTEN = ("journeys", "blocks", "offers", "signals", "segments", "stages", "attributes", "event_types")
TOP = ("bundle", *WRITTEN)
MOST_THINGS = 500
MOST_TEXT = 200  # characters of a name

KEYS: dict[Thing, tuple[str, ...]] = {
    Thing.ATTRIBUTE: ("key", "name", "kind", "choices", "source", "purpose", "sensitive", "keep_days"),
    Thing.EVENT_TYPE: ("slug", "name", "kind"),
    Thing.SEGMENT: ("slug", "name", "kind", "description", "condition", "active"),
    Thing.SIGNAL: (
        "slug", "name", "kind", "strength", "condition", "key", "cooldown", "holds_for", "decay", "goal", "active",
    ),
}  # fmt: skip
NEEDED: dict[Thing, tuple[str, ...]] = {
    Thing.ATTRIBUTE: ("key", "name", "kind"),
    Thing.EVENT_TYPE: ("slug", "name", "kind"),
    Thing.SEGMENT: ("slug", "name"),
    Thing.SIGNAL: ("slug", "name", "kind", "condition", "cooldown", "holds_for"),
    Thing.BLOCK: ("slug", "name", "phase"),
    Thing.OFFER: ("slug", "name", "kind"),
    Thing.JOURNEY: ("slug", "name", "phase", "entry", "steps"),
}
CHOICES: dict[tuple[Thing, str], tuple[str, ...]] = {
    (Thing.EVENT_TYPE, "kind"): ("behaviour", "transaction", "feedback"),
    (Thing.SEGMENT, "kind"): ("dynamic", "fixed"),
    (Thing.SIGNAL, "kind"): ("behaviour", "lifecycle", "context"),
    (Thing.SIGNAL, "strength"): ("weak", "medium", "strong"),
    (Thing.SIGNAL, "decay"): ("none", "linear", "half_life"),
    (Thing.BLOCK, "phase"): tuple(Phase),
    (Thing.JOURNEY, "phase"): tuple(Phase),
}
# One order of keys for whatever object they stand in, so that the same thing is always the same text.
KEY_ORDER = (
    *("slug", "key", "kind", "state", "channel", "attribute", "account", "event", "property", "value"),
    *("segment", "signal", "stage", "phase", "score", "grade", "consent", "journey", "touch", "offer", "handover"),
    *("survey", "answer", "context", "all", "any", "not", "name", "label", "language", "arm", "en", "de", "subject", "preheader"),
    *("description", "priority", "context_factor", "propensity", "purpose", "signals", "schedule", "api", "is", "is_not", "in", "count", "sum", "min"),
    *("max", "last", "gte", "gt", "lte", "lt", "between", "contains", "starts_with", "is_set", "before", "after"),
    *("delay", "since", "since_step", "within", "where", "strength", "condition", "when", "entry", "goal", "exit"),
    *("kpis", "max_age", "measure", "target", "trigger", "change", "exclude", "reentry", "limits", "cooldown"),
    *("holds_for", "decay", "from", "to", "until", "every", "at", "time", "days", "day", "date", "for", "window"),
    *("at_most", "block", "question", "by_answer", "expires", "set", "team", "respond_within", "stages", "arms", "weight", "holdout", "salt"),
    *("branches", "outcome", "body", "parts", "variants", "next", "timeout", "missing", "otherwise", "steps"),
    *("journeys", "blocks", "offers", "segments", "attributes", "event_types", "choices", "source", "active"),
)  # fmt: skip


def shape_problems(document: Any) -> list[Problem]:
    """Every problem of the outer shape of a file: sections, short names, names, what is needed, choices."""
    if not isinstance(document, dict):
        return [Problem("", f"expected an object with bundle and journeys, got {show(document)}")]
    problems = [Problem(str(key), f"unknown; expected one of {', '.join(TOP)}") for key in document if key not in TOP]
    if document.get("bundle") != FORMAT:
        problems.append(Problem("bundle", f"expected {FORMAT}, got {show(document.get('bundle'))}"))
    listed = {section: document.get(section, []) for section in WRITTEN}
    for section, given in listed.items():
        if not isinstance(given, list) or len(given) > MOST_THINGS:
            problems.append(Problem(section, f"expected a list of at most {MOST_THINGS}, got {show(given)}"))
    if problems:
        return problems
    if not all(isinstance(slug, str) and slug for slug in listed["stages"]):
        problems.append(Problem("stages", "expected short names of stages, they are required and not made"))
    for section, thing in SECTIONS.items():
        problems += _section_problems(section, thing, listed[section])
    return problems


def _section_problems(section: str, thing: Thing, given: list[Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, one in enumerate(given):
        path = f"{section}[{i}]"
        if not isinstance(one, dict):
            yield Problem(path, f"expected an object, got {show(one)}")
            continue
        slug = one.get(ident(thing))
        if isinstance(slug, str) and slug in seen:
            yield Problem(f"{path}.{ident(thing)}", f"expected each short name once, got {show(slug)} again")
        seen.add(str(slug))
        yield from thing_problems(thing, one, path)


def thing_problems(thing: Thing, given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What is wrong with the shape of one thing; journeys, content and offers are looked at closely by their rooms."""
    slug = given.get(ident(thing))
    if not isinstance(slug, str) or not slug or len(slug) > MOST_TEXT:
        yield Problem(f"{path}.{ident(thing)}", f"expected a short name, got {show(slug)}")
    elif thing is not Thing.ATTRIBUTE and not slug.replace("-", "").replace("_", "").isalnum():
        if thing is not Thing.EVENT_TYPE:  # events are called as the shop calls them
            yield Problem(f"{path}.slug", f"expected letters, digits and hyphens, got {show(slug)}")
    for key in NEEDED[thing]:
        if given.get(key) in (None, "") and key != ident(thing):
            yield Problem(f"{path}.{key}", "expected a value, it is missing")
    for key in given:
        if thing in KEYS and key not in KEYS[thing]:
            yield Problem(f"{path}.{key}", f"unknown; expected one of {', '.join(KEYS[thing])}")
        allowed = CHOICES.get((thing, key))
        if allowed and given[key] not in allowed:
            yield Problem(f"{path}.{key}", f"expected one of {', '.join(allowed)}, got {show(given[key])}")
    name = given.get("name")
    if name is not None and not is_name(name):
        yield Problem(f"{path}.name", f'expected {{"en": ..., "de": ...}}, got {show(name)}')
    for key in ("cooldown", "holds_for"):
        if thing is Thing.SIGNAL and key in given and not is_span(given[key]):
            yield Problem(f"{path}.{key}", f'expected a duration like "7d", got {show(given[key])}')


def is_name(name: Any) -> bool:
    """Whether a value is a name in both languages."""
    return (
        isinstance(name, dict)
        and set(name) == set(LANGUAGES)
        and all(isinstance(text, str) and 0 < len(text) <= MOST_TEXT for text in name.values())
    )


def is_span(text: Any) -> bool:
    """Whether a value is a duration; "0d" is none at all."""
    return text == "0d" or (isinstance(text, str) and bool(DURATION.fullmatch(text)))


def parse_span(text: str) -> timedelta:
    """Read a duration, "0d" too."""
    return timedelta(0) if text == "0d" else parse_duration(text)


def span_text(span: timedelta) -> str:
    """Write a duration in its largest unit up to days: 2 days are "2d", 90 minutes are "90m"."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def ident(thing: Thing) -> str:
    """The key that names a thing."""
    return "key" if thing is Thing.ATTRIBUTE else "slug"


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The keys in which two descriptions of a thing differ, in the order in which a file has them."""
    order = {key: place for place, key in enumerate(KEY_ORDER)}
    keys = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    return sorted(keys, key=lambda key: (order.get(key, len(order)), key))


def as_bundle(document: Any) -> Any:
    """A file that is one journey alone, as one with its sections."""
    if isinstance(document, dict) and not set(TOP) & set(document):
        return {"bundle": FORMAT, "journeys": [document]}
    return document
