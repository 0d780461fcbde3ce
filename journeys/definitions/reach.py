"""Messages that can never go out, or never when they are meant to: limits, quiet hours, validity."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import time, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext

from consent.limits.models import Limit
from consent.limits.queries import closed_limits, endless_quiet, quiet_windows
from consent.purposes.models import Purpose
from contacts.conditions.rules import parse_duration
from journeys.definitions.rules import PURPOSE
from journeys.steps.base import EXPIRES
from journeys.steps.registry import kind_of

DAY = 24 * 60  # minutes
Window = tuple[time, time]


class Silence(NamedTuple):
    """Why a message never goes out, and where the rule is that says so."""

    step: dict[str, Any]
    text: str
    rule: str = ""


def silent_steps(definition: Mapping[str, Any], channels_of: Mapping[str, str]) -> Iterator[Silence]:
    """Find messages that the team's own rules would never let out, each with the reason; service messages know none.

    channels_of: the channel of content, by its short name.
    """
    known = list(Purpose.objects.values_list("slug", "parent__slug", "enforcement"))
    parents, free = {one: parent for one, parent, _ in known}, {one for one, _, rule in known if rule == "none"}
    steps = definition.get("steps") or []
    sends = [step for step in steps if "expires" in kind_of(step["kind"]).keys]  # what proposes messages
    purposes = [(step, step.get("purpose") or definition.get("purpose", PURPOSE)) for step in sends]
    marketing = [(step, purpose) for step, purpose in purposes if purpose not in free]
    if not marketing:
        return
    closed = closed_limits()
    channels = {step["key"]: _channel(step, channels_of) for step, _ in marketing}
    endless = {channel: endless_quiet(channel) for channel in sorted(set(channels.values()))}
    windows = cache(quiet_windows)  # a statement a channel, however many steps there are
    for step, purpose in marketing:
        channel = channels[step["key"]]
        for limit in closed:
            if _stops_all(limit, channel, {purpose, parents.get(purpose)}, definition.get("phase", "")):
                text = gettext("The limit “%(limit)s” allows none: this is never sent.") % {"limit": limit.name}
                yield Silence(step, text, reverse("rule_edit", args=["limits", limit.pk]))
        if endless[channel]:
            text = gettext("Quiet hours cover the whole day: this is never sent.")
            yield Silence(step, text, reverse("contact_rules"))
        elif before := _window_before(step, steps):
            rest = quiet_rest(before, windows(channel))
            if rest and parse_duration(step.get("expires", EXPIRES)) < rest:
                text = gettext(
                    "The wait before it ends in quiet hours, and it expires before they are over: never sent."
                )
                yield Silence(step, text, reverse("contact_rules"))


def _channel(step: Mapping[str, Any], channels_of: Mapping[str, str]) -> str:
    return str(step.get("channel") or channels_of.get(str(step.get("block")), "email"))


def _stops_all(limit: Limit, channel: str, purposes: Collection[str | None], phase: str) -> bool:
    """Whether a limit of nothing holds for a message whoever it is for, and no other channel can take it over."""
    if limit.who or limit.per == Limit.Per.ACCOUNT:
        return False
    moves = limit.channel and limit.overflow == Limit.Overflow.NEXT
    fits = limit.channel in ("", channel) and limit.phase in ("", phase)
    return not moves and fits and (not limit.purpose or limit.purpose in purposes)


def quiet_rest(window: Window, quiet: Sequence[Window]) -> timedelta | None:
    """How long it is quiet from the end of a local window on, when all of the window is quiet; else None."""
    first, last = (_minute(at) for at in window)
    length = (last - first) % DAY
    if not all(any(_inside((first + n) % DAY, one) for one in quiet) for n in range(length + 1)):
        return None
    minutes = 0
    while minutes < DAY and any(_inside((last + minutes) % DAY, one) for one in quiet):
        minutes += 1
    return timedelta(minutes=minutes)


def _window_before(step: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Window | None:
    """The local window of the wait that leads straight to a step."""
    for place, before in enumerate(steps):
        follows = place + 1 < len(steps) and steps[place + 1] is step
        leads = before["next"] == step["key"] if "next" in before else follows
        window = before.get("window")
        if leads and isinstance(window, dict) and "from" in window:
            opens = time.fromisoformat(window["from"])
            return opens, time.fromisoformat(window["to"] if "to" in window else window["from"])
    return None


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _inside(minute: int, window: Window) -> bool:
    starts, ends = (_minute(at) for at in window)
    if starts == ends:  # the arbiter leaves it out: it would never end
        return False
    return starts <= minute < ends if starts < ends else minute >= starts or minute < ends
