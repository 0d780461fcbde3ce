"""Reads what a page of content was asked to show: which texts, as whom, in which light; and collects it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from contacts.profiles.models import Contact
from contacts.signals.models import Signal
from journeys.content import editing, listing, page, previewing
from journeys.content.checking import problems_in
from journeys.content.models import Block, Revision
from journeys.content.rules import CHANNELS, LANGUAGES, Key
from journeys.content.texts import Texts, key_of, texts_at, texts_of

DAYS = 30


def asked_key(request: HttpRequest) -> Key:
    """Say which variant a page is about: channel, language, arm, each as it was asked for or its default."""
    given = request.POST if request.method == "POST" and "channel" in request.POST else request.GET
    channel, language = given.get("channel", ""), given.get("language", "")
    mine = (get_language() or "en")[:2]
    return (
        channel if channel in CHANNELS else "",
        language if language in LANGUAGES else (mine if mine in LANGUAGES else "en"),
        given.get("arm", "").replace("\0", "")[:50],
    )


def look_of(request: HttpRequest) -> dict[str, Any]:
    """Say as whom and in which light a preview is wanted."""
    given = request.POST if request.method == "POST" else request.GET
    return {
        "words": given.get("as", "").replace("\0", "").strip()[:200],
        "dark": given.get("dark") == "1",
        "phone": given.get("phone") == "1",
    }


def found_person(words: str, language: str) -> Contact | None:
    """Find whom to show a preview as."""
    return listing.preview_person(words, language)


def variants_of(block: Block, draft: Revision | None) -> list[Texts]:
    """Give the texts of a draft, or those that are sent."""
    return draft.variants if draft else [texts_of(variant) for variant in block.variants.all()]


def draft_to_show(request: HttpRequest, block: Block) -> Revision | None:
    """Say whether the draft is shown: it is when asked for, or when nothing is sent."""
    draft = editing.open_revision(block)
    wanted = request.GET.get("show") == "draft" or not list(block.variants.all())
    return draft if wanted else None


def texts_to_show(request: HttpRequest, block: Block) -> Texts | None:
    """Find the texts of the variant that a preview is about."""
    channel, language, arm = asked_key(request)
    return texts_at(variants_of(block, draft_to_show(request, block)), (channel or block.channel, language, arm))


def shown_block(request: HttpRequest, block: Block, *, now: datetime) -> dict[str, Any]:
    """Collect the page of one block."""
    waiting, draft = editing.open_revision(block), draft_to_show(request, block)
    variants = variants_of(block, draft)
    channel, language, arm = asked_key(request)
    key = (channel or block.channel, language, arm)
    texts, asked = texts_at(variants, key), look_of(request)
    preview = None
    if texts is not None:
        preview = previewing.shown(block, variants, texts, found_person(asked["words"], language), asked)
    return {
        "piece": page.block_row(block, [waiting] if waiting else []),
        "keys": {"channel": key[0], "language": key[1], "arm": key[2]},
        "variants": [variant_choice(one, key) for one in sorted_keys(variants, key)],
        "there": texts is not None,
        "draft_shown": draft is not None,
        "both": waiting is not None and bool(list(block.variants.all())),
        "look": preview or asked,
        "problems": [page.problem_row(problem, key) for key, problem in problems_in(variants)],
        "uses": listing.used_by(block.slug),
        "result": listing.results([block.pk], since=now - timedelta(days=DAYS)).get(block.pk),
        "days": DAYS,
        "signals": [one.name for one in Signal.objects.filter(slug__in=block.signals)],
        "review": review_of(request, waiting),
    }


def sorted_keys(variants: list[Texts], also: Key | None = None) -> list[Key]:
    """List the variants by channel, arm and language; also: one that is asked for, though it may not be there."""
    keys = {key_of(texts) for texts in variants} | ({also} if also else set())
    return sorted(keys, key=lambda key: (CHANNELS.index(key[0]), key[2], key[1] != "en"))


def variant_choice(key: Key, chosen: Key) -> dict[str, Any]:
    """One variant to choose from."""
    return {
        "channel": key[0],
        "language": key[1],
        "arm": key[2],
        "name": page.variant_name(key),
        "chosen": key == chosen,
    }


def review_of(request: HttpRequest, revision: Revision | None) -> dict[str, Any] | None:
    """What somebody may do with the draft that waits, and who did what before."""
    if revision is None:
        return None
    alone = settings.CONTENT_APPROVAL == "one"
    in_review = revision.state == Revision.State.IN_REVIEW
    own = revision.by_id == request.user.pk
    return {
        "number": revision.number,
        "edits": revision.edits,
        "state": revision.state,
        "state_name": revision.get_state_display(),
        "tone": page.TONES[revision.state],
        "by": page.person_name(revision.by),
        "at": revision.at,
        "note": revision.note,
        "reviewed_by": page.person_name(revision.reviewed_by),
        "own": own,
        "may_ask": not in_review and bool(revision.variants) and not alone,
        "may_approve": bool(revision.variants) and (alone or (in_review and not own)),
        "may_send_back": in_review and not own,
        "may_take_back": in_review,
    }
