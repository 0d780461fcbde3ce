"""Puts the pages of journeys together: plain values for their templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from consent.purposes.models import Purpose
from contacts.conditions.language import say
from contacts.conditions.rules import say_duration
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from journeys.content.models import Block
from journeys.definitions.layout import Flow, Node, lay_out
from journeys.definitions.models import Journey, Step
from journeys.enrollments.models import Touch
from journeys.enrollments.numbers import StepNumbers
from journeys.enrollments.rules import say_reason
from journeys.steps.registry import say_exit, say_step

NOT_SENT = (Touch.State.SUPPRESSED, Touch.State.EXPIRED, Touch.State.FAILED, Touch.State.UNKNOWN)


@dataclass
class Card:
    """One step on the canvas."""

    key: str
    kind: str
    name: str
    sentence: str
    numbers: StepNumbers
    moved_on: list[tuple[str, int]]
    left: list[tuple[str, int]]
    stopped: list[tuple[str, str, int]]
    sent: int
    not_sent: int
    hints: list[str]


def language() -> str:
    """Say the language of the page, "en" or "de"."""
    return (get_language() or "en")[:2]


def flow(
    steps: Sequence[Step], counted: Mapping[int, StepNumbers], hints: Mapping[int, list[str]], limits: Mapping[str, str]
) -> Flow:
    """Lay the steps of a version out, with their numbers on them."""
    nodes = [
        Node(
            step.pk, in_order(step), _card(step, counted.get(step.pk) or StepNumbers(), hints.get(step.pk, []), limits)
        )
        for step in steps
    ]
    laid = lay_out(nodes)
    _name_exits(laid, {step.pk: step for step in steps})
    return laid


def in_order(step: Step) -> dict[str, int]:
    """Put the ways out of a step in the order of its author; the database keeps them in none."""
    named = [
        *(branch["key"] for branch in step.settings.get("branches", [])),
        *(arm["name"] for arm in step.settings.get("arms", [])),
    ]
    order = {label: place for place, label in enumerate([*named, "next", "timeout", "missing", "otherwise"])}
    return dict(sorted(step.exits.items(), key=lambda way: order.get(way[0], len(order))))


def _card(step: Step, numbers: StepNumbers, hints: list[str], limits: Mapping[str, str]) -> Card:
    sent = sum(numbers.touches[state] for state in (Touch.State.SENT, Touch.State.SENDING))
    stopped = [
        (str(Touch.State(state).label), say_reason(reason, limit=limits.get(reason.removeprefix("cap_"), "")), n)
        for (state, reason), n in numbers.reasons.most_common()
        if state in (Touch.State.HELD, *NOT_SENT)
    ]
    return Card(
        key=step.key,
        kind=step.kind,
        name=step.name,
        sentence=say_step(step, language()),
        numbers=numbers,
        moved_on=[(_say_exit(step, way), n) for way, n in numbers.moved.most_common()],
        left=[(say_reason(reason), n) for reason, n in numbers.left.most_common()],
        stopped=stopped,
        sent=sent,
        not_sent=sum(numbers.touches[state] for state in NOT_SENT),
        hints=hints,
    )


def _name_exits(laid: Flow, steps: Mapping[int, Step]) -> None:
    for item in laid.items:
        for column in item.fork.columns if item.fork else ():
            column.labels = [_say_exit(steps[item.node.id], label) for label in column.labels]
            _name_exits(column.sequence, steps)


def _say_exit(step: Step, label: str) -> str:
    """Name a way out of a step; the plain next step is "on"."""
    return say_exit(step, label, language()) or _("on")


def runs_by(journey: Journey, definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say how a journey runs, one row a rule: who enters, when again, when people leave, how urgent, what for."""
    entry = definition.get("entry") or {}
    rows: list[dict[str, Any]] = [{"name": _("Enters when"), "texts": _entry_texts(entry)}]
    rows.append({"name": _("Again"), "texts": [_reentry_text(entry.get("reentry"))]})
    leaves = [say(rule["when"], language()) for rule in definition.get("exit") or [] if rule.get("when")]
    if definition.get("goal"):
        leaves.insert(0, _("the goal is reached"))
    if definition.get("purpose"):
        leaves.append(_("consent is withdrawn"))
    if definition.get("max_age"):
        leaves.append(_("after %(time)s at the latest") % {"time": say_duration(definition["max_age"], language())})
    rows.append({"name": _("Leaves when"), "texts": leaves or [_("only at the end of the journey")]})
    ahead = (
        Journey.objects.filter(state=Journey.State.LIVE, priority__gt=journey.priority).exclude(pk=journey.pk).count()
    )
    place = (
        ngettext("%(n)s journey goes first", "%(n)s journeys go first", ahead) % {"n": ahead}
        if ahead
        else _("goes first")
    )
    rows.append({"name": _("Priority"), "texts": [f"{journey.priority} · {place}"]})
    purpose = Purpose.objects.filter(slug=definition.get("purpose") or "").first()
    if purpose:
        rows.append({"name": _("Purpose"), "texts": [purpose.name]})
    return rows


def _entry_texts(entry: Mapping[str, Any]) -> list[str]:
    texts = []
    if entry.get("signal"):
        signal = Signal.objects.filter(slug=entry["signal"]).first()
        texts.append(_("signal “%(name)s” fires") % {"name": signal.name if signal else entry["signal"]})
    if entry.get("segment"):
        segment = Segment.objects.filter(slug=entry["segment"]).first()
        texts.append(_("comes into segment “%(name)s”") % {"name": segment.name if segment else entry["segment"]})
    if entry.get("when"):
        texts.append(_("and %(condition)s") % {"condition": say(entry["when"], language())})
    if entry.get("key"):
        texts.append(_("one run for each %(key)s") % {"key": entry["key"]})
    return texts


def _reentry_text(reentry: Any) -> str:
    if reentry == "never":
        return _("never")
    rule = reentry or {"after": "leaving"}
    delay = say_duration(rule["delay"], language()) if rule.get("delay") else ""
    if rule.get("after") == "start":
        return _("%(delay)s after the start") % {"delay": delay} if delay else _("at once after the start")
    return _("%(delay)s after leaving") % {"delay": delay} if delay else _("after leaving")


def content_hints(steps: Sequence[Step]) -> dict[int, list[str]]:
    """Find what is missing in the content that steps send: unknown or unapproved blocks, languages without a text."""
    wanted = {step.pk: step.settings.get("block", "") for step in steps if step.kind == "send"}
    blocks = {
        block.slug: block for block in Block.objects.filter(slug__in=wanted.values()).prefetch_related("variants")
    }
    hints: dict[int, list[str]] = {}
    for step_id, slug in wanted.items():
        block = blocks.get(slug)
        if block is None:
            hints[step_id] = [_("There is no content “%(slug)s”.") % {"slug": slug}]
            continue
        found = []
        if block.state != Block.State.APPROVED:
            found.append(_("“%(name)s” is not approved.") % {"name": block.name})
        there = {variant.language for variant in block.variants.all()}
        names = {"en": _("English"), "de": _("German")}
        found += [
            _("“%(name)s” has no text in %(language)s.") % {"name": block.name, "language": names[code]}
            for code in names
            if code not in there
        ]
        if found:
            hints[step_id] = found
    return hints


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
