"""The content library: what there is by phase, purpose, channel and language, one block, and what it is called."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.profiles.models import Contact
from journeys.content import listing, operations, page, previewing
from journeys.content.asking import asked_key, shown_block, texts_to_show
from journeys.content.forms import BlockForm
from journeys.content.models import Block
from journeys.content.rules import PURPOSES
from orchestrator.kernel.access import marketing_only

# What authors write runs nothing and reaches nobody but the pictures it shows.
PREVIEW_CSP = (
    "sandbox; default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
FILTERS = ("phase", "purpose", "channel", "language", "state", "owner", "q")
PAGE_SIZE = 100
DAYS = 30


@require_GET
@marketing_only
def content(request: HttpRequest) -> HttpResponse:
    """List the blocks by phase; HTMX asks for the list alone while somebody types."""
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in FILTERS}
    paged = Paginator(listing.library(asked), PAGE_SIZE).get_page(request.GET.get("page"))
    blocks = list(paged)
    counted = listing.results([block.pk for block in blocks], since=timezone.now() - timedelta(days=DAYS))
    rows = [{**page.block_row(one, one.drafts), "result": counted.get(one.pk)} for one in blocks]  # type: ignore[attr-defined]
    own = [{"slug": slug, "name": slug} for slug in listing.purposes_there() if slug not in PURPOSES]
    context = {
        "asked": asked,
        "filtered": any(asked.values()),
        "phases": [{**phase, "blocks": [r for r in rows if r["phase"] == phase["slug"]]} for phase in page.phases()],
        "page": paged,
        "days": DAYS,
        "purposes": page.choices(PURPOSES) + own,
        "channels": page.channels(),
        "languages": page.languages(),
        "states": [{"slug": "waiting", "name": _("waits for approval")}]
        + [{"slug": slug, "name": name} for slug, name in Block.State.choices],
        "owners": [{"slug": str(one.pk), "name": page.person_name(one)} for one in listing.owners()],
    }
    part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, f"journeys/content/{'_list' if part else 'library'}.html", context)


@require_GET
@marketing_only
def content_block(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one block: as a person gets it, its review, what is wrong, where it is used and how it does."""
    block = _block(slug)
    return render(
        request,
        "journeys/content/_block.html" if request.htmx else "journeys/content/block.html",  # type: ignore[attr-defined]
        shown_block(request, block, now=timezone.now()),
    )


@require_GET
@marketing_only
@xframe_options_sameorigin
def content_preview(request: HttpRequest, slug: str, contact_id: int) -> HttpResponse:
    """Answer the message itself, for a sandboxed frame only."""
    block = _block(slug)
    texts = texts_to_show(request, block)
    person = Contact.objects.select_related("account").filter(pk=contact_id).first() if contact_id < 2**63 else None
    if texts is None or person is None:
        raise Http404
    seen = previewing.look(block, texts, person)
    if seen.failure:
        raise Http404(seen.failure)
    return framed(seen.html, dark=request.GET.get("dark") == "1")


def framed(html: str, *, dark: bool) -> HttpResponse:
    """Answer a mail so that nothing in it can do anything."""
    return HttpResponse(previewing.in_light(html, dark=dark), headers={"Content-Security-Policy": PREVIEW_CSP})


@require_http_methods(["GET", "POST"])
@marketing_only
def content_new(request: HttpRequest) -> HttpResponse:
    """Make a block; the coverage matrix fills in where it is missing."""
    wanted = {name: request.GET.get(name, "")[:50] for name in ("phase", "purpose", "channel")}
    form = BlockForm(request.POST or None, initial={**wanted, "owner": request.user.pk})
    if request.method == "POST" and form.is_valid():
        try:
            block = operations.create_block(given=form.cleaned_data, now=timezone.now())
        except operations.SlugTaken:
            form.add_error("slug", _("There is a block with this short name."))
        else:
            key = asked_key(request)
            query = f"?channel={block.channel}&language={key[1]}"
            return redirect(reverse("content_edit", args=[block.slug]) + query)
    return _basics(request, form, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def content_basics(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what a block is called and stands for."""
    block = _block(slug)
    form = BlockForm(request.POST or None, instance=block)
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "slug"}
        operations.change_block(block_id=block.pk, given=given)
        messages.success(request, _("Saved."))
        return redirect("content_block", slug)
    return _basics(request, form, slug)


def _basics(request: HttpRequest, form: BlockForm, slug: str | None) -> HttpResponse:
    status = 400 if request.method == "POST" else 200
    context: dict[str, Any] = {"form": form, "slug": slug, "wide": ("signals",)}
    return render(request, "journeys/content/basics.html", context, status=status)


@require_POST
@marketing_only
def content_duplicate(request: HttpRequest, slug: str) -> HttpResponse:
    """Copy a block with its newest texts."""
    copy = operations.duplicate_block(block_id=_block(slug).pk, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("This is the copy. Give it a name of its own."))
    return redirect("content_basics", copy.slug)


@require_POST
@marketing_only
def content_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a block away, unless a journey that runs sends it; or take it out again."""
    block = _block(slug)
    if block.state == Block.State.ARCHIVED:
        operations.unarchive_block(block_id=block.pk)
        messages.success(request, _("“%(name)s” is out of the archive.") % {"name": block.name})
        return redirect("content_block", slug)
    try:
        operations.archive_block(block_id=block.pk)
    except operations.StillSent as still:
        names = ", ".join(f"{use.journey} ({use.step})" for use in still.uses)
        said = {"name": block.name, "names": names}
        messages.error(request, _("“%(name)s” cannot be archived while it is sent by: %(names)s.") % said)
    else:
        messages.success(request, _("“%(name)s” is archived; no step can send it.") % {"name": block.name})
    return redirect("content_block", slug)


@require_GET
@marketing_only
def content_people(request: HttpRequest) -> HttpResponse:
    """Suggest people to show a preview as, while somebody types."""
    words = request.GET.get("as", "").replace("\0", "").strip()
    people = listing.people_named(words)[:8] if words else []
    return render(request, "journeys/content/_people.html", {"people": people})


def _block(slug: str) -> Block:
    block = listing.one_block(slug)
    if block is None:
        raise Http404
    return block
