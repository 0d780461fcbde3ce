"""Says where a person stands in one journey: since when, what comes next and when, and why it is so."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contacts.conditions.evidence import say_evidence
from contacts.conditions.language import say
from contacts.conditions.names import named, spaced
from journeys.content.rules import CHANNEL_NAMES
from journeys.definitions.entry import entry_texts, leave_texts
from journeys.definitions.models import Step
from journeys.enrollments.models import Enrollment
from journeys.enrollments.rules import say_reason
from journeys.steps.registry import kind_of, say_exit, say_step
from orchestrator.arbiter.models import Verdict
from orchestrator.kernel.fields import translated
from reporting.explain import rules
from reporting.explain.coming import TIMEOUT
from reporting.explain.gates import Reader, say_gates
from reporting.templatetags.figures import short_at


def one_run(
    row: Enrollment, coming: dict[int, Step], verdict: Verdict | None, reader: Reader, now: datetime
) -> dict[str, Any]:
    """Say one open run. coming: the steps that can be next, by id; verdict: the newest on a message of this run."""
    step = row.step
    return {
        "slug": row.journey.slug,
        "name": row.journey.name,
        "phase": row.journey.phase,
        "paused": row.journey.state == "paused",
        "step": step.name if step else "",
        "since": row.entered_at,
        "holdout": row.arm == "holdout",
        "next": _next(row, step, coming, reader, now) if step else [],
        "why": _why(row, step, reader),
        "verdict": said_verdict(verdict, reader) if verdict else None,
    }


def _next(row: Enrollment, step: Step, coming: dict[int, Step], reader: Reader, now: datetime) -> list[tuple[str, str]]:
    """What comes next in the person's terms: (when, what) for each way out of a wait; else the possible steps, now."""
    due = now if row.due_at is None or row.due_at <= now else row.due_at
    at_time = _("now") if due == now else _("on %(time)s") % {"time": short_at(due, reader.zone)}
    ways = {label: _deed(coming[to], reader) for label, to in step.exits.items() if to in coming}
    until = step.settings.get("until") if step.kind == "wait" else None
    if not until and due > now and kind_of(step.kind).goes_early(step.settings) and len(set(ways.values())) > 1:
        return [(_way(step, label, at_time, reader), what) for label, what in ways.items()]
    if not until:
        return [(at_time, what) for what in dict.fromkeys(ways.values())]
    early = _("as soon as %(condition)s") % {"condition": say(until, reader.language, reader.names)}
    if len(set(ways.values())) == 1:
        return [(_("%(early)s, at the latest %(time)s") % {"early": early, "time": at_time}, next(iter(ways.values())))]
    whens = {"next": early, "timeout": _("otherwise %(time)s") % {"time": at_time}}
    return [(whens[label], what) for label, what in sorted(ways.items()) if label in whens]


def _way(step: Step, label: str, at_time: str, reader: Reader) -> str:
    """When somebody goes a way out of a step at which they wait for what becomes of a message."""
    said = say_exit(step, label, reader.language, reader.names)
    return f"{said} ({at_time})" if label == TIMEOUT else said


def _deed(step: Step, reader: Reader) -> str:
    """What a step does with a person."""
    if step.kind == "send":
        name = named(reader.names, "block", step.settings.get("block", ""), reader.language)
        channel = translated(CHANNEL_NAMES[step.settings.get("channel", "email")], reader.language)
        return _("%(channel)s “%(name)s”") % {"channel": channel, "name": name}
    if step.kind == "survey":
        return _("Survey “%(name)s”") % {"name": step.name}
    if step.kind == "handover":
        return _("handover to “%(team)s”") % {"team": spaced(step.settings.get("team", ""))}
    if step.kind == "end":
        return _("end: %(name)s") % {"name": step.name}
    return step.name


def _why(row: Enrollment, step: Step | None, reader: Reader) -> list[tuple[str, list[str]]]:
    """Why the person is in this journey, at this step, and what would let them leave."""
    definition = row.version.definition
    entry = entry_texts(definition.get("entry") or {}, reader.names)
    seen = say_evidence(row.evidence or {}, None, reader.language, reader.names)
    properties = rules.say_properties((row.evidence or {}).get("properties") or {})
    came = [*entry, *([_("seen: %(what)s") % {"what": " · ".join(filter(None, [seen, properties]))}] if seen else [])]
    rows = [(_("Enters when"), came)]
    if step:
        rows.append((_("Stands at"), [f"{step.name}: {say_step(step, reader.language, reader.names)}"]))
    rows.append((_("Leaves when"), leave_texts(definition, reader.names)))
    return rows


def said_verdict(verdict: Verdict, reader: Reader) -> dict[str, Any]:
    """Say one verdict with all its gates."""
    code = verdict.reason
    return {
        "id": verdict.pk,
        "at": verdict.at,
        "message": verdict.touch.block.name,
        "outcome": str(Verdict.Outcome(verdict.outcome).label),
        "tone": rules.TONES[verdict.outcome],
        "reason": say_reason(code, limit=reader.limits.get(code.removeprefix("cap_"), "")),
        "gates": say_gates(verdict.gates or {}, reader),
    }
