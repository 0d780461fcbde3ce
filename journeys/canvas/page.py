"""Puts the pages of journeys together: plain values for their templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.limits.models import Limit
from consent.limits.queries import holdout_sizes
from contacts.conditions.names import Names, named
from journeys.canvas.drawing import Card, language
from journeys.canvas.layout import Flow
from journeys.definitions.entry import entry_name, entry_texts, kpi_texts, leave_texts, limit_texts, reentry_text
from journeys.definitions.models import Journey, Step, Version
from journeys.definitions.rules import PURPOSE
from journeys.enrollments import numbers
from journeys.enrollments.models import Touch
from journeys.enrollments.numbers import Entries, StepNumbers
from journeys.enrollments.rules import say_reason

DAYS = 30
NOT_SENT = (Touch.State.SUPPRESSED, Touch.State.EXPIRED, Touch.State.FAILED, Touch.State.UNKNOWN)
TIMED = ("wait", "send", "survey", "webhook", "handover")  # kinds at which people may stay


@dataclass
class Live:
    """The numbers of one step of the live version. share: of those who are in the journey now, 0 to 1."""

    counted: StepNumbers
    stay: timedelta | None = None  # the median
    left: list[tuple[str, int]] = field(default_factory=list)
    stopped: list[tuple[str, str, int]] = field(default_factory=list)
    sent: int = 0
    not_sent: int = 0
    share: float = 0.0


def live_numbers(version: Version | None, *, now: datetime) -> dict[str, Live]:
    """Count what happened at the steps of a published version, by their keys."""
    if version is None:
        return {}
    steps = list(Step.objects.filter(version=version))
    counted = numbers.numbers_by_step(journey_id=version.journey_id)
    timed = [step.pk for step in steps if step.kind in TIMED]
    stays = numbers.median_stays(journey_id=version.journey_id, step_ids=timed, since=now - timedelta(days=DAYS))
    limits = {limit.slug: limit.name for limit in Limit.objects.all()}
    most = max((counted[step.pk].here for step in steps if step.pk in counted), default=0)
    return {step.key: _live(counted.get(step.pk) or StepNumbers(), stays.get(step.pk), limits, most) for step in steps}


def held_out(slug: str) -> list[dict[str, Any]]:
    """The groups that are held out of a journey now, each with how many people are in it."""
    return [
        {"name": row.name, "members": members, "walks": row.walks, "everywhere": not row.journey}
        for row, members in holdout_sizes(journey=slug)
    ]


def _live(counted: StepNumbers, stay: timedelta | None, limits: Mapping[str, str], most: int) -> Live:
    stopped = [
        (str(Touch.State(state).label), say_reason(reason, limit=limits.get(reason.removeprefix("cap_"), "")), n)
        for (state, reason), n in counted.reasons.most_common()
        if state in (Touch.State.HELD, *NOT_SENT)
    ]
    return Live(
        counted=counted,
        stay=stay,
        left=[(say_reason(reason), n) for reason, n in counted.left.most_common()],
        stopped=stopped,
        sent=sum(counted.touches[state] for state in (Touch.State.SENT, Touch.State.SENDING)),
        not_sent=sum(counted.touches[state] for state in NOT_SENT),
        share=counted.here / most if most else 0.0,
    )


def put_numbers(flow: Flow, lost: Sequence[Card], live: Mapping[str, Live]) -> None:
    """Put the numbers onto the cards of a flow."""
    for item in flow.items:
        item.node.content.numbers = live.get(item.node.content.key)
        for column in item.fork.columns if item.fork else ():
            put_numbers(column.sequence, (), live)
    for card in lost:
        card.numbers = live.get(card.key)


def short_numbers(live: Mapping[str, Live]) -> dict[str, list[tuple[str, int]]]:
    """The numbers for the cards of a draft: names and numbers of each step."""
    return {
        key: [
            (_("arrived"), one.counted.arrived),
            (_("here"), one.counted.here),
            (_("moved on"), one.counted.moved_on),
            (_("left"), one.counted.left_here),
        ]
        for key, one in live.items()
    }


def versions_of(journey: Journey) -> list[dict[str, Any]]:
    """The published versions of a journey, the newest first, for the switch."""
    found = journey.versions.exclude(published_at=None).order_by("-number").only("number", "published_at")
    return [
        {"number": one.number, "at": one.published_at, "live": one.pk == journey.live_version_id} for one in found[:50]
    ]


def entry_card(definition: Mapping[str, Any], entries: Entries, names: Names) -> dict[str, Any]:
    """Put the entry as the first card of the flow: what lets people in, and how many came."""
    entry = definition.get("entry") or {}
    return {
        "name": entry_name(entry, names) or _("Entry"),
        "sentence": _("Enters when %(rule)s") % {"rule": ", ".join(entry_texts(entry, names))},
        "entered": entries.all,
        "today": entries.recent,
    }


def runs_by(journey: Journey, definition: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """Say how a journey runs, one row a rule: who enters, when again, when people leave, how urgent, what for."""
    entry = definition.get("entry") or {}
    rows = [
        {"name": _("Enters when"), "texts": entry_texts(entry, names)},
        {"name": _("Again"), "texts": [reentry_text(entry), *limit_texts(entry)]},
        {"name": _("Leaves when"), "texts": leave_texts(definition, names)},
    ]
    priority = int(definition.get("priority", journey.priority))
    ahead = Journey.objects.filter(state=Journey.State.LIVE, priority__gt=priority).exclude(pk=journey.pk).count()
    place = ngettext("%(n)s journey goes first", "%(n)s journeys go first", ahead) if ahead else _("goes first")
    rows.append({"name": _("Priority"), "texts": [f"{priority} · {place % {'n': ahead} if ahead else place}"]})
    purpose = named(names, "purpose", definition.get("purpose", PURPOSE), language())
    rows.append({"name": _("Purpose"), "texts": [purpose]})
    return [*rows, *([{"name": _("Measured by"), "texts": kpis}] if (kpis := kpi_texts(definition)) else [])]
