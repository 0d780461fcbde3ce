"""The pages of senders: all of them, one with its lines for DNS, and its form, which only staff may send."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orchestrator.channels.senders import dns, operations, page
from orchestrator.channels.senders.forms import SenderForm
from orchestrator.channels.senders.models import Sender
from orchestrator.channels.senders.queries import lines_of
from orchestrator.channels.senders.rules import checked
from orchestrator.kernel.access import consent_readers, marketing_only


@require_GET
@consent_readers
def senders(request: HttpRequest) -> HttpResponse:
    """List the senders."""
    return render(request, "orchestrator/senders/list.html", page.list_page(now=timezone.now()) | _may(request))


@require_GET
@consent_readers
def sender(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one sender, and what must stand in DNS for it."""
    one = get_object_or_404(Sender, pk=pk)
    return render(
        request, "orchestrator/senders/sender.html", page.sender_page(one, now=timezone.now()) | _may(request)
    )


@require_POST
@consent_readers
def sender_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask DNS what stands there; nothing is kept."""
    one = get_object_or_404(Sender, pk=pk)
    found = checked(lines_of(one), dns.lookup)
    context = page.sender_page(one, now=timezone.now(), found=found) | _may(request)
    return render(request, f"orchestrator/senders/{'_dns' if request.htmx else 'sender'}.html", context)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@marketing_only
def sender_new(request: HttpRequest) -> HttpResponse:
    """Make a sender."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def sender_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a sender."""
    return _edit(request, get_object_or_404(Sender, pk=pk))


@require_POST
@marketing_only
def sender_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a sender away."""
    _staff_only(request)
    if operations.delete_sender(sender=get_object_or_404(Sender, pk=pk)):
        messages.success(request, _("The sender is gone."))
        return redirect("senders")
    messages.error(request, _("Make another sender the default first."))
    return redirect("sender", pk)


def _edit(request: HttpRequest, one: Sender | None) -> HttpResponse:
    _staff_only(request)
    form = SenderForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        kept = operations.save_sender(sender=form.save(commit=False), now=timezone.now())
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("sender", kept.pk)
    status = 422 if form.is_bound else 200
    return render(request, "orchestrator/senders/edit.html", {"form": form, "one": one}, status=status)


def _staff_only(request: HttpRequest) -> None:
    if not request.user.is_staff:
        raise PermissionDenied


def _may(request: HttpRequest) -> dict[str, bool]:
    return {"may_edit": bool(request.user.is_staff)}
