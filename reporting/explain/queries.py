"""Reads everything that explains one person, in a fixed number of statements."""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F

from consent.records.queries import Consent, consents_of
from contacts.profiles.models import Contact
from contacts.signals.models import SignalFiring
from journeys.definitions.models import Step
from journeys.enrollments.models import Enrollment
from orchestrator.arbiter.models import Verdict
from orchestrator.arbiter.queries import Place, Quiet
from orchestrator.kernel import sql
from reporting.explain import rules

PAGE_SIZE = 40
FOREVER = "~"  # behind every kind of row


class Line(NamedTuple):
    """One thing that happened."""

    at: datetime
    kind: str
    id: int
    facts: dict[str, Any]


def one_contact(contact_id: int) -> Contact | None:
    """Find a person with account and stage."""
    return Contact.objects.select_related("account", "stage").filter(pk=contact_id).first()


def open_enrollments(contact_id: int) -> list[Enrollment]:
    """List in which journeys a person is, the newest first."""
    found = Enrollment.objects.filter(contact_id=contact_id, left_at=None)
    return list(found.select_related("journey", "step", "version").order_by("-entered_at"))


def last_verdicts(contact_id: int, enrollments: list[Enrollment]) -> dict[int, Verdict]:
    """Find the newest verdict of each run, by the id of the run."""
    runs = [row.pk for row in enrollments]
    found = Verdict.objects.filter(contact_id=contact_id, touch__enrollment_id__in=runs)
    newest = found.select_related("touch__block").order_by("touch__enrollment_id", "-at", "-id")
    return {verdict.touch.enrollment_id: verdict for verdict in newest.distinct("touch__enrollment_id")}


def next_steps(enrollments: list[Enrollment]) -> dict[int, Step]:
    """Find the steps that can come next, by id."""
    wanted = {to for row in enrollments if row.step for to in row.step.exits.values()}
    return Step.objects.in_bulk(wanted) if wanted else {}


def consents(contact_id: int) -> list[Consent]:
    """List what the person said about every purpose."""
    return consents_of(contact_id)


def quiet_until(contact: Contact, *, now: datetime) -> datetime | None:
    """Say until when it is quiet at the person's place, as the arbiter sees it; None when it is not."""
    place = Place(contact.time_zone, contact.country, contact.account.country if contact.account else "")
    return Quiet().until(place, "email", now)


def holding_signals(contact_id: int, *, now: datetime) -> list[SignalFiring]:
    """List the signals that hold now, each once with its newest firing, the newest first."""
    firings = SignalFiring.objects.filter(
        contact_id=contact_id, fired_at__gt=now - F("signal__holds_for"), fired_at__lte=now
    )
    newest = firings.select_related("signal").order_by("signal_id", "-fired_at").distinct("signal_id")
    return sorted(newest, key=lambda firing: firing.fired_at, reverse=True)


def timeline(
    contact_id: int,
    *,
    now: datetime,
    kinds: tuple[str, ...] = rules.EVERYTHING,
    after: tuple[datetime, str, int] | None = None,
) -> tuple[list[Line], bool]:
    """Read one page of what happened, newest first. after: the last row of the page before. Also says whether there is more."""
    last_at, last_kind, last_id = after or (now + timedelta(days=1), FOREVER, 0)
    params = {
        "contact": contact_id,
        "kinds": list(kinds),
        "at": last_at,
        "kind": last_kind,
        "id": last_id,
        "most": PAGE_SIZE + 1,
    }
    found = sql.rows(sql.statement("reporting/explain/sql/timeline.sql"), params)
    lines = [Line(at, kind, row_id, json.loads(facts)) for at, kind, row_id, facts in found]
    return lines[:PAGE_SIZE], len(lines) > PAGE_SIZE
