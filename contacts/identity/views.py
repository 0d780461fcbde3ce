"""The screens of duplicates: two people side by side, merges with undo, the block list."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.identity import operations, page, queries
from contacts.identity.forms import BlockForm
from contacts.identity.models import Merge
from contacts.identity.rules import UNDO_FOR, BadIdentifier
from orchestrator.kernel.access import marketing_only

PAIRS_A_PAGE, ROWS_A_PAGE = 10, 50
LARGEST_ID = 2**63 - 1


@marketing_only
@require_GET
def duplicates(request: HttpRequest) -> HttpResponse:
    """Show the people who may be one, side by side; `?swap=` turns one pair around."""
    found = Paginator(queries.open_proposals(), PAIRS_A_PAGE).get_page(request.GET.get("page"))
    swap = request.GET.get("swap", "")
    swapped = int(swap) if swap.isascii() and swap.isdecimal() and len(swap) < 19 else None
    context = {"page": found, "rows": page.pairs(list(found), swapped=swapped)}
    return _shown(request, "duplicates", context)


@marketing_only
@require_POST
def duplicate_merge(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Make one person of a pair."""
    proposal = queries.open_proposals().filter(pk=min(proposal_id, LARGEST_ID)).first()
    if proposal is None:
        messages.warning(request, _("Somebody has decided this already."))
        return redirect("duplicates")
    ids = (proposal.first_id, proposal.second_id)
    survivor = next((one for one in ids if str(one) == request.POST.get("survivor")), None)
    if survivor is None:
        raise Http404
    loser = ids[0] if survivor == ids[1] else ids[1]
    why = f"{proposal.kind} {proposal.value}"
    try:
        operations.merge_contacts(survivor_id=survivor, loser_id=loser, why=why, by=_by(request), now=timezone.now())
    except operations.UnknownContact:
        messages.warning(request, _("One of the two is not there any more."))
    else:
        messages.success(request, _("The two are one person now. You can undo this for 30 days."))
    return redirect("duplicates")


@marketing_only
@require_POST
def duplicate_refuse(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Remember that a pair are two people."""
    done = operations.refuse_proposal(proposal_id=min(proposal_id, LARGEST_ID), by=_by(request), now=timezone.now())
    if done:
        messages.success(request, _("Noted: two people. Nobody is asked about them again."))
    else:
        messages.warning(request, _("Somebody has decided this already."))
    return redirect("duplicates")


@marketing_only
@require_GET
def merges(request: HttpRequest) -> HttpResponse:
    """Show the merges that can still be undone."""
    now = timezone.now()
    found = Paginator(queries.recent_merges(since=now - UNDO_FOR), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return _shown(request, "merges", {"page": found, "rows": page.merges(list(found), now)})


@marketing_only
@require_POST
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Make two people of one again."""
    why = {
        "undone": _("Somebody has undone this already."),
        "too_late": _("The 30 days are over: what is needed for the undo is deleted."),
        "newer": _("The person was merged again since. Undo the newer merge first."),
    }
    try:
        operations.undo_merge(merge_id=min(merge_id, LARGEST_ID), by=_by(request), now=timezone.now())
    except Merge.DoesNotExist as missing:
        raise Http404 from missing
    except operations.CannotUndo as refused:
        messages.warning(request, why[refused.code])
    else:
        messages.success(request, _("They are two people again. Consents did not get wider."))
    return redirect("merges")


@marketing_only
@require_http_methods(["GET", "POST"])
def blocked(request: HttpRequest) -> HttpResponse:
    """Show the block list, and add to it."""
    form = BlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            new = operations.block_identifier(**form.cleaned_data, by=_by(request), now=timezone.now())
        except BadIdentifier:
            form.add_error("value", _("This does not fit: a text of 1 to 320 characters, and more than a star."))
        else:
            said = _("From now on this joins nobody.") if new else _("It was on the list already.")
            messages.success(request, said)
            return redirect("blocked_identifiers")
    found = Paginator(queries.blocked(), ROWS_A_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"id": one.pk, "kind": page.kind_name(one.kind), "value": one.value, "why": one.why, "by": one.by, "at": one.at}
        for one in found
    ]
    return _shown(request, "blocked", {"page": found, "rows": rows, "form": form})


@marketing_only
@require_POST
def blocked_remove(request: HttpRequest, blocked_id: int) -> HttpResponse:
    """Take a value off the block list."""
    if operations.unblock_identifier(blocked_id=min(blocked_id, LARGEST_ID)):
        messages.success(request, _("It identifies people again."))
    return redirect("blocked_identifiers")


def _shown(request: HttpRequest, part: str, context: dict[str, Any]) -> HttpResponse:
    names = (("duplicates", _("To decide")), ("merges", _("Merged")), ("blocked_identifiers", _("Block list")))
    current = "blocked_identifiers" if part == "blocked" else part
    context |= {"parts": [{"url": url, "name": name, "current": url == current} for url, name in names]}
    return render(request, f"contacts/identity/{part}.html", context)


def _by(request: HttpRequest) -> str:
    user = cast(User, request.user)
    return user.get_full_name() or user.username
