"""The doors of the gallery and of files: look at templates and use one, take a file out, take a file in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from journeys.gallery import page
from journeys.gallery.comparing import compare
from journeys.gallery.forms import FileForm, UseForm, free_slug
from journeys.gallery.operations import InvalidBundle, import_bundle, problems_of, rehearse_bundle
from journeys.gallery.queries import NoJourney, bundle_of
from journeys.gallery.reading import MOST_BYTES
from journeys.gallery.templates import named_anew, template
from journeys.gallery.writing import write_document
from orchestrator.kernel.access import marketing_only
from orchestrator.kernel.fields import translated

MEGABYTE = 1024 * 1024


@require_GET
@marketing_only
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the templates of the classic journeys, by phase."""
    return render(request, "journeys/gallery/gallery.html", {"cards": page.cards()})


@require_http_methods(["GET", "POST"])
@marketing_only
def gallery_template(request: HttpRequest, slug: str) -> HttpResponse:
    """Say when to use a template, and make a draft of it under a name of one's own."""
    try:
        found = template(slug)
    except KeyError as error:
        raise Http404 from error
    journey = found.journey
    initial = {"name_en": journey["name"]["en"], "name_de": journey["name"]["de"], "slug": free_slug(journey["slug"])}
    form = UseForm(request.POST or None, initial=initial)
    changes = compare(found.document)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        name = {"en": given["name_en"], "de": given["name_de"]}
        document = named_anew(found.document, slug=given["slug"], name=name)
        keep = {change.key for change in changes if change.state != "new"}
        try:
            import_bundle(document=document, by=request.user, now=timezone.now(), keep=keep, approved=True)  # type: ignore[arg-type]
            messages.success(
                request, _("“%(name)s” is a draft: adapt it, then publish it.") % {"name": given["name_en"]}
            )
            return redirect("journey_edit", given["slug"])
        except InvalidBundle as error:
            for problem in error.problems:
                form.add_error(None, str(problem))
    context = {
        "template": found,
        "journey": journey,
        "name": translated(journey["name"]),
        "form": form,
        "parts": page.guide_parts(found),
        "steps": page.whole_flow(found),
        "events": page.events_seen(found, timezone.now()),
        "other_needs": page.other_needs(found),
        "brings": page.brought(found, changes),
        "days": page.SEEN_DAYS,
    }
    return render(request, "journeys/gallery/template.html", context)


@require_GET
@marketing_only
def journey_export(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a journey with all that it needs as a file; ?alone: without, ?draft: the draft where there is one."""
    try:
        document = bundle_of([slug], alone="alone" in request.GET, draft="draft" in request.GET)
    except NoJourney as error:
        raise Http404 from error
    answer = HttpResponse(write_document(document), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}.yaml"'
    return answer


@require_http_methods(["GET", "POST"])
@marketing_only
def journeys_import(request: HttpRequest) -> HttpResponse:
    """Take a file, show what it would change, and do it when somebody confirms."""
    if request.method == "GET":
        return render(request, "journeys/gallery/import.html", {"form": FileForm(), "most": MOST_BYTES // MEGABYTE})
    form = FileForm(request.POST, request.FILES)
    context: dict[str, Any] = {"form": form, "most": MOST_BYTES // MEGABYTE}
    if getattr(request, "upload_too_large", False) or not form.is_valid():
        return render(request, "journeys/gallery/import.html", context, status=422)
    errors = [problem for problem in problems_of(document=form.document) if problem.level == "error"]
    if errors:
        return render(request, "journeys/gallery/import.html", context | {"problems": errors}, status=422)
    return _confirm(request, form, context) if "seen" in request.POST else _look(request, form, context)


def _look(request: HttpRequest, form: FileForm, context: dict[str, Any], keep: set[str] | None = None) -> HttpResponse:
    """Show what would change, after a rehearsal that found what would be wrong."""
    changes = compare(form.document)
    found = page.rows(changes, keep)
    kept = {row["change"].key for row in found if row["asked"] and row["keep"]}
    context |= {"rows": found, "seen": page.digest_of(changes), "source": form.source}
    context["open"] = any(row["asked"] or row["change"].state == "new" for row in found)
    try:
        context["warnings"] = rehearse_bundle(document=form.document, now=timezone.now(), keep=kept).warnings
    except InvalidBundle as error:
        context["problems"] = error.problems
    return render(request, "journeys/gallery/import.html", context)


def _confirm(request: HttpRequest, form: FileForm, context: dict[str, Any]) -> HttpResponse:
    changes = compare(form.document)
    keep = {change.key for change in changes if request.POST.get(f"choice-{change.key}") == "keep"}
    if request.POST["seen"] != page.digest_of(changes):
        messages.warning(request, _("Something here changed meanwhile: please look once more."))
        return _look(request, form, context, keep)
    try:
        taken = import_bundle(document=form.document, by=request.user, now=timezone.now(), keep=keep)  # type: ignore[arg-type]
    except InvalidBundle as error:
        context["problems"] = error.problems
        return _look(request, form, context, keep)
    n = len(taken.changes)
    messages.success(request, ngettext("%(n)s thing is taken in.", "%(n)s things are taken in.", n) % {"n": n})
    for problem in taken.warnings:
        messages.warning(request, str(problem))
    if len(taken.versions) == 1:
        return redirect("journey_edit", taken.versions[0].journey.slug)
    return redirect("journeys")
