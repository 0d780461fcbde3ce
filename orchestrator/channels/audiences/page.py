"""Puts the pages of audiences together: plain values for their templates."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from orchestrator.channels.audiences import queries
from orchestrator.channels.audiences.models import Audience, AudienceRun
from orchestrator.channels.audiences.rules import COLUMNS, KEPT_OUT, LEFT
from orchestrator.kernel import sql
from orchestrator.kernel.fields import translated

STATES = {"active": "green", "paused": "amber", "ended": "grey"}
RUNS = {"running": "blue", "done": "green", "partly": "amber", "failed": "red"}
MOST_RUNS = 20


def list_page() -> dict[str, Any]:
    """List the audiences; one statement."""
    return {"rows": [_head(one) for one in queries.audiences()], "zone": settings.TEAM_TIME_ZONE}


def audience_page(audience: Audience) -> dict[str, Any]:
    """Collect everything about an audience."""
    file = audience.destination == Audience.Destination.FILE
    live = file or audience.last_run_at is None  # nobody has counted yet, or nobody does before somebody fetches it
    out, ready = _now(audience) if live else (audience.kept_out, None)
    counts = queries.counts_of(audience.pk)
    return {
        "audience": _head(audience) | {"columns": _columns(audience.columns), "purpose": audience.purpose.name},
        "counts": counts,
        "ready": ready,
        "kept_out": _reasons(out, KEPT_OUT),
        "left": [
            {"reason": translated(dict(LEFT.get(r, {"en": r}))), "n": n} for r, n in queries.left_since(audience.pk, 10)
        ],
        "runs": [_run(run) for run in queries.last_runs(audience.pk, MOST_RUNS)],
        "zone": settings.TEAM_TIME_ZONE,
        "every": settings.AUDIENCE_EVERY_MINUTES,
        "deletable": not (counts.inside or counts.adding or counts.removing),
    }


def _now(audience: Audience) -> tuple[dict[str, int], int]:
    """Who is kept out as things stand, and how many would be handed over."""
    part = queries.judged(audience)
    rows = dict(sql.rows(f"SELECT against, count(*) FROM ({part.text}) j GROUP BY 1", part.params))
    ready = int(rows.pop("", 0))
    return {reason: int(n) for reason, n in rows.items()}, ready


def _reasons(counted: Mapping[str, int], words: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"reason": translated(dict(text)), "n": counted[key]} for key, text in words.items() if counted.get(key)]


def _columns(names: list[str]) -> list[str]:
    return [translated(dict(COLUMNS[name])) for name in names if name in COLUMNS]


def _head(audience: Audience) -> dict[str, Any]:
    sources = [one for one in (audience.segment, audience.people) if one is not None]
    return {
        "slug": audience.slug,
        "name": audience.name,
        "destination": audience.get_destination_display(),
        "file": audience.destination == Audience.Destination.FILE,
        "place": " / ".join(part for part in (audience.account, audience.remote_list) if part),
        "state": audience.state,
        "state_name": {"active": _("in step"), "paused": _("paused"), "ended": _("ended")}[audience.state],
        "tone": STATES[audience.state],
        "sources": [{"slug": one.slug, "name": one.name} for one in sources],
        "members": audience.members,
        "out": sum(audience.kept_out.values()),
        "last_run_at": audience.last_run_at,
        "next_at": audience.next_at,
        "failures": audience.failures,
        "running": audience.claim is not None,
    }


def _run(run: AudienceRun) -> dict[str, Any]:
    trouble = [one for one in run.batches.all() if one.words]
    return {
        "at": run.started_at,
        "file": run.kind == AudienceRun.Kind.FILE,
        "by": run.by.get_username() if run.by else "",
        "state": run.get_state_display(),
        "tone": RUNS[run.state],
        "added": run.added,
        "removed": run.removed,
        "refused": run.refused,
        "failed": run.failed,
        "out": sum(run.kept_out.values()),
        "columns": _columns(run.columns),
        "words": "" if trouble else run.words,
        "batches": [
            {
                "kind": one.get_kind_display(),
                "number": one.number,
                "size": one.size,
                "words": one.words,
                "state": one.get_state_display(),
            }
            for one in trouble[:10]
        ],
    }
