"""Why, or why not: one person and one journey, every gate of entry, step, leaving and message with its value and time."""

from datetime import datetime
from typing import Any

from django.db import OperationalError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.attributes.queries import definitions
from contacts.conditions.language import depends_on
from contacts.conditions.names import load_names
from contacts.profiles.models import Contact
from journeys.definitions.models import Journey, Step
from journeys.definitions.ways import conditions_in
from journeys.enrollments.models import Enrollment, Refusal
from journeys.enrollments.rules import say_reason
from journeys.steps.registry import say_step
from orchestrator.arbiter.models import Verdict
from reporting.dashboards.queries import limit_names
from reporting.explain import queries, runs
from reporting.explain.coming import coming_steps
from reporting.explain.dry_run import verdict_now
from reporting.explain.gates import Reader, say_gates
from reporting.explain.why_entry import entry_gates
from reporting.explain.why_run import leave_gates, offered_to, step_gates

MOST_REFUSALS = 10


def why_page(contact: Contact, journey: Journey, *, now: datetime, sensitive: bool) -> dict[str, Any]:
    """Collect everything that explains where a person stands towards a journey. sensitive: whether such values are shown."""
    reader = Reader(contact.time_zone, (get_language() or "en")[:2], load_names(), limit_names())
    past = Enrollment.objects.filter(contact=contact, journey=journey).select_related("step", "version", "journey")
    found = list(past.order_by("left_at", "-entered_at"))  # Postgres puts those still open last
    open_runs = [run for run in found if run.left_at is None]
    run = open_runs[0] if open_runs else None
    version = run.version if run else journey.live_version
    definition = version.definition if version else {}
    hidden = not sensitive and _names_sensitive(definition)
    entry = [] if hidden else entry_gates(contact, journey, definition, found, reader, now)
    offers = offered_to(found, reader)
    stops = next((gate for gate in entry if gate.passed is False), None)
    return {
        "contact": contact,
        "journey": journey,
        "zone": contact.time_zone,
        "run": run,
        "other_runs": open_runs[1:],
        "past_runs": [
            {"run": one, "reason": say_reason(one.reason), "offers": offers.get(one.pk, [])}
            for one in found
            if one.left_at
        ],
        "hidden": hidden,
        "sentence": _sentence(contact, run, journey, stops, reader),
        "entry": entry,
        "step": step_gates(run, offers.get(run.pk, []), reader, now) if run and not hidden else [],
        "leaving": leave_gates(run, reader, now) if run and not hidden else [],
        "refusals": _refusals(contact, journey),
        "coming": coming_steps(run, reader, now) if run and not hidden else [],
        **_message(contact, journey, run, version, reader, now),
        "verdicts": _verdicts(contact, journey, reader),
    }


def _names_sensitive(definition: dict[str, Any]) -> bool:
    kept = {key for key, one in definitions().items() if one.sensitive}
    return any(kept & depends_on(part).attributes for _step, part in conditions_in(definition)) if kept else False


def _sentence(contact: Contact, run: Enrollment | None, journey: Journey, stops: Any, reader: Reader) -> str:
    """The answer in one sentence."""
    told = {"person": contact.name, "journey": journey.name}
    if run and run.step:
        what = {**told, "step": run.step.name, "does": say_step(run.step, reader.language, reader.names)}
        if run.arm == "holdout":
            return _("%(person)s is in “%(journey)s” at “%(step)s”, held out: measured, never contacted.") % what
        return _("%(person)s is in “%(journey)s” at “%(step)s”: %(does)s.") % what
    if stops:
        return _("%(person)s is not in “%(journey)s”: %(gate)s, %(text)s.") % {
            **told,
            "gate": stops.name,
            "text": stops.text,
        }
    return _("%(person)s is not in “%(journey)s”, and nothing stands in the way: the next trigger lets them in.") % told


def _refusals(contact: Contact, journey: Journey) -> list[dict[str, Any]]:
    rows = Refusal.objects.filter(contact=contact, journey=journey).order_by("-at", "-id")[:MOST_REFUSALS]
    return [{"at": row.at, "key": row.key, "reason": say_reason(row.reason), "details": row.details} for row in rows]


def _message(
    contact: Contact, journey: Journey, run: Enrollment | None, version: Any, reader: Reader, now: datetime
) -> dict[str, Any]:
    """What the arbiter would say to the next message of this journey, asked now."""
    sends = Step.objects.filter(version=version, settings__has_keys=["block_id", "channel", "purpose"])
    here = run.step.position if run and run.step else 0
    step = sends.filter(position__gte=here).order_by("position").first() or sends.order_by("position").first()
    if step is None:
        return {"message": None}
    try:
        answer = verdict_now(
            contact_id=contact.pk, journey=journey, step=step.version.steps.get(pk=step.pk), run=run, now=now
        )
    except OperationalError:
        return {"message": {"name": step.name, "busy": True}}
    reason = say_reason(answer.reason, limit=reader.limits.get(answer.reason.removeprefix("cap_"), ""))
    return {
        "message": {
            "name": step.name,
            "outcome": str(Verdict.Outcome(answer.outcome).label),
            "tone": queries.rules.TONES[answer.outcome],
            "reason": reason,
            "hold_until": answer.hold_until,
            "gates": say_gates(answer.gates, reader),
        }
    }


def _verdicts(contact: Contact, journey: Journey, reader: Reader) -> list[dict[str, Any]]:
    """The newest decisions on messages of this journey."""
    rows = Verdict.objects.filter(contact=contact, touch__journey=journey).select_related("touch__block")
    return [runs.said_verdict(row, reader) for row in rows.order_by("-at", "-id")[:MOST_REFUSALS]]
