"""Every gate at the step where a person stands, and everything that would let them leave."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from consent.purposes.models import Purpose
from consent.records.models import State
from contacts.conditions.language import explain, say
from contacts.conditions.names import named
from contacts.conditions.rules import parse_duration, say_duration
from journeys.definitions.rules import PURPOSE
from journeys.enrollments.models import Enrollment, Transition
from journeys.offers.models import OfferDecision
from journeys.offers.rules import say_decision
from journeys.steps.registry import say_exit, say_step
from orchestrator.kernel.fields import translated
from reporting.explain.gates import Reader
from reporting.explain.why_entry import Why


class Offered(NamedTuple):
    """What an offer step decided for a run. text: why somebody got it, or not."""

    name: str
    text: str
    at: datetime


def explained(condition: dict[str, Any], run: Enrollment, reader: Reader, now: datetime) -> dict[str, Any]:
    """Explain a condition about a run, leaf by leaf."""
    rows = Enrollment.objects.filter(pk=run.pk)
    return explain(
        condition, contact_id=run.contact_id, now=now, language=reader.language, names=reader.names, run=rows
    )


def step_gates(run: Enrollment, offers: Iterable[Offered], reader: Reader, now: datetime) -> list[Why]:
    """Where the person stands, since when, what they wait for, and which way they would go now.

    offers: what offer steps decided for the run so far.
    """
    step = run.step
    if step is None:
        return []
    gates = [Why(_("Stands at"), f"{step.name}: {say_step(step, reader.language, reader.names)}", None, run.arrived_at)]
    if run.due_at:
        text = _("now") if run.due_at <= now else ""  # the time stands beside it
        gates.append(Why(_("Moves on at the latest"), text, run.due_at <= now, run.due_at))
    if "until" in step.settings:
        tree = explained(step.settings["until"], run, reader, now)
        text = say(step.settings["until"], reader.language, reader.names)
        gates.append(Why(_("Goes on as soon as"), text, tree["truth"] is True, tree.get("since"), tree))
    for branch in step.settings.get("branches") or []:
        tree = explained(branch["when"], run, reader, now)
        gates.append(Why(say_exit(step, branch["key"], reader.language, reader.names), "", tree["truth"], None, tree))
    came = Transition.objects.filter(enrollment=run, to_step=step).select_related("from_step").order_by("-seq").first()
    if came and came.from_step:
        way = say_exit(came.from_step, came.exit, reader.language, reader.names)
        text = f"{came.from_step.name}: {way}" if way else came.from_step.name
        gates.append(Why(_("Came from"), text, None, came.at))
    if run.arm:
        gates.append(Why(_("Arm"), _("holdout") if run.arm == "holdout" else run.arm, None))
    return gates + [Why(_("Offer “%(name)s”") % {"name": one.name}, one.text, None, one.at) for one in offers]


def offered_to(runs: Iterable[Enrollment], reader: Reader) -> dict[int, list[Offered]]:
    """What offer steps decided for runs, by the run's id, the oldest first; one statement."""
    found: dict[int, list[Offered]] = {}
    made = OfferDecision.objects.filter(enrollment_id__in=[run.pk for run in runs]).select_related("offer")
    for one in made.order_by("at", "id"):
        said = Offered(one.offer.name, say_decision(one.reason, reader.language), one.at)
        found.setdefault(one.enrollment_id, []).append(said)
    return found


def leave_gates(run: Enrollment, reader: Reader, now: datetime) -> list[Why]:
    """What would let the person leave: goal, exits, consent, age; `passed` means that it holds now."""
    definition = run.version.definition
    gates = []
    if goal := definition.get("goal"):
        tree = explained(goal["when"], run, reader, now)
        name = _("Goal “%(name)s”") % {"name": translated(goal.get("name"))}
        gates.append(
            Why(name, say(goal["when"], reader.language, reader.names), tree["truth"], tree.get("since"), tree)
        )
    for rule in definition.get("exit") or []:
        condition = as_condition(rule)
        tree = explained(condition, run, reader, now)
        name = translated(rule.get("name") or {}) or _("Exit")
        gates.append(Why(name, say(condition, reader.language, reader.names), tree["truth"], tree.get("since"), tree))
    purpose = definition.get("purpose", PURPOSE)
    if purpose != Purpose.SERVICE:
        state = State.objects.filter(contact_id=run.contact_id, purpose__slug=purpose).select_related("record").first()
        withdrawn = bool(state and state.record.decision == "withdrawn" and state.since >= run.entered_at)
        name = {"name": named(reader.names, "purpose", purpose, reader.language)}
        gates.append(Why(_("Consent withdrawn"), _("“%(name)s”") % name, withdrawn, state.since if state else None))
    if "max_age" in definition:
        ends = run.entered_at + parse_duration(definition["max_age"])
        text = say_duration(definition["max_age"], reader.language)
        gates.append(Why(_("Maximum age"), text, ends <= now, ends))
    return gates


def as_condition(rule: dict[str, Any]) -> dict[str, Any]:
    """An exit as a condition about the run."""
    if "event" in rule:
        return {"event": rule["event"], "since": "entry", **({"where": rule["where"]} if "where" in rule else {})}
    if "segment_left" in rule:
        return {"not": {"segment": rule["segment_left"]}}
    if "stage" in rule:
        return {"stage": rule["stage"]}
    return dict(rule["when"])
