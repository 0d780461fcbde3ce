"""The editor of a block's texts: one variant at a time, put together from parts or written as MJML, with a live preview."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from journeys.content import asking, editing, editor, listing, previewing
from journeys.content.forms import posted_texts
from journeys.content.models import Block
from journeys.content.rules import ContentProblem, Key
from journeys.content.texts import Texts, clean_texts, composed, digest_of, key_of, texts_at
from journeys.content.views import framed
from orchestrator.kernel.access import marketing_only

KEPT = "content_preview"  # in the session: what is written and not saved yet, for the frame of the preview


@require_http_methods(["GET", "POST"])
@marketing_only
def content_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Write one variant of a block. Every button keeps what was written in the draft."""
    block = _block(slug)
    if request.method == "POST":
        return _save(request, block)
    channel, language, arm = asking.asked_key(request)
    return _page(request, block, (channel or block.channel, language, arm))


def _save(request: HttpRequest, block: Block) -> HttpResponse:
    do, given = request.POST.get("do", "save"), posted_texts(request.POST)
    base = request.POST.get("base", "")
    key: Key = (given["channel"], given["language"], given["arm"])
    try:
        if do == "drop":
            editing.remove_texts(block_id=block.pk, key=key, base=base, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            messages.success(request, _("The variant is out of the draft."))
            return redirect("content_block", block.slug)
        given = clean_texts(editor.after(do, given))
        if do == "preview":
            return _page(request, block, key, given=given, base=base)
        if any(given[field] for field in ("subject", "preheader", "body", "parts")) or base:
            editing.save_texts(block_id=block.pk, texts=given, base=base, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        key = editor.goes_to(do, key, request.POST)
        if do == "add-variant":
            _start(request, block, given, key)
    except editing.Conflict as conflict:
        return _page(request, block, key, given=given, base=digest_of(conflict.theirs), conflict=conflict)
    except editing.Refused as refused:
        return _page(request, block, key, given=given, base=base, error=editor.refusal(refused.reason))
    except ContentProblem as problem:
        given = editor.showable(given, block.channel)
        return _page(request, block, key_of(given), given=given, base=base, error=str(problem))
    if do == "review":
        return redirect(f"{reverse('content_block', args=[block.slug])}?show=draft#review")
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        return _page(request, block, key, saved=True)
    if do == "save":
        messages.success(request, _("The draft is saved."))
    return redirect(_address(block, key))


def _start(request: HttpRequest, block: Block, given: Texts, key: Key) -> None:
    """Begin another variant with the texts of this one, unless it is there."""
    if texts_at(editing.newest_texts(block), key) is not None:
        return
    texts = editor.carried_over(given, key)
    editing.save_texts(block_id=block.pk, texts=texts, base="", by=request.user, now=timezone.now())  # type: ignore[arg-type]


def _address(block: Block, key: Key) -> str:
    query = urlencode(dict(zip(("channel", "language", "arm"), key, strict=True)))
    return f"{reverse('content_edit', args=[block.slug])}?{query}"


def _page(
    request: HttpRequest,
    block: Block,
    key: Key,
    *,
    given: Texts | None = None,
    base: str | None = None,
    error: str = "",
    conflict: editing.Conflict | None = None,
    saved: bool = False,
) -> HttpResponse:
    """Show the editor. given: what was written, when it could not be saved; base: what it was written upon."""
    draft = editing.open_revision(block)
    variants = asking.variants_of(block, draft)
    there = texts_at(variants, key)
    texts = given or there or editor.empty(key)
    context = editor.context(block, draft, variants, texts)
    context |= {
        "base": digest_of(there) if base is None else base,
        "there": there is not None,
        "error": error,
        "saved": saved,
        "conflict": editor.conflict_shown(conflict, texts) if conflict else None,
        "address": _address(block, key),
        "look": _look(request, block, variants, texts),
    }
    htmx = request.htmx  # type: ignore[attr-defined]  # django-htmx adds it
    status = 409 if conflict else 400 if error else 200
    answer = render(request, f"journeys/content/{'_editor' if htmx else 'edit'}.html", context, status=status)
    if htmx:
        answer["HX-Push-Url"] = _address(block, key)
    return answer


def _look(request: HttpRequest, block: Block, variants: list[Texts], texts: Texts) -> dict[str, Any]:
    """Fill the preview, and keep its mail for the frame."""
    asked = asking.look_of(request)
    try:
        texts = composed(clean_texts(texts))
    except ContentProblem as problem:
        return {**asked, "failure": str(problem), "unsaved": True}
    person = asking.found_person(asked["words"], texts["language"])
    others = [one for one in variants if key_of(one) != key_of(texts)]
    asked["unsaved"] = True
    seen = previewing.shown(block, [*others, texts], texts, person, asked)
    request.session[KEPT] = {"slug": block.slug, "html": seen.pop("html", "")}
    return seen | {"unsaved": True, "stamp": f"{timezone.now().timestamp():.3f}"}


@require_POST
@marketing_only
def content_try(request: HttpRequest, slug: str) -> HttpResponse:
    """Preview what is written and not saved."""
    block = _block(slug)
    variants = asking.variants_of(block, editing.open_revision(block))
    look = _look(request, block, variants, posted_texts(request.POST))
    return render(request, "journeys/content/_preview.html", {"look": look, "piece": {"slug": slug}})


@require_GET
@marketing_only
@xframe_options_sameorigin
def content_tried(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the mail of the newest preview, for a sandboxed frame only."""
    kept = request.session.get(KEPT) or {}
    if kept.get("slug") != slug:
        raise Http404
    answer = framed(kept["html"], dark=request.GET.get("dark") == "1")
    answer["Cache-Control"] = "no-store"
    return answer


def _block(slug: str) -> Block:
    block = listing.one_block(slug)
    if block is None:
        raise Http404
    return block
