"""Which content a journey has, by phase, purpose, channel and language, and which places are empty."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, F, Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.content import page
from journeys.content.listing import OPEN
from journeys.content.models import Block, Revision
from journeys.content.rules import CHANNELS, LANGUAGES, PURPOSES
from journeys.content.texts import key_of
from orchestrator.kernel.fields import translated

FEWEST, MOST = 5, 10  # blocks of a journey that says enough and not too much


def sends(definition: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what the steps of a definition send, in order: short name of the block, channel or empty for the block's own."""
    steps = (step for step in definition.get("steps") or () if isinstance(step, Mapping))
    return [(str(step["block"]), str(step.get("channel") or "")) for step in steps if step.get("block")]


def arms_of(definition: Mapping[str, Any]) -> set[str]:
    """List the arms of the splits of a definition that get messages."""
    steps = (step for step in definition.get("steps") or () if isinstance(step, Mapping))
    arms = (arm for step in steps if step.get("kind") == "split" for arm in step.get("arms") or ())
    return {str(arm["name"]) for arm in arms if isinstance(arm, Mapping) and arm.get("name") and not arm.get("holdout")}


def read_blocks(slugs: Iterable[str]) -> dict[str, Block]:
    """Read blocks with their variants and open drafts, by short name; three statements."""
    drafts = Revision.objects.filter(state__in=OPEN)
    found = Block.objects.filter(slug__in=set(slugs)).select_related("owner")
    return {
        block.slug: block
        for block in found.prefetch_related("variants", Prefetch("revisions", drafts, to_attr="drafts"))
    }


def covered(definition: Mapping[str, Any]) -> tuple[int, int]:
    """How many of the blocks that a definition sends are approved with a text in every language, and how many it sends.

    One statement at most.
    """
    wanted = {slug for slug, _channel in sends(definition)}
    if not wanted:
        return 0, 0
    whole = Block.objects.filter(slug__in=wanted, state=Block.State.APPROVED, variants__channel=F("channel"))
    languages = Count("variants__language", distinct=True)
    return whole.annotate(languages=languages).filter(languages=len(LANGUAGES)).count(), len(wanted)


def coverage(definition: Mapping[str, Any], *, phase: str, everything: bool) -> dict[str, Any]:
    """Collect the matrix of a journey, and what is missing. everything: every purpose and channel, not only those it has."""
    sent = list(dict.fromkeys(sends(definition)))
    blocks = read_blocks(slug for slug, _channel in sent)
    used = [(blocks[slug], channel or blocks[slug].channel) for slug, channel in sent if slug in blocks]
    channels = [one for one in CHANNELS if everything or any(one == channel for _block, channel in used)] or ["email"]
    rows = sorted({(block.phase, block.purpose) for block, _channel in used}, key=_order)
    if everything:
        rows = sorted({*rows, *((phase, purpose) for purpose in PURPOSES)}, key=_order)
    number = len({block.slug for block, _channel in used})
    return {
        "channels": [{"slug": one, "name": page.channel_name(one)} for one in channels],
        "languages": page.languages(),
        "rows": [_row(row, used, channels) for row in rows],
        "number": number,
        "advice": advice(number),
        "missing": missing(sent, blocks, arms_of(definition)),
    }


def advice(number: int) -> str:
    """Say whether a journey has as many blocks as it needs."""
    said = {"n": number, "fewest": FEWEST, "most": MOST}
    count = ngettext("%(n)s content block", "%(n)s content blocks", number) % said
    if number < FEWEST:
        return _(
            "%(count)s: %(fewest)s to %(most)s are good for a journey, so that nobody reads the same thing twice."
        ) % {**said, "count": count}
    if number > MOST:
        return _("%(count)s: more than %(most)s are hard to keep good. Is this one journey?") % {**said, "count": count}
    return _("%(count)s: a good number for a journey.") % {"count": count}


def missing(sent: Sequence[tuple[str, str]], blocks: Mapping[str, Block], arms: set[str]) -> list[dict[str, str]]:
    """List what stops or weakens the messages of a journey: blocks, approvals, channels, languages, arms."""
    found = []
    for slug, asked in sent:
        block = blocks.get(slug)
        if block is None:
            found.append({"slug": "", "name": slug, "text": _("there is no such content block")})
            continue
        found += [
            {"slug": slug, "name": block.name, "text": text} for text in _lacks(block, asked or block.channel, arms)
        ]
    return found


def _lacks(block: Block, channel: str, arms: set[str]) -> list[str]:
    keys = {key_of(_fields(variant)) for variant in block.variants.all()}
    if block.state != Block.State.APPROVED:
        return [_("is not approved: nothing is sent")]
    if not any(key[0] == channel for key in keys):
        return [_("has no text for the channel %(channel)s: nothing is sent") % {"channel": page.channel_name(channel)}]
    found = []
    everybody = {key[1] for key in keys if key[0] == channel and not key[2]}
    for arm in sorted({key[2] for key in keys if key[0] == channel and key[2]}):
        own = {key[1] for key in keys if key[0] == channel and key[2] == arm}
        if arm not in arms:
            found.append(_("has a text for the arm “%(arm)s”, which is in no split here") % {"arm": arm})
        found += [
            _("has no text in %(language)s for the arm “%(arm)s”")
            % {"language": page.translated_language(code), "arm": arm}
            for code in LANGUAGES
            if code not in own
        ]
    return found + [
        _("has no text in %(language)s") % {"language": page.translated_language(code)}
        for code in LANGUAGES
        if code not in everybody
    ]


def _row(row: tuple[str, str], used: Sequence[tuple[Block, str]], channels: Sequence[str]) -> dict[str, Any]:
    phase, purpose = row
    here = [(block, channel) for block, channel in used if (block.phase, block.purpose) == row]
    return {
        "phase": phase,
        "phase_name": translated(PHASE_NAMES[Phase(phase)]),
        "purpose": purpose,
        "purpose_name": page.purpose_name(purpose) or _("no purpose"),
        "cells": [
            {
                "channel": channel,
                "language": code,
                "name": f"{page.channel_name(channel)} · {page.translated_language(code)}",
                "blocks": [_slot(block, channel, code) for block, where in here if where == channel],
            }
            for channel in channels
            for code in LANGUAGES
        ],
    }


def _slot(block: Block, channel: str, language: str) -> dict[str, str]:
    there = any((v.channel, v.language, v.arm) == (channel, language, "") for v in block.variants.all())
    drafts: list[Revision] = block.drafts  # type: ignore[attr-defined]  # prefetched
    written = any(key_of(texts) == (channel, language, "") for draft in drafts for texts in draft.variants)
    if there and block.state == Block.State.APPROVED:
        state, tone, label = "approved", "green", _("approved")
    elif written or there:
        state, tone, label = "draft", "blue", _("not approved")
    else:
        state, tone, label = "missing", "amber", _("missing")
    return {"slug": block.slug, "name": block.name, "state": state, "tone": tone, "label": label}


def _fields(variant: Any) -> dict[str, str]:
    return {"channel": variant.channel, "language": variant.language, "arm": variant.arm}


def _order(row: tuple[str, str]) -> tuple[int, int, str]:
    phases, purposes = [phase.value for phase in Phase], list(PURPOSES)
    return phases.index(row[0]), purposes.index(row[1]) if row[1] in purposes else len(purposes), row[1]
