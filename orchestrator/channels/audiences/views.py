"""The doors of audiences: list, one, edit, "now", pause, end, delete, the file."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orchestrator.channels.audiences import editing, page, queries
from orchestrator.channels.audiences.forms import AudienceForm
from orchestrator.channels.audiences.models import Audience
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def audiences(request: HttpRequest) -> HttpResponse:
    """List the audiences."""
    return render(request, "orchestrator/audiences/list.html", page.list_page())


@require_GET
@marketing_only
def audience(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one audience: who is in, who is kept out and why, what each run did."""
    return render(request, "orchestrator/audiences/audience.html", page.audience_page(_one(slug)))


@require_http_methods(["GET", "POST"])
@marketing_only
def audience_new(request: HttpRequest) -> HttpResponse:
    """Make an audience."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def audience_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change an audience."""
    return _edit(request, _one(slug))


@require_POST
@marketing_only
def audience_run(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a run now."""
    editing.ask_for_run(audience_id=_one(slug).pk, now=timezone.now())
    messages.success(request, _("It is brought in step within seconds; the result stands below then."))
    return redirect("audience", slug)


@require_POST
@marketing_only
def audience_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Pause, go on, or end."""
    one, state = _one(slug), request.POST.get("state", "")
    if state not in Audience.State.values:
        raise Http404
    editing.set_state(audience_id=one.pk, state=state, now=timezone.now())
    said = {
        "active": _("The audience is kept in step again."),
        "paused": _("Nobody is added any more. Who withdraws is taken off as before."),
        "ended": _("The audience has ended; everybody is taken off with the next run."),
    }
    messages.success(request, said[state])
    return redirect("audience", slug)


@require_POST
@marketing_only
def audience_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete an audience in which nobody is."""
    try:
        editing.delete_audience(audience_id=_one(slug).pk)
    except editing.MembersThere:
        messages.error(request, _("People are in the list at the platform: end the audience first."))
        return redirect("audience", slug)
    messages.success(request, _("The audience is deleted."))
    return redirect("audiences")


@require_POST
@marketing_only
def audience_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand the file out, and write down to whom."""
    one = _one(slug)
    if one.destination != Audience.Destination.FILE or one.state == Audience.State.ENDED:
        raise Http404
    now = timezone.now()
    rows = list(queries.file_rows(one))
    editing.record_file(audience=one, people=len(rows) - 1, by=request.user, now=now)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{one.slug}-{now:%Y-%m-%d}.csv"'
    add_never_cache_headers(response)
    return response


def _one(slug: str) -> Audience:
    found = queries.one_audience(slug)
    if found is None:
        raise Http404
    return found


def _edit(request: HttpRequest, one: Audience | None) -> HttpResponse:
    form = AudienceForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        if saved := _saved(request, form):
            messages.success(request, _("The audience is saved."))
            return redirect("audience", saved.slug)
    context: dict[str, Any] = {"form": form, "one": {"slug": one.slug, "name": one.name} if one else None}
    return render(request, "orchestrator/audiences/edit.html", context)


def _saved(request: HttpRequest, form: AudienceForm) -> Audience | None:
    try:
        return editing.save_audience(
            audience=form.instance, given=form.cleaned_data, by=request.user, now=timezone.now()
        )
    except editing.MembersThere:
        words = _("People are in the list at the platform: end the audience first, then it can go elsewhere.")
        form.add_error("destination", words)
    except IntegrityError:  # two new ones at once: the other one has the short name by now
        form.add_error("name_en", _("There is already an audience of this name."))
    return None
