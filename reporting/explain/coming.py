"""What happens next to a person in a journey, and when: followed as far as facts of now can tell."""

from datetime import datetime, timedelta
from hashlib import md5
from typing import NamedTuple

from django.db.models import DateTimeField, Value
from django.utils.translation import gettext as _

from contacts.conditions.rules import parse_duration
from journeys.definitions.models import Step
from journeys.enrollments.models import Enrollment
from journeys.steps.base import NEXT
from journeys.steps.dates import moment_of, spread_of
from journeys.steps.local_time import releases_of, spread_time
from journeys.steps.registry import say_exit, say_step
from journeys.steps.sent import WAIT_FOR
from reporting.explain.gates import Reader

MOST = 8
MISSING, PAST, TIMEOUT = "missing", "past", "timeout"  # ways out of a wait


class Coming(NamedTuple):
    """One step to come. at: the earliest time, None when nobody can tell. way: the way that leads there, as of now."""

    name: str
    sentence: str
    at: datetime | None
    way: str


def coming_steps(run: Enrollment, reader: Reader, now: datetime) -> list[Coming]:
    """Follow the flow from where a person stands, the way nothing new would send them, up to a decision or the end.

    A wait for something is followed on its time-out; a branch or a split ends the list, since facts decide there then.
    """
    if run.step is None:
        return []
    steps = {step.pk: step for step in Step.objects.filter(version=run.version)}
    here: Step | None = run.step
    way, at = onward(run.step, run.arrived_at, run, reader.zone)
    if run.due_at and run.due_at > run.arrived_at:  # told already when they go on
        at = run.due_at
    at = max(at, now)
    found: list[Coming] = []
    while here is not None and len(found) < MOST:
        if way is None:
            found.append(Coming(_("then it depends"), say_step(here, reader.language, reader.names), at, ""))
            break
        following = steps.get(here.exits.get(way, 0))
        if following is None:
            break
        label = say_exit(here, way, reader.language, reader.names) if way != NEXT else ""
        found.append(Coming(following.name, say_step(following, reader.language, reader.names), at, label))
        here = following
        way, at = onward(here, at, run, reader.zone)
    return found


def onward(step: Step, at: datetime, run: Enrollment, zone: str) -> tuple[str | None, datetime]:
    """Which way somebody who comes to a step at a time goes on, and when, if nothing new happens; None: facts decide then."""
    settings = step.settings
    if step.kind == "wait":
        return _after_wait(step, at, run, zone)
    if settings.get("then") == "reaction":
        return TIMEOUT, at + parse_duration(settings.get("wait_for", WAIT_FOR))
    if len(set(step.exits.values())) > 1:
        return None, at
    return next(iter(step.exits), NEXT), at


def _after_wait(step: Step, at: datetime, run: Enrollment, zone: str) -> tuple[str, datetime]:
    settings = step.settings
    if "until" in settings:
        return TIMEOUT, at + parse_duration(settings["at_most"])
    if "date" in settings:
        return _after_date(step, at, run)
    releases = releases_of(settings)
    if releases is None:
        return NEXT, at + parse_duration(settings["for"])
    until_at = next(release.at for release in releases(at, at, zone) if release.until > at)
    if until_at <= at:
        return NEXT, at
    return NEXT, until_at + timedelta(
        seconds=share_of(step.key, run.contact_id) * spread_time(settings).total_seconds()
    )


def _after_date(step: Step, at: datetime, run: Enrollment) -> tuple[str, datetime]:
    date = step.settings["date"]
    moment = moment_of(date, Value(at, output_field=DateTimeField()))
    asked = Enrollment.objects.filter(pk=run.pk)
    found = asked.values_list(moment, moment + spread_of(spread_time(step.settings), step.key)).get()
    if found[0] is None:
        return MISSING, at
    if found[0] < at and date["past"] == "leave":
        return PAST, at
    return NEXT, max(at, found[1])


def share_of(salt: str, contact_id: int) -> float:
    """How much of a spread falls to a person, from 0 to 1; the same as in journeys/steps/sql/hold_local.sql."""
    return int(md5(f"{salt}:{contact_id}".encode(), usedforsecurity=False).hexdigest()[:8], 16) % 10_000 / 10_000
