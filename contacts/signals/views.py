"""The doors of signals: list, one with its firings, new, edit, delete, and who listens to what."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.conditions.uses import load_uses
from contacts.segments.editing import InUse, delete_definition
from contacts.segments.saving import save_form, say_in_use
from contacts.signals import listening, page, queries
from contacts.signals.forms import SignalForm
from contacts.signals.models import Signal
from orchestrator.kernel.access import marketing_only

LARGEST_ID = 2**63 - 1


@require_GET
@marketing_only
def signals(request: HttpRequest) -> HttpResponse:
    """List the signals."""
    return render(request, "contacts/signals/list.html", {"rows": page.signal_rows(now=timezone.now())})


@require_GET
@marketing_only
def listeners(request: HttpRequest) -> HttpResponse:
    """Show who listens to what."""
    return render(request, "contacts/signals/listeners.html", listening.table(now=timezone.now(), uses=load_uses()))


@require_GET
@marketing_only
def signal(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one signal with its firings."""
    before = request.GET.get("before", "")
    place = min(int(before), LARGEST_ID) if before.isdecimal() else None
    context = page.signal_page(_one(slug), now=timezone.now(), before=place, uses=load_uses())
    return render(request, "contacts/signals/signal.html", context)


@require_http_methods(["GET", "POST"])
@marketing_only
def signal_new(request: HttpRequest) -> HttpResponse:
    """Make a signal."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def signal_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a signal."""
    return _edit(request, _one(slug))


@require_POST
@marketing_only
def signal_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a signal that nobody listens to."""
    one = _one(slug)
    try:
        delete_definition(model=Signal, pk=one.pk, kind="signal")
    except InUse as error:
        messages.error(request, say_in_use(one.name, error.uses))
        return redirect("signal", slug)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": one.name})
    return redirect("signals")


def _one(slug: str) -> Signal:
    found = queries.one_signal(slug)
    if found is None:
        raise Http404
    return found


def _edit(request: HttpRequest, one: Signal | None) -> HttpResponse:
    form = SignalForm(request.POST or None, instance=one)
    context: dict[str, Any] = {"form": form, "one": one, **page.form_lists()}
    if request.method == "POST" and form.is_valid():
        saved = save_form(request, form, context, Signal)
        if saved is not None:
            return redirect("signal", saved.slug)
    return render(request, "contacts/signals/edit.html", context)
