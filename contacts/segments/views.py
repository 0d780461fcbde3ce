"""The doors of segments: list, one, new, edit, delete, and the people of a fixed list."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.segments import lists, page, queries
from contacts.segments.editing import InUse, delete_definition
from contacts.segments.forms import PasteForm, SegmentForm
from contacts.segments.models import Segment
from contacts.segments.rules import MOST_LINES, pasted_lines
from contacts.segments.saving import save_form, say_in_use
from orchestrator.kernel.access import marketing_only

LARGEST_ID = 2**63 - 1
MOST_UNKNOWN = 500  # of the unknown lines that are shown again


@require_GET
@marketing_only
def segments(request: HttpRequest) -> HttpResponse:
    """List the segments."""
    return render(request, "contacts/segments/list.html", {"rows": page.segment_rows(now=timezone.now())})


@require_GET
@marketing_only
def segment(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one segment."""
    return _page(request, _one(slug), {"form": PasteForm()})


@require_http_methods(["GET", "POST"])
@marketing_only
def segment_new(request: HttpRequest) -> HttpResponse:
    """Make a segment."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def segment_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a segment."""
    return _edit(request, _one(slug))


@require_POST
@marketing_only
def segment_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a segment that nobody names."""
    one = _one(slug)
    try:
        delete_definition(model=Segment, pk=one.pk, kind="segment")
    except InUse as error:
        messages.error(request, say_in_use(one.name, error.uses))
        return redirect("segment", slug)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": one.name})
    return redirect("segments")


@require_POST
@marketing_only
def segment_people(request: HttpRequest, slug: str) -> HttpResponse:
    """Change who is on a fixed list: add people, pasted lines or another segment, remove people."""
    one, now = _one(slug), timezone.now()
    ids = [min(int(text), LARGEST_ID) for text in request.POST.getlist("contact") if text.isdecimal()]
    try:
        if "remove" in request.POST:
            n = lists.remove_people(segment=one, contact_ids=ids, now=now)
            said = ngettext("%(n)s person was removed.", "%(n)s people were removed.", n)
        elif "source" in request.POST:
            n = lists.add_segment(segment=one, source=_one(request.POST["source"]), now=now)
            said = ngettext("%(n)s person was added.", "%(n)s people were added.", n)
        elif "lines" in request.POST:
            return _paste(request, one)
        else:
            n = lists.add_people(segment=one, contact_ids=ids, now=now)
            said = ngettext("%(n)s person was added.", "%(n)s people were added.", n)
    except lists.NotAList:
        messages.error(request, _("This segment is no fixed list: its condition says who is in it."))
        return redirect("segment", slug)
    messages.success(request, said % {"n": number_format(n, force_grouping=True)})
    return redirect("segment", slug)


def _paste(request: HttpRequest, one: Segment) -> HttpResponse:
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _page(request, one, {"form": form})
    try:
        came = lists.add_lines(segment=one, lines=pasted_lines(form.cleaned_data["lines"]), now=timezone.now())
    except lists.TooManyLines:
        form.add_error(
            "lines", _("At most %(n)s lines at once.") % {"n": number_format(MOST_LINES, force_grouping=True)}
        )
        return _page(request, one, {"form": form})
    said = ngettext("%(n)s person was added.", "%(n)s people were added.", came.added) % {"n": came.added}
    there = _("%(n)s were on the list already.") % {"n": came.there} if came.there else ""
    messages.success(request, f"{said} {there}".strip())
    if not came.unknown:
        return redirect("segment", one.slug)
    unknown = {"lines": came.unknown[:MOST_UNKNOWN], "n": len(came.unknown)}
    return _page(request, one, {"form": PasteForm(), "unknown": unknown})


def _one(slug: str) -> Segment:
    found = queries.one_segment(slug.replace("\0", ""))
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, one: Segment, more: dict[str, Any]) -> HttpResponse:
    before = request.GET.get("before", "")
    words = request.GET.get("q", "").replace("\0", "").strip()
    other = request.GET.get("with", "").replace("\0", "")
    place = min(int(before), LARGEST_ID) if before.isdecimal() else None
    context = page.segment_page(one, now=timezone.now(), other=other, words=words, before=place)
    return render(request, "contacts/segments/segment.html", context | more)


def _edit(request: HttpRequest, one: Segment | None) -> HttpResponse:
    form = SegmentForm(request.POST or None, instance=one)
    context: dict[str, Any] = {"form": form, "one": one}
    if request.method == "POST" and form.is_valid():
        saved = save_form(request, form, context, Segment)
        if saved is not None:
            return redirect("segment", saved.slug)
    return render(request, "contacts/segments/edit.html", context)
