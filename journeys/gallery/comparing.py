"""What taking a file in would change here: each thing new, the same, changed or in conflict, field by field, journeys step by step."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.language import say
from contacts.conditions.names import Names, load_names
from contacts.conditions.uses import ROOMS, Use, load_uses
from journeys.content.listing import used_by
from journeys.gallery.blocks import normal_block, normal_offer
from journeys.gallery.facts import normal
from journeys.gallery.queries import described_things
from journeys.gallery.rules import SECTION_OF, SECTIONS, Thing, differing, ident
from journeys.gallery.writing import write_document
from journeys.steps.registry import kind_names, kind_of
from orchestrator.kernel.fields import translated

State = Literal["new", "same", "changed", "conflict"]
CONTEXT_LINES = 2
# a difference in one of these changes what the thing means for what is stored, whoever uses it
WEIGHTY = {Thing.ATTRIBUTE: ("kind",), Thing.EVENT_TYPE: ("kind",), Thing.SEGMENT: ("kind",), Thing.SIGNAL: ("kind",)}


@dataclass(frozen=True)
class Difference:
    """One thing that differs, in words: what it is called, what is here, what the file says."""

    what: str
    before: str
    after: str


@dataclass
class Change:
    """What the file would do to one thing. affects: whose rules or messages it would change; why: of a conflict."""

    thing: Thing
    slug: str
    name: str
    state: State
    differences: list[Difference] = field(default_factory=list)
    diff: list[str] = field(default_factory=list)
    affects: list[str] = field(default_factory=list)
    why: str = ""

    @property
    def key(self) -> str:
        """How a choice names it: "segment:slug"."""
        return f"{self.thing}:{self.slug}"


def compare(document: Mapping[str, Any]) -> list[Change]:
    """Compare a file of good shape with what is here, in the order in which it would be taken in."""
    names, uses = _names(document), load_uses()
    own = {one["slug"] for one in document.get("journeys", [])}
    changes = []
    for section, thing in SECTIONS.items():
        given = {one[ident(thing)]: one for one in document.get(section, [])}
        here = described_things(thing, list(given))
        for slug, one in given.items():
            changes.append(_change(thing, slug, here.get(slug), normal_thing(thing, one), names))
            if changes[-1].state == "changed":
                _look_whom(changes[-1], uses, own)
    return changes


def normal_thing(thing: Thing, one: Mapping[str, Any]) -> dict[str, Any]:
    """A thing of a file in the form in which what is here is described."""
    if thing is Thing.BLOCK:
        return normal_block(one)
    if thing is Thing.OFFER:
        return normal_offer(one)
    return (
        normal(thing, one) if thing in (Thing.ATTRIBUTE, Thing.EVENT_TYPE, Thing.SEGMENT, Thing.SIGNAL) else dict(one)
    )


def _change(thing: Thing, slug: str, before: dict[str, Any] | None, after: dict[str, Any], names: Names) -> Change:
    name = translated(after["name"])
    if before is None:
        return Change(thing, slug, name, "new")
    if before == after:
        return Change(thing, slug, name, "same")
    change = Change(thing, slug, name, "changed", diff=unified(before, after))
    keys = differing(before, after)
    if thing is Thing.JOURNEY:
        change.differences = step_differences(before, after, names)
        keys = [key for key in keys if key != "steps"]
    change.differences[:0] = [
        Difference(say_field(key), _say_value(key, before.get(key), names), _say_value(key, after.get(key), names))
        for key in keys
    ]
    if weighty := [key for key in WEIGHTY.get(thing, ()) if key in keys]:
        change.state, change.why = (
            "conflict",
            _("It is of another kind here: %(fields)s.")
            % {"fields": ", ".join(f"{before.get(key, '–')} → {after.get(key, '–')}" for key in weighty)},
        )
    return change


def _look_whom(change: Change, uses: Iterable[Use], own: set[str]) -> None:
    """Say whom a change concerns beyond the file's own journeys; then somebody has to decide."""
    kind = "event" if change.thing is Thing.EVENT_TYPE else str(change.thing)
    if change.thing is Thing.JOURNEY:
        return
    found = {
        f"{translated(ROOMS[use.room])} “{translated(dict(use.name))}”"
        for use in uses
        if (use.kind, use.slug) == (kind, change.slug)
        and use.room != "handover"
        and not (use.room == "journey" and use.user in own)
    }
    if change.thing is Thing.BLOCK:
        sent = {use.journey for use in used_by(change.slug) if use.journey_slug not in own}
        found |= {f"{translated(ROOMS['journey'])} “{name}”" for name in sent}
    change.affects = sorted(found)
    if found:
        change.state = "conflict"
        change.why = change.why or _("Others use it: a change would concern them too.")


def unified(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The difference of two things line by line, as they stand in a file."""
    old, new = (write_document({"thing": one}).splitlines()[1:] for one in (before, after))
    return list(difflib.unified_diff(old, new, n=CONTEXT_LINES, lineterm=""))[2:]


def step_differences(before: Mapping[str, Any], after: Mapping[str, Any], names: Names) -> list[Difference]:
    """What differs between the steps of two definitions, in words."""
    old, new = ({step.get("key"): step for step in one.get("steps") or []} for one in (before, after))
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        was, becomes = old.get(key), new.get(key)
        if was == becomes:
            continue
        step = becomes or was or {}
        what = _("Step “%(name)s”") % {"name": translated(step.get("name")) or key}
        texts = [say_step_of(one, names) if one else "" for one in (was, becomes)]
        if was and becomes and texts[0] == texts[1]:
            texts = [f"{text} ({_aims(one)})" for text, one in zip(texts, (was, becomes), strict=True)]
        found.append(Difference(what, *texts))
    if list(old) != list(new) and set(old) == set(new):
        found.append(Difference(_("Order of the steps"), ", ".join(map(str, old)), ", ".join(map(str, new))))
    return found


def say_step_of(step: Mapping[str, Any], names: Names) -> str:
    """A step of a definition as a sentence; its name where it is not complete yet."""
    if step.get("kind") in kind_names():
        try:
            return kind_of(step["kind"]).say(dict(step), _language(), names)
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
            return _("not complete yet")  # a draft of the canvas may hold half a step
    return str(step.get("kind", ""))


def _aims(step: Mapping[str, Any]) -> str:
    ways = [f"{key} → {step[key]}" for key in ("next", "timeout", "missing", "otherwise") if step.get(key)]
    return ", ".join([translated(step.get("name")), *ways])


def say_field(key: str) -> str:
    """What a key of a file is called."""
    known = {
        "name": _("Name"), "condition": _("Condition"), "kind": _("Kind"), "choices": _("Choices"), "variants": _("Texts"),
        "cooldown": _("Fires again after"), "holds_for": _("Holds for"), "goal": _("Goal"), "entry": _("Entry"),
        "exit": _("Exit"), "kpis": _("Key figures"), "priority": _("Priority"), "value": _("Value"),
        "context": _("Context"), "context_factor": _("Weight in the context"), "propensity": _("Propensity"),
        "purpose": _("Purpose"), "phase": _("Phase"),
        "description": _("Description"), "strength": _("Strength"), "max_age": _("Longest stay"), "key": _("Key"),
    }  # fmt: skip
    return str(known.get(key, key.replace("_", " ")))


def _say_value(key: str, value: Any, names: Names) -> str:
    if value in (None, "", [], {}):
        return "–"
    if key == "name":
        return str(value.get(_language()) or value)
    if key in ("condition", "eligibility", "context"):
        return say(value, _language(), names)
    if key == "goal" and isinstance(value, dict) and "when" in value:
        return f"{translated(value.get('name'))}: {say(value['when'], _language(), names)}"
    if isinstance(value, (dict, list)):
        return write_document(value).strip()
    return str(value)


def _names(document: Mapping[str, Any]) -> Names:
    """The names that things have here, and in the file."""
    names = {
        ("event" if thing is Thing.EVENT_TYPE else str(thing), one[ident(thing)]): one["name"]
        for thing, section in SECTION_OF.items()
        for one in document.get(section, [])
    }
    return {**names, **load_names()}


def _language() -> str:
    return (get_language() or "en")[:2]
