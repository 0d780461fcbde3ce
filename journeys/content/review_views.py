"""Drafts before another person: asked for, approved or sent back; and the versions that were sent, compared."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from journeys.content import editing, editor, listing, page
from journeys.content.models import Block, Revision
from journeys.content.texts import Texts, key_of, texts_at, texts_of
from orchestrator.kernel.access import Role, everyone, marketing_only, role_of

MOST_SAID = 5  # problems in one message


@require_POST
@marketing_only
def content_review(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for approval, take it back, approve, send back or discard."""
    block = _block(slug)
    try:
        said = _done(request, block, request.POST.get("do", ""))
    except editing.Refused as refused:
        messages.error(request, editor.refusal(refused.reason))
    except editing.NotReady as not_ready:
        for key, problem in not_ready.problems[:MOST_SAID]:
            messages.error(request, f"{page.variant_name(key)}: {problem.message}")
    else:
        messages.success(request, said)
    left = editing.open_revision(block) is not None
    return redirect(reverse("content_block", args=[slug]) + ("?show=draft" if left else ""))


def _done(request: HttpRequest, block: Block, do: str) -> str:
    """Do what the button says. Returns what to tell."""
    now, note = timezone.now(), request.POST.get("note", "").replace("\0", "")
    edits = int(request.POST["edits"]) if request.POST.get("edits", "").isdecimal() else -1
    by: Any = request.user
    if do == "ask":
        editing.ask_review(block_id=block.pk, edits=edits, note=note, now=now)
        return _("The draft waits for another person to approve it.")
    if do == "take_back":
        editing.take_back(block_id=block.pk)
        return _("You can go on writing.")
    if do == "approve":
        revision = editing.approve(block_id=block.pk, edits=edits, by=by, now=now)
        return _("Version %(n)s is approved and sent from now on.") % {"n": revision.number}
    if do == "send_back":
        editing.send_back(block_id=block.pk, note=note, by=by, now=now)
        return _("The draft went back to who wrote it.")
    if do == "discard":
        editing.discard(block_id=block.pk, edits=edits)
        return _("The draft is gone; what was approved stays as it is.")
    raise Http404


@require_GET
@marketing_only
def content_versions(request: HttpRequest, slug: str) -> HttpResponse:
    """List the versions of a block, and compare two of them."""
    block = _block(slug)
    revisions = list(block.revisions.select_related("by", "reviewed_by").order_by("-number"))
    rows = [_revision(revision, block) for revision in revisions]
    sent = [texts_of(variant) for variant in block.variants.all()]
    if sent and not any(row["number"] == block.version for row in rows):
        rows.append(
            {
                "number": block.version,
                "state": "approved",
                "state_name": _("approved"),
                "tone": "green",
                "at": block.changed_at,
                "sent": True,
            }
        )
    numbers = [row["number"] for row in rows]
    old, new = _asked(request, "from", numbers, 1), _asked(request, "to", numbers, 0)
    context = {
        "piece": page.block_row(block, [revision for revision in revisions if revision.state in editing.OPEN]),
        "rows": rows,
        "old": old,
        "new": new,
        "changes": changes(_texts(block, revisions, old), _texts(block, revisions, new)) if old and new else [],
    }
    return render(request, "journeys/content/versions.html", context)


@require_GET
@everyone
def content_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show the texts of one version as it was, whatever is sent today; sales come here from a contact's messages."""
    block = _block(slug)
    revision = block.revisions.select_related("by", "reviewed_by").filter(number=number).first()
    texts = _texts(block, [revision] if revision else [], number)
    if not texts:
        raise Http404
    context = {
        "piece": page.block_row(block),
        "number": number,
        "writes": role_of(request.user) is Role.MARKETING,
        "revision": _revision(revision, block) if revision else None,
        "open": editing.open_revision(block) is not None,
        "variants": [{**one, "name": page.variant_name(key_of(one))} for one in texts],
    }
    return render(request, "journeys/content/version.html", context)


@require_POST
@marketing_only
def content_restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make a draft of an older version."""
    block = _block(slug)
    try:
        made = editing.restore(block_id=block.pk, number=number, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    except Revision.DoesNotExist:
        raise Http404 from None
    except editing.Refused as refused:
        messages.error(request, editor.refusal(refused.reason))
        return redirect("content_version", slug, number)
    said = {"n": made.number, "old": number}
    messages.success(request, _("Draft v%(n)s begins with the texts of version %(old)s.") % said)
    return redirect(reverse("content_block", args=[slug]) + "?show=draft")


def changes(before: list[Texts], after: list[Texts]) -> list[dict[str, Any]]:
    """Compare two versions, variant by variant; those that are the same are left out."""
    keys = sorted({key_of(texts) for texts in [*before, *after]})
    found = []
    for key in keys:
        old, new = texts_at(before, key), texts_at(after, key)
        if lines := editor.differences(old, new):
            found.append(
                {"name": page.variant_name(key), "fields": lines, "added": old is None, "removed": new is None}
            )
    return found


def _texts(block: Block, revisions: list[Revision], number: int | None) -> list[Texts]:
    found = next((revision.variants for revision in revisions if revision.number == number), None)
    if found is None and number == block.version:
        return [texts_of(variant) for variant in block.variants.all()]
    return found or []


def _revision(revision: Revision, block: Block) -> dict[str, Any]:
    return {
        "number": revision.number,
        "state": revision.state,
        "state_name": revision.get_state_display(),
        "tone": page.TONES[revision.state],
        "by": page.person_name(revision.by),
        "at": revision.reviewed_at or revision.at,
        "reviewed_by": page.person_name(revision.reviewed_by),
        "note": revision.note,
        "sent": revision.number == block.version and revision.state == Revision.State.APPROVED,
    }


def _asked(request: HttpRequest, name: str, numbers: list[int], default: int) -> int | None:
    given = request.GET.get(name, "")
    if given.isdecimal() and len(given) < 9 and int(given) in numbers:
        return int(given)
    return numbers[default] if len(numbers) > default else None


def _block(slug: str) -> Block:
    block = listing.one_block(slug)
    if block is None:
        raise Http404
    return block
