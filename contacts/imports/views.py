"""The doors of imports: upload, plan, preview, progress, stop, undo, and the lines that did not come in as CSV."""

import csv
from collections.abc import Callable, Iterator
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.attributes.operations import InvalidAttribute
from contacts.imports import operations, page, queries
from contacts.imports.forms import PlanForm, UploadForm
from contacts.imports.models import Import
from contacts.imports.reader import Unreadable
from contacts.imports.rules import harmless, say_problem, say_refusal
from orchestrator.kernel.access import marketing_only

SLACK = 32 * 1024  # of a form around the file: a request that names many more bytes than came was cut off


@require_http_methods(["GET", "POST"])
@marketing_only
def imports(request: HttpRequest) -> HttpResponse:
    """List the imports; take in a file."""
    if request.method == "POST":
        return _upload(request)
    now = timezone.now()
    context = {
        "rows": [page.row(job, now) for job in queries.imports()],
        "form": UploadForm(),
        "most": settings.IMPORT_MAX_MB,
    }
    return render(request, "contacts/imports/list.html", context)


@require_http_methods(["GET", "POST"])
@marketing_only
def import_detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show an import: the plan until it has started, then how far it is and what came of it."""
    job = _one(job_id)
    if job.state == Import.State.UPLOADED:
        return _plan(request, job)
    context = page.progress(job, timezone.now())
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "contacts/imports/_progress.html", context)
    return render(request, "contacts/imports/detail.html", context)


@require_GET
@marketing_only
def import_preview(request: HttpRequest, job_id: int) -> HttpResponse:
    """Count over the whole file what would be."""
    job = _one(job_id)
    if job.state != Import.State.UPLOADED:
        raise Http404
    context = {"preview": page.preview(job, timezone.now(), whole=True)}
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "contacts/imports/_preview.html", context)
    return _page(request, job, PlanForm(job), context["preview"])


@require_POST
@marketing_only
def import_stop(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop an import."""
    return _do(request, job_id, lambda: operations.stop_import(job_id=job_id, now=timezone.now()))


@require_POST
@marketing_only
def import_undo(request: HttpRequest, job_id: int) -> HttpResponse:
    """Take back an import."""
    return _do(request, job_id, lambda: operations.undo_import(job_id=job_id, now=timezone.now()))


@require_GET
@marketing_only
def import_rejects(request: HttpRequest, job_id: int) -> HttpResponse:
    """Give the lines that did not come in, or not whole, as a CSV file that no spreadsheet executes."""
    response = StreamingHttpResponse(_reject_lines(_one(job_id)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{job_id}-rejects.csv"'
    return cast(HttpResponse, response)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _reject_lines(job: Import) -> Iterator[str]:
    writer = csv.writer(_Echo())
    language = page.language()
    yield "\ufeff"  # so that spreadsheets see UTF-8
    names = [_("line"), _("reason"), _("column"), _("what was in it"), _("row taken")]
    yield writer.writerow([harmless(name) for name in (*names, *job.format.get("headers", []))])
    for one in queries.every_reject(job):
        taken = _("yes") if one.taken else _("no")
        row = [str(one.line), say_refusal(one.reason, language), one.column, one.message, taken, *one.cells]
        yield writer.writerow([harmless(cell) for cell in row])


def _upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if getattr(request, "upload_too_large", False):
        messages.error(request, say_problem(f"too_large {settings.IMPORT_MAX_MB}", page.language()))
        return redirect("imports")
    if not form.is_valid():
        messages.error(request, _("Choose a file first."))
        return redirect("imports")
    file = form.cleaned_data["file"]
    if int(request.META.get("CONTENT_LENGTH") or 0) - file.size > SLACK:
        messages.error(request, say_problem("cut_off", page.language()))
        return redirect("imports")
    try:
        job = operations.keep_upload(file_name=file.name, chunks=file.chunks(), by=_who(request), now=timezone.now())
    except Unreadable as wrong:
        messages.error(request, f"{file.name}: {say_problem(f'{wrong.code} {wrong.line}', page.language())}")
        return redirect("imports")
    return redirect("import_detail", job.pk)


def _plan(request: HttpRequest, job: Import) -> HttpResponse:
    """Show the plan; keep it; start."""
    if request.method != "POST":
        return _page(request, job, PlanForm(job), None)
    form = PlanForm(job, request.POST)
    start = request.POST.get("do") == "start"
    if form.is_valid() and start:
        form.missing()
    if not form.is_valid():
        return _page(request, job, form, None)
    try:
        given = form.cleaned_data
        again = operations.other_columns(known=job.format, look=form.look())
        job = operations.plan_import(
            job_id=job.pk, look=form.look(), mapping=form.mapping(), options=form.options(), source=given["source"]
        )
        if start and not again:
            operations.start_import(job_id=job.pk, by=_who(request), now=timezone.now())
            return redirect("import_detail", job.pk)
        if again:
            messages.info(request, _("The file was read again: look at the columns."))
    except Unreadable as wrong:
        form.add_error(None, say_problem(f"{wrong.code} {wrong.line}", page.language()))
        return _page(request, job, form, None)
    except InvalidAttribute as invalid:
        form.add_error(None, "; ".join(said[page.language()] for _field, said in invalid.problems))
        return _page(request, job, form, None)
    except operations.NotNow:
        return redirect("import_detail", job.pk)
    return redirect(f"{request.path}?preview=1#preview")


def _page(request: HttpRequest, job: Import, form: PlanForm, found: dict[str, Any] | None) -> HttpResponse:
    now = timezone.now()
    wanted = "preview" in request.GET and not form.errors
    context = {
        "job": page.row(job, now),
        "form": form,
        "columns": list(form.columns()),
        "csv": job.format["kind"] == "csv",
        "mixed": job.format.get("encoding") == "mixed",
        "unclear_dates": "dates" in job.format.get("unclear", []),
        "before": page.same_before(job),
        "preview": found or (page.preview(job, now, whole=False) if wanted else None),
    }
    return render(request, "contacts/imports/plan.html", context)


def _do(request: HttpRequest, job_id: int, act: Callable[[], object]) -> HttpResponse:
    _one(job_id)
    try:
        act()
    except operations.NotNow:
        messages.warning(request, _("This cannot be done any more: look at the state below."))
    return redirect("import_detail", job_id)


def _who(request: HttpRequest) -> str:
    user = cast(User, request.user)
    return user.get_full_name() or user.get_username()


def _one(job_id: int) -> Import:
    job = queries.one_import(job_id)
    if job is None:
        raise Http404
    return job
