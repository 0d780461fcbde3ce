"""Puts the page of the day together: plain values for its template."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.definitions.models import Journey
from journeys.enrollments import numbers
from journeys.enrollments.rules import say_reason
from journeys.versions.queries import waiting_requests
from orchestrator.arbiter.models import Verdict
from orchestrator.kernel.fields import translated
from reporting.dashboards import figures, queries, rules
from reporting.kpis import queries as kpis
from reporting.kpis.rules import SECOND_FIGURES, Metric, change, second_figure

SPARK_DAYS = 30
VERDICT_DAYS = 7


def today(*, now: datetime, span: str) -> dict[str, Any]:
    """Collect everything that the page of the day shows. span: a key of rules.RANGES."""
    last = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).date()
    length = rules.RANGES[span]
    first = last - timedelta(days=length)
    phases = kpis.phase_values(first=first, last=last)
    metrics = (Metric.PEOPLE, Metric.ENTERED, Metric.GOALS)
    values = kpis.journey_values(first=min(first, last - timedelta(days=SPARK_DAYS)), last=last, metrics=metrics)
    journeys = queries.shown_journeys()
    waiting = queries.needs(now=now)
    return {
        "span": span,
        "spans": [("7d", _("7 d")), ("30d", _("30 d")), ("quarter", _("Quarter"))],
        "phases": [_phase_card(phase, phases, first, last) for phase in Phase],
        "journeys": _journey_rows(journeys, values, waiting, now - timedelta(days=length), first, last),
        "verdicts": _verdict_rows(queries.verdicts(since=now - timedelta(days=VERDICT_DAYS))),
        "needs": [*_approval_rows(), *_need_rows(waiting, journeys)],
        "figure": _figure(values, first, last),
        "now": now,
    }


def _phase_card(phase: Phase, values: Any, first: date, last: date) -> dict[str, Any]:
    people = values.get((phase, Metric.PEOPLE), {})
    at_start = people.get(first, 0.0)
    within = {m: rules.sum_since(values.get((phase, m), {}), first + timedelta(days=1)) for m in Metric}
    second = second_figure(
        phase,
        at_start=at_start,
        arrived=within[Metric.ARRIVED],
        moved_on=within[Metric.MOVED_ON],
        moved_back=within[Metric.MOVED_BACK],
    )
    return {
        "phase": phase.value,
        "name": translated(PHASE_NAMES[phase]),
        "people": int(people.get(last, 0)),
        "change": change(people.get(last, 0.0), at_start),
        "second": second,
        "second_name": translated(SECOND_FIGURES[phase]),
    }


def _journey_rows(
    journeys: Sequence[Journey], values: Any, waiting: Any, since: datetime, first: date, last: date
) -> list[dict[str, Any]]:
    counted = numbers.runs(since=since)
    days = rules.days_between(last - timedelta(days=SPARK_DAYS), last)
    troubled = {journey: n for what, n, journey in waiting if journey}
    rows = []
    for journey in journeys:
        run = counted.get(journey.pk, numbers.Run())
        people = values.get((journey.pk, Metric.PEOPLE), {})
        goal = journey.live_version.definition.get("goal") if journey.live_version else None
        rows.append(
            {
                "slug": journey.slug,
                "name": journey.name,
                "phase": journey.phase,
                "phase_name": journey.phase_name,
                "paused": journey.state == Journey.State.PAUSED,
                "here": run.here,
                "entered": run.entered + run.held_out,
                "goal": translated((goal or {}).get("name")),
                "rate": run.rate if goal else None,
                "uplift": run.uplift if goal else None,
                "spark": rules.sparkline(rules.series(people, days)),
                "trouble": troubled.get(journey.pk, 0),
            }
        )
    return rows


def _verdict_rows(counted: Sequence[tuple[str, str, int]]) -> list[dict[str, Any]]:
    most = max((n for *_rest, n in counted), default=0)
    limits = queries.limit_names() if any(r.startswith("cap_") for _o, r, _n in counted) else {}
    ordered = sorted(counted, key=lambda row: (rules.OUTCOME_ORDER.index(row[0]), -row[2]))
    return [
        {
            "outcome": Verdict.Outcome(outcome).label,
            "sentence": say_reason(reason, limit=limits.get(reason.removeprefix("cap_"), "")),
            "count": n,
            "percent": round(100 * n / most, 1),
            "tone": rules.OUTCOME_TONES[outcome],
        }
        for outcome, reason, n in ordered
    ]


def _need_rows(waiting: Sequence[tuple[str, int, int | None]], journeys: Sequence[Journey]) -> list[dict[str, Any]]:
    named = {journey.pk: journey for journey in journeys}
    rows = []
    for what, n, journey_id in waiting:
        journey = named.get(journey_id or 0)
        slug, name = (journey.slug, journey.name) if journey else ("", "")
        text = (journey.brake_sentence if journey and what == "braked" else "") or _say_need(what, n)
        rows.append(
            {
                "what": what,
                "icon": _NEED_ICONS[what],
                "text": text,
                "journey": name,
                "slug": slug,
                "url": reverse("operations") if what in _IN_OPERATIONS else "",
            }
        )
    return rows


def _approval_rows() -> list[dict[str, Any]]:
    """Drafts whose publishing waits for a second person, the oldest request first."""
    rows = []
    for draft in waiting_requests():
        asked = draft.requested_by
        told = {"name": (asked.get_full_name() or asked.get_username()) if asked else "", "n": draft.number}
        text = _("%(name)s asks to publish version %(n)s") % told
        names = {"journey": draft.journey.name, "slug": draft.journey.slug, "approve": True}
        rows.append({"what": "approval", "icon": "check", "text": text, **names})
    return rows


_IN_OPERATIONS = ("stopped", "failed", "unknown")
_NEED_ICONS = {
    "stopped": "warning",
    "overdue": "handover",
    "waiting": "handover",
    "held": "clock",
    "content": "content",
    "failed": "warning",
    "unknown": "warning",
    "braked": "warning",
}


def _say_need(what: str, n: int) -> str:
    texts = {
        "stopped": ngettext("Sending is stopped", "Sending is stopped in %(n)s channels", n),
        "overdue": ngettext("%(n)s handover is overdue", "%(n)s handovers are overdue", n),
        "waiting": ngettext("%(n)s handover waits for an answer", "%(n)s handovers wait for an answer", n),
        "held": ngettext("%(n)s message is held for more than a day", "%(n)s messages are held for more than a day", n),
        "content": ngettext("%(n)s message has no content", "%(n)s messages have no content", n),
        "failed": ngettext("%(n)s message failed in 7 days", "%(n)s messages failed in 7 days", n),
        "braked": ngettext("%(n)s journey stopped by itself", "%(n)s journeys stopped by themselves", n),
        "unknown": ngettext(
            "%(n)s message: nobody knows whether it arrived", "%(n)s messages: nobody knows whether they arrived", n
        ),
    }
    return texts[what] % {"n": n}


def _figure(values: Any, first: date, last: date) -> dict[str, Any]:
    days = rules.days_between(first + timedelta(days=1), last)
    totals: dict[str, list[float]] = {Metric.ENTERED: [0.0] * len(days), Metric.GOALS: [0.0] * len(days)}
    for (_journey, metric), found in values.items():
        if metric in totals:
            totals[metric] = [a + b for a, b in zip(totals[metric], rules.series(found, days), strict=True)]
    return figures.entries_and_goals(days, totals[Metric.ENTERED], totals[Metric.GOALS])


def journey_results(journey: Journey, *, now: datetime, days: int = 30) -> dict[str, Any]:
    """Collect what came of a journey: entries and goals per day, the groups, who left and who was not taken in, and why."""
    last = now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).date()
    span, since = rules.days_between(last - timedelta(days=days - 1), last), now - timedelta(days=days)
    metrics = (Metric.ENTERED, Metric.GOALS, Metric.SENT, Metric.CLICKED)
    values = kpis.journey_values(first=span[0], last=last, metrics=metrics, journey_id=journey.pk)
    found = {metric: values.get((journey.pk, metric), {}) for metric in metrics}
    entered, goals = (rules.series(found[metric], span) for metric in (Metric.ENTERED, Metric.GOALS))
    return {
        "figure": figures.entries_and_goals(span, entered, goals),
        "left": [(say_reason(reason), n) for reason, n in numbers.left_by_reason(journey_id=journey.pk, since=since)],
        "refused": [(say_reason(reason), n) for reason, n in numbers.refusals(journey_id=journey.pk, since=since)],
        "sent": int(sum(found[Metric.SENT].values())),
        "clicked": int(sum(found[Metric.CLICKED].values())),
    }
