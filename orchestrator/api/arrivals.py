"""What machines sent, request by request, so that a broken connection is seen."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from orchestrator.api.models import Arrival
from orchestrator.api.rules import Problem
from orchestrator.kernel import sql

KEPT = 1_000  # requests of each source


class NewArrival(NamedTuple):
    """One request. problem: the first thing that was wrong with it, if anything was."""

    source: str
    door: str
    name: str = ""
    library: str = ""
    accepted: int = 0
    rejected: int = 0
    problem: Problem | None = None


@sql.joined
def record_arrival(*, arrival: NewArrival, now: datetime) -> None:
    """Write down that a request came in; no person's data is in it, not in the problem either."""
    given = arrival._asdict()
    problem = given.pop("problem")
    said = f"{problem.path}: {problem.message}".removeprefix(": ")[:300] if problem else ""
    said = said.encode(errors="replace").decode().replace("\x00", "")  # names of fields come from outside
    Arrival.objects.create(at=now, problem=said, **given)


@transaction.atomic
def prune_arrivals() -> int:
    """Keep the newest 1,000 requests of each source. Returns how many rows went."""
    return sql.count(sql.statement("orchestrator/api/sql/prune.sql"), {"kept": KEPT})
