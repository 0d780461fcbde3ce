"""The letters' screen: batches, a button to close one, and its files to print. Taking one out is a POST: it leaves a trace."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from orchestrator.channels.letters import operations, queries
from orchestrator.channels.letters.models import LetterBatch, LetterDownload
from orchestrator.channels.letters.printing import NoPrinter, csv_of, pdf_of
from orchestrator.channels.letters.rules import closes_at
from orchestrator.kernel.access import marketing_only

PAGE_SIZE = 30
TONES = {"open": "blue", "closed": "amber", "printed": "green"}


@marketing_only
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """Show the batches, the newest first."""
    page = Paginator(queries.batches(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"rows": [_row(batch) for batch in page], "page": page, "on": bool(settings.LETTER_FROM)}
    return render(request, "orchestrator/letters/list.html", context)


@marketing_only
@require_POST
def close(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Close a batch now."""
    if operations.close_batch(batch_id=batch_id, now=timezone.now()):
        messages.success(request, _("The batch is closed. It can be printed."))
    else:
        messages.info(request, _("The batch was closed already."))
    return redirect("letters")


@marketing_only
@require_POST
def download(request: HttpRequest, batch_id: int, what: str) -> HttpResponse:
    """Give a file of a closed batch, and record who took it."""
    if what not in LetterDownload.What.values:
        raise Http404
    batch, now = get_object_or_404(LetterBatch, pk=batch_id), timezone.now()
    try:
        found = operations.ready_letters(batch_id=batch.pk, now=now)
        content = pdf_of(found) if what == LetterDownload.What.PDF else csv_of(found)
    except operations.StillOpen:
        messages.error(request, _("The batch is still open: close it first."))
        return redirect("letters")
    except NoPrinter:
        messages.error(
            request, _("This server cannot make PDFs: the library Pango is missing. The addresses can be taken out.")
        )
        return redirect("letters")
    by = cast(User, request.user)
    operations.record_download(batch_id=batch.pk, letters=found, what=what, by=by, now=now)
    kind = "application/pdf" if what == LetterDownload.What.PDF else "text/csv; charset=utf-8"
    response = HttpResponse(content, content_type=kind, headers={"Cache-Control": "no-store"})
    response["Content-Disposition"] = f'attachment; filename="letters-{batch.pk}.{what}"'
    return response


def _row(batch: LetterBatch) -> dict[str, Any]:
    taken = [
        {"what": one.get_what_display(), "by": (one.by.get_full_name() or one.by.get_username()) if one.by else "", "at": one.at}
        for one in batch.downloads.all()
    ]  # fmt: skip
    hour = settings.LETTER_CLOSE_HOUR
    return {
        "id": batch.pk,
        "state": batch.state,
        "state_name": batch.get_state_display(),
        "tone": TONES[batch.state],
        "opened_at": batch.opened_at,
        "closed_at": batch.closed_at,
        "closes_at": closes_at(batch.opened_at, hour=hour, zone=settings.TEAM_TIME_ZONE)
        if batch.state == "open"
        else None,
        "n": batch.n,  # type: ignore[attr-defined]  # annotated by queries.batches
        "dropped": batch.dropped,  # type: ignore[attr-defined]  # the same
        "taken": taken,
    }
