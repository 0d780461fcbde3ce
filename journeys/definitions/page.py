"""Puts the pages of journeys together: plain values for their templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from consent.purposes.models import Purpose
from contacts.conditions.language import say
from contacts.conditions.names import Names, named, spaced
from contacts.conditions.rules import say_duration
from journeys.definitions.checklist import Hint
from journeys.definitions.layout import Flow, Node, lay_out
from journeys.definitions.models import Journey, Step
from journeys.definitions.rules import PURPOSE
from journeys.enrollments.models import Touch
from journeys.enrollments.numbers import Entries, StepNumbers
from journeys.enrollments.rules import say_reason
from journeys.steps.registry import say_exit, say_step
from orchestrator.kernel.fields import translated

NOT_SENT = (Touch.State.SUPPRESSED, Touch.State.EXPIRED, Touch.State.FAILED, Touch.State.UNKNOWN)


@dataclass
class Card:
    """One step on the canvas."""

    key: str
    kind: str
    name: str
    sentence: str
    numbers: StepNumbers
    stay: timedelta | None  # the median, of waits only
    left: list[tuple[str, int]]
    stopped: list[tuple[str, str, int]]
    sent: int
    not_sent: int
    hints: list[str]


def language() -> str:
    """Say the language of the page, "en" or "de"."""
    return (get_language() or "en")[:2]


@dataclass
class Shown:
    """What is known about the steps of a journey: numbers, stays, hints by step, and names of limits and of things."""

    counted: Mapping[int, StepNumbers]
    stays: Mapping[int, timedelta]
    hints: Sequence[Hint]
    limits: Mapping[str, str]
    names: Names


def flow(steps: Sequence[Step], shown: Shown) -> Flow:
    """Lay the steps of a version out, with their numbers on them."""
    laid = lay_out([Node(step.pk, in_order(step), _card(step, shown)) for step in steps])
    _name_exits(laid, {step.pk: step for step in steps}, shown.names)
    return laid


def in_order(step: Step) -> dict[str, int]:
    """Put the ways out of a step in the order of its author; the database keeps them in none."""
    named = [
        *(branch["key"] for branch in step.settings.get("branches", [])),
        *(arm["name"] for arm in step.settings.get("arms", [])),
    ]
    order = {label: place for place, label in enumerate([*named, "next", "timeout", "missing", "otherwise"])}
    return dict(sorted(step.exits.items(), key=lambda way: order.get(way[0], len(order))))


def _card(step: Step, shown: Shown) -> Card:
    numbers = shown.counted.get(step.pk) or StepNumbers()
    stopped = [
        (str(Touch.State(state).label), say_reason(reason, limit=shown.limits.get(reason.removeprefix("cap_"), "")), n)
        for (state, reason), n in numbers.reasons.most_common()
        if state in (Touch.State.HELD, *NOT_SENT)
    ]
    return Card(
        key=step.key,
        kind=step.kind,
        name=step.name,
        sentence=say_step(step, language(), shown.names),
        numbers=numbers,
        stay=shown.stays.get(step.pk),
        left=[(say_reason(reason), n) for reason, n in numbers.left.most_common()],
        stopped=stopped,
        sent=sum(numbers.touches[state] for state in (Touch.State.SENT, Touch.State.SENDING)),
        not_sent=sum(numbers.touches[state] for state in NOT_SENT),
        hints=[hint.text for hint in shown.hints if hint.step and hint.step.pk == step.pk],
    )


def _name_exits(laid: Flow, steps: Mapping[int, Step], names: Names) -> None:
    for item in laid.items:
        for column in item.fork.columns if item.fork else ():
            column.labels = [_say_exit(steps[item.node.id], label, names) for label in column.labels]
            _name_exits(column.sequence, steps, names)


def _say_exit(step: Step, label: str, names: Names) -> str:
    """Name a way out of a step; the plain next step is "on"."""
    return say_exit(step, label, language(), names) or _("on")


def entry_card(definition: Mapping[str, Any], entries: Entries, names: Names) -> dict[str, Any]:
    """Put the entry as the first card of the flow: what lets people in, and how many came."""
    entry = definition.get("entry") or {}
    kind = "signal" if entry.get("signal") else "segment"
    texts = [_say_trigger(entry, names), *_entry_limits(entry, names)]
    return {
        "name": named(names, kind, entry.get(kind, ""), language()),
        "sentence": _("Enters when %(rule)s") % {"rule": ", ".join(texts)},
        "entered": entries.all,
        "today": entries.recent,
    }


def runs_by(journey: Journey, definition: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """Say how a journey runs, one row a rule: who enters, when again, when people leave, how urgent, what for."""
    entry = definition.get("entry") or {}
    rows = [
        {"name": _("Enters when"), "texts": entry_texts(entry, names)},
        {"name": _("Again"), "texts": [_reentry_text(entry.get("reentry"))]},
        {"name": _("Leaves when"), "texts": leave_texts(definition, names)},
    ]
    ahead = (
        Journey.objects.filter(state=Journey.State.LIVE, priority__gt=journey.priority).exclude(pk=journey.pk).count()
    )
    place = (
        ngettext("%(n)s journey goes first", "%(n)s journeys go first", ahead) % {"n": ahead}
        if ahead
        else _("goes first")
    )
    rows.append({"name": _("Priority"), "texts": [f"{journey.priority} · {place}"]})
    purpose = named(names, "purpose", definition.get("purpose", PURPOSE), language())
    return [*rows, {"name": _("Purpose"), "texts": [purpose]}]


def entry_texts(entry: Mapping[str, Any], names: Names) -> list[str]:
    """Say what lets people in, one text a rule."""
    texts = [_say_trigger(entry, names), *_entry_limits(entry, names)]
    if entry.get("key"):
        texts.append(_("one run for each %(key)s") % {"key": spaced(entry["key"])})
    return texts


def _say_trigger(entry: Mapping[str, Any], names: Names) -> str:
    if entry.get("segment"):
        return _("comes into segment “%(name)s”") % {"name": named(names, "segment", entry["segment"], language())}
    return _("signal “%(name)s” fires") % {"name": named(names, "signal", entry.get("signal", ""), language())}


def _entry_limits(entry: Mapping[str, Any], names: Names) -> list[str]:
    return [_("and %(condition)s") % {"condition": say(entry["when"], language(), names)}] if entry.get("when") else []


def leave_texts(definition: Mapping[str, Any], names: Names) -> list[str]:
    """Say what lets people leave before the end, one text a rule."""
    texts = [say(rule["when"], language(), names) for rule in definition.get("exit") or [] if rule.get("when")]
    if goal := definition.get("goal"):
        told = {"name": translated(goal.get("name"), language()), "rule": say(goal["when"], language(), names)}
        texts.insert(0, _("the goal “%(name)s” is reached: %(rule)s") % told)
    purpose = definition.get("purpose", PURPOSE)
    if purpose != Purpose.SERVICE:  # a contract is not withdrawn
        texts.append(_("consent to “%(name)s” is withdrawn") % {"name": named(names, "purpose", purpose, language())})
    if definition.get("max_age"):
        texts.append(_("after %(time)s at the latest") % {"time": say_duration(definition["max_age"], language())})
    return texts or [_("only at the end of the journey")]


def _reentry_text(reentry: Any) -> str:
    if reentry == "never":
        return _("never")
    rule = reentry or {"after": "leaving"}
    delay = say_duration(rule["delay"], language()) if rule.get("delay") else ""
    if rule.get("after") == "start":
        return _("%(delay)s after the start") % {"delay": delay} if delay else _("at once after the start")
    return _("%(delay)s after leaving") % {"delay": delay} if delay else _("after leaving")


def whereabouts(enrollments: Sequence[Any], now: datetime) -> list[dict[str, Any]]:
    """Put enrollments as rows: who, at which step, since when, what is due when."""
    return [
        {
            "contact_id": row.contact_id,
            "contact": row.contact.name,
            "zone": row.contact.time_zone,
            "step": row.step.name if row.step else "",
            "since": row.arrived_at,
            "due_at": row.due_at,
            "due_now": row.due_at is not None and row.due_at <= now,
            "holdout": row.arm == "holdout",
        }
        for row in enrollments
    ]
