"""The doors of slots for marketers: list, one with its numbers and a preview, new, edit, delete."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orchestrator.channels.slots import page
from orchestrator.channels.slots.forms import SlotForm
from orchestrator.channels.slots.models import Slot
from orchestrator.channels.slots.operations import delete_slot, save_slot
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def slots(request: HttpRequest) -> HttpResponse:
    """List the slots with what came of them."""
    rows = page.slot_rows(now=timezone.now())
    return render(request, "orchestrator/slots/list.html", {"rows": rows, "days": page.DAYS})


@require_GET
@marketing_only
def slot(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one slot: numbers by journey, the preview of its fallback, the code to put it into a page."""
    return render(request, "orchestrator/slots/slot.html", page.slot_page(_one(slug), now=timezone.now()))


@require_http_methods(["GET", "POST"])
@marketing_only
def slot_new(request: HttpRequest) -> HttpResponse:
    """Make a slot."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def slot_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a slot."""
    return _edit(request, _one(slug))


@require_POST
@marketing_only
def slot_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a slot away."""
    one = _one(slug)
    if delete_slot(slot_id=one.pk):
        messages.success(request, _("“%(name)s” is deleted.") % {"name": one.name})
    return redirect("slots")


def _one(slug: str) -> Slot:
    found = Slot.objects.select_related("fallback", "owner").filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


def _edit(request: HttpRequest, one: Slot | None) -> HttpResponse:
    form = SlotForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in form.fields}
        saved = save_slot(slot_id=one.pk if one else None, given=given, now=timezone.now())
        messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
        return redirect("slot", saved.slug)
    return render(request, "orchestrator/slots/edit.html", {"form": form, "slug": one.slug if one else ""})
