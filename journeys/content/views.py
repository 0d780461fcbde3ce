"""The content library: what there is by phase, channel and language, and how it looks for a person. It changes nothing."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from contacts.profiles.models import Contact
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.content import listing, queries
from journeys.content.models import Block
from journeys.content.rules import ContentProblem, MissingContent, Problem
from orchestrator.kernel.access import marketing_only
from orchestrator.kernel.fields import translated

# What authors write runs nothing and reaches nobody but the pictures it shows.
PREVIEW_CSP = (
    "sandbox; default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


@marketing_only
@require_GET
def content(request: HttpRequest) -> HttpResponse:
    """Show every block by phase and channel, and which languages it has."""
    blocks = listing.library()
    phases = [
        {"slug": phase, "name": translated(names), "blocks": [_row(block) for block in blocks if block.phase == phase]}
        for phase, names in PHASE_NAMES.items()
    ]
    languages = [{"slug": code, "name": name} for code, name in settings.LANGUAGES]
    return render(request, "journeys/content/library.html", {"phases": phases, "languages": languages})


@marketing_only
@require_GET
def content_block(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one block: its languages, what is wrong with them, where it is used, and how it looks for a person."""
    block = listing.one_block(slug)
    if block is None:
        raise Http404
    language = _language(request)
    words = request.GET.get("as", "").strip().replace("\0", "")
    variant = listing.one_variant(block, language)
    person = listing.preview_person(words, language)
    context = {
        "piece": _row(block),
        "chosen": language,
        "languages": [{"slug": code, "name": name} for code, name in settings.LANGUAGES],
        "words": words,
        "person": {"id": person.pk, "name": person.name} if person else None,
        "has_text": variant is not None,
        "problems": [_problem(problem) for problem in queries.problems_of(variant)] if variant else [],
        "uses": listing.used_by(slug),
        **_subject(block, variant is not None, person, language),
    }
    fragment = request.htmx  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "journeys/content/_block.html" if fragment else "journeys/content/block.html", context)


@marketing_only
@require_GET
@xframe_options_sameorigin
def content_preview(request: HttpRequest, slug: str, contact_id: int) -> HttpResponse:
    """Answer the message itself, for a sandboxed frame only."""
    block = listing.one_block(slug)
    if block is None:
        raise Http404
    try:
        html = queries.preview(block.pk, contact_id, _language(request)).html
    except (MissingContent, ContentProblem, Contact.DoesNotExist) as problem:
        raise Http404 from problem
    return HttpResponse(html, headers={"Content-Security-Policy": PREVIEW_CSP})


def _subject(block: Block, has_text: bool, person: Contact | None, language: str) -> dict[str, Any]:
    """The subject line as the person would read it, or why the message cannot be made."""
    if not has_text or person is None:
        return {"subject": "", "failure": ""}
    try:
        return {"subject": queries.preview(block.pk, person.pk, language).subject, "failure": ""}
    except (MissingContent, ContentProblem) as problem:
        return {"subject": "", "failure": str(problem)}


def _problem(problem: Problem) -> dict[str, str]:
    fields = {"subject": _("Subject"), "preheader": _("Preview line"), "body": _("Text")}
    return {"field": fields.get(problem.field, problem.field), "message": problem.message, "level": problem.level}


def _row(block: Block) -> dict[str, Any]:
    present = {variant.language for variant in block.variants.all()}
    channels = {"email": _("E-mail")}
    return {
        "slug": block.slug,
        "name": block.name,
        "channel": channels.get(block.channel, block.channel),
        "phase": block.phase,
        "phase_name": translated(PHASE_NAMES[Phase(block.phase)]),
        "state": block.state,
        "state_name": block.get_state_display(),
        "version": block.version,
        "changed_at": block.changed_at,
        "languages": [{"slug": code, "name": name, "present": code in present} for code, name in settings.LANGUAGES],
    }


def _language(request: HttpRequest) -> str:
    given = request.GET.get("language") or (get_language() or "en")[:2]
    return given if given in dict(settings.LANGUAGES) else "en"
