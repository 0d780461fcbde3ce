"""What the pages of imports show, as plain values."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.attributes.queries import Definition, definitions
from contacts.imports import preview as previews
from contacts.imports import queries, registry
from contacts.imports.forms import FIELD_NAMES
from contacts.imports.models import Import
from contacts.imports.reader import Unreadable
from contacts.imports.rules import COUNTED_ROWS, PREVIEW_ROWS, UNDO_DAYS, say_problem, say_refusal

LIVE = (Import.State.WAITING, Import.State.RUNNING, Import.State.UNDOING)
TONES = {
    "uploaded": "grey", "waiting": "blue", "running": "blue", "done": "green", "failed": "red", "undoing": "amber", "undone": "grey",
}  # fmt: skip
SHOWN_REJECTS = 20


def language() -> str:
    """The language of the page, for sentences that stand in rules."""
    return "de" if (get_language() or "en").startswith("de") else "en"


def row(job: Import, now: datetime) -> dict[str, Any]:
    """One import with its numbers, and what can be done with it."""
    total = max(job.rows_total, 1)
    live = job.state in LIVE
    deadline = job.finished_at + timedelta(days=UNDO_DAYS) if job.finished_at else None
    return {
        "id": job.pk,
        "file": job.file_name,
        "size_bytes": job.size_bytes,
        "by": job.by,
        "source": job.source,
        "state": job.state,
        "state_name": job.get_state_display(),
        "tone": TONES[job.state],
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "undone_at": job.undone_at,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "share": min(100, round(100 * job.rows_done / total)) if job.rows_total else 0,
        "made": job.made_count,
        "changed": job.changed_count,
        "same": job.same_count,
        "rejected": job.rejected_count,
        "problem": say_problem(job.problem, language()) if job.problem else "",
        "live": live,
        "planned": job.state == Import.State.UPLOADED,
        "stoppable": job.state in (Import.State.UPLOADED, Import.State.WAITING, Import.State.RUNNING),
        "undoable": job.state in ("done", "failed") and job.rows_done > 0 and deadline is not None and now < deadline,
        "undo_until": deadline,
    }


def progress(job: Import, now: datetime) -> dict[str, Any]:
    """An import that runs or is over: numbers, and what did not come in."""
    rejects = queries.first_rejects(job, SHOWN_REJECTS)
    counted = queries.reasons(job)
    return {
        "job": row(job, now),
        "left": queries.left_to_undo(job) if job.state == Import.State.UNDOING else 0,
        "reasons": [
            {"text": say_refusal(one["reason"], language()), "count": one["n"], "taken": one["taken"]}
            for one in counted
        ],
        "rejects": [
            {
                "line": one.line,
                "column": one.column,
                "text": say_refusal(one.reason, language()),
                "detail": one.message,
                "taken": one.taken,
                "kept": one.line == 0,
            }
            for one in rejects
        ],
        "listed": sum(one["n"] for one in counted),
        "shown": SHOWN_REJECTS,
    }


def same_before(job: Import) -> dict[str, Any] | None:
    """The import in which the same file came in already."""
    known = queries.same_file_before(job)
    return {"id": known.pk, "at": known.finished_at or known.created_at, "by": known.by} if known else None


def preview(job: Import, now: datetime, *, whole: bool) -> dict[str, Any]:
    """What would be: the first rows; counts over the whole file (to 50,000 rows) when whole."""
    try:
        found = previews.preview(job, most=COUNTED_ROWS if whole else PREVIEW_ROWS, shown=PREVIEW_ROWS, now=now)
    except Unreadable as wrong:
        return {"unreadable": say_problem(f"{wrong.code} {wrong.line}", language()), "job_id": job.pk}
    known = definitions()
    return {
        "job_id": job.pk,
        "whole": whole,
        "looked_at": found.looked_at,
        "more": found.more,
        "counts": {"made": found.made, "changed": found.changed, "same": found.same, "refused": found.refused},
        "reasons": [{"text": say_refusal(reason, language()), "count": n} for reason, n in found.reasons.items()],
        "answers": list(_answers(found.answers)),
        "rows": [_shown(one, known) for one in found.rows],
    }


def _shown(one: previews.Row, known: dict[str, Definition]) -> dict[str, Any]:
    names = {"new": _("new"), "changed": _("changed"), "same": _("unchanged"), "refused": _("refused")}
    tones = {"new": "green", "changed": "blue", "same": "grey", "refused": "red"}
    return {
        "line": one.line,
        "state": names[one.state],
        "tone": tones[one.state],
        "who": one.who,
        "changes": [
            {"name": _named(change.name, known), "before": _text(change.before), "after": _text(change.after)}
            for change in one.changes
        ],
        "wrong": [
            {"column": column, "text": say_refusal(reason, language()), "detail": detail}
            for column, reason, detail in one.wrong
        ],
    }


def _named(name: str, known: dict[str, Definition]) -> str:
    if name in FIELD_NAMES:
        return str(FIELD_NAMES[name])
    definition = known.get(name)
    return (definition.name_de if language() == "de" else definition.name_en) if definition else name


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _answers(counts: dict[str, dict[str, int]]) -> Any:
    labels = {target: label for column in registry.columns().values() for target, label in column.targets()}
    for target, values in counts.items():
        yield {"label": labels.get(target, target), "yes": values.get("True", 0), "no": values.get("False", 0)}
