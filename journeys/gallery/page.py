"""Puts the pages of the gallery and of files together: plain values for their templates."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.signals.queries import last_seen
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.gallery.comparing import Change
from journeys.gallery.rules import Thing
from journeys.gallery.templates import PARTS, Template, templates
from orchestrator.kernel.fields import translated

SEEN_DAYS = 30
SHOWN_STEPS = 7
TONES = {"new": "green", "same": "grey", "changed": "blue", "conflict": "amber"}


def cards() -> list[dict[str, Any]]:
    """The templates as cards, in the order of phases."""
    order = list(Phase)
    return [_card(one) for one in sorted(templates(), key=lambda one: order.index(Phase(one.journey["phase"])))]


def _card(template: Template) -> dict[str, Any]:
    journey = template.journey
    steps = [step for step in journey["steps"] if step["kind"] not in ("split", "update")]
    counts = {thing: len(found) for thing, found in template.brings().items() if found}
    return {
        "slug": template.slug,
        "phase": journey["phase"],
        "phase_name": translated(PHASE_NAMES[Phase(journey["phase"])]),
        "name": translated(journey["name"]),
        "about": guide_of(template)["what_for"],
        "steps": [{"icon": step["kind"], "name": translated(step["name"])} for step in steps[:SHOWN_STEPS]],
        "more": len(steps) - SHOWN_STEPS if len(steps) > SHOWN_STEPS else 0,
        "goal": translated(journey["goal"]["name"]),
        "brings": [f"{n} {thing_name(thing, n)}" for thing, n in counts.items() if thing is not Thing.EVENT_TYPE],
    }


def guide_of(template: Template) -> dict[str, Any]:
    """The page of a template in the active language."""
    return template.guide[_language()]


def guide_parts(template: Template) -> list[dict[str, Any]]:
    """The page of a template as titles with their texts."""
    titles = {
        "what_for": _("What for"),
        "whom": _("For whom"),
        "needs": _("Which data it needs"),
        "adapt": _("What to adapt first"),
        "good": _("What good looks like"),
        "pitfalls": _("Pitfalls"),
    }
    guide = guide_of(template)
    return [
        {"title": titles[part], "texts": guide[part] if isinstance(guide[part], list) else [], "text": guide[part]}
        for part in PARTS
        if part != "needs"
    ]


def whole_flow(template: Template) -> list[dict[str, str]]:
    """Every step with its icon and name."""
    return [{"icon": step["kind"], "name": translated(step["name"])} for step in template.journey["steps"]]


def events_seen(template: Template, now: datetime) -> list[dict[str, Any]]:
    """The events that a template needs, and whether they came in the last days. What our own mails tell comes by itself."""
    names = {one["slug"]: one for one in template.document.get("event_types", [])}
    seen = last_seen(names, now - timedelta(days=SEEN_DAYS))
    said = {text.split(":")[0].split(" ")[0]: text for text in guide_of(template)["needs"]}
    return [
        {
            "slug": slug,
            "name": translated(one["name"]),
            "about": said.get(slug, "").partition(": ")[2],
            "seen": seen.get(slug),
            "own": one["kind"] == "feedback",
        }
        for slug, one in names.items()
    ]


def other_needs(template: Template) -> list[str]:
    """What a template needs besides events."""
    names = {one["slug"] for one in template.document.get("event_types", [])}
    return [text for text in guide_of(template)["needs"] if text.split(":")[0].split(" ")[0] not in names]


def brought(template: Template, changes: Iterable[Change]) -> list[dict[str, Any]]:
    """What a template brings, and what of it is here already and stays as it is."""
    here = {change.key for change in changes if change.state != "new"}
    return [
        {
            "title": thing_name(thing, len(found)),
            "things": [
                {"name": translated(name), "slug": slug, "here": f"{thing}:{slug}" in here} for slug, name in found
            ],
        }
        for thing, found in template.brings().items()
        if found and thing is not Thing.EVENT_TYPE
    ]


def thing_name(thing: Thing, n: int = 1) -> str:
    """What things of a kind are called."""
    one = {
        Thing.ATTRIBUTE: _("attribute"), Thing.EVENT_TYPE: _("event"), Thing.SEGMENT: _("segment"), Thing.SIGNAL: _("signal"),
        Thing.BLOCK: _("content block"), Thing.OFFER: _("offer"), Thing.JOURNEY: _("journey"),
    }  # fmt: skip
    many = {
        Thing.ATTRIBUTE: _("attributes"), Thing.EVENT_TYPE: _("events"), Thing.SEGMENT: _("segments"), Thing.SIGNAL: _("signals"),
        Thing.BLOCK: _("content blocks"), Thing.OFFER: _("offers"), Thing.JOURNEY: _("journeys"),
    }  # fmt: skip
    return str(one[thing] if n == 1 else many[thing])


def rows(changes: Iterable[Change], kept: Iterable[str] | None) -> list[dict[str, Any]]:
    """The changes of a file as rows, those that need a decision first; kept: what somebody chose, None at first."""
    said = {"new": _("new"), "same": _("the same"), "changed": _("changed"), "conflict": _("decide")}
    order = {"conflict": 0, "changed": 1, "new": 2, "same": 3}
    return [
        {
            "change": change,
            "kind": thing_name(change.thing),
            "state": said[change.state],
            "tone": TONES[change.state],
            "asked": change.state in ("changed", "conflict"),
            "keep": change.key in kept if kept is not None else change.state == "conflict",
            "lines": [{"text": line, "tone": {"+": "in", "-": "out"}.get(line[:1], "")} for line in change.diff],
        }
        for change in sorted(changes, key=lambda change: order[change.state])
    ]


def digest_of(changes: Iterable[Change]) -> str:
    """A word for what somebody has seen, to notice when something changed meanwhile."""
    seen = repr([(change.key, change.state, change.diff, change.affects) for change in changes])
    return hashlib.sha256(seen.encode()).hexdigest()[:32]


def _language() -> str:
    return "de" if (get_language() or "en").startswith("de") else "en"
