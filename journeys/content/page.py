"""What the pages of content show of blocks, as plain values."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.content.models import Block, Revision
from journeys.content.rules import (
    CHANNEL_NAMES,
    CHANNELS,
    LANGUAGE_NAMES,
    LANGUAGES,
    PURPOSES,
    Key,
    Problem,
)
from orchestrator.kernel.fields import translated

TONES = {"approved": "green", "in_review": "blue", "draft": "grey", "archived": "grey", "rejected": "red"}


def phases() -> list[dict[str, str]]:
    """List the phases for a choice."""
    return [{"slug": phase.value, "name": translated(names)} for phase, names in PHASE_NAMES.items()]


def choices(names: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    """List names in the active language for a choice."""
    return [{"slug": slug, "name": translated(dict(each))} for slug, each in names.items()]


def channels() -> list[dict[str, str]]:
    """List the channels for a choice."""
    return choices(CHANNEL_NAMES)


def languages() -> list[dict[str, str]]:
    """List the languages for a choice."""
    return choices(LANGUAGE_NAMES)


def purpose_name(slug: str) -> str:
    """Say a purpose; one that only files know, as it is."""
    return translated(PURPOSES.get(slug, slug))


def channel_name(slug: str) -> str:
    """Say a channel."""
    return translated(CHANNEL_NAMES.get(slug, slug))


def variant_name(key: Key) -> str:
    """Say a variant: "E-mail · German · arm B"."""
    channel, language, arm = key
    parts = [channel_name(channel), translated(LANGUAGE_NAMES[language])]
    return " · ".join([*parts, _("arm %(arm)s") % {"arm": arm}] if arm else parts)


def person_name(user: Any) -> str:
    """Say who somebody of the team is."""
    return (user.get_full_name() or user.get_username()) if user else ""


def block_row(block: Block, drafts: list[Revision] | None = None) -> dict[str, Any]:
    """What lists and heads show of a block. drafts: its open one, if there is one."""
    keys = {(v.channel, v.language, v.arm) for v in block.variants.all()}
    used = [channel for channel in CHANNELS if any(key[0] == channel for key in keys)] or [block.channel]
    draft = drafts[0] if drafts else None
    return {
        "slug": block.slug,
        "name": block.name,
        "channel": block.channel,
        "channels": [
            {
                "slug": channel,
                "name": channel_name(channel),
                "languages": [
                    {"slug": code, "name": translated(LANGUAGE_NAMES[code]), "present": (channel, code, "") in keys}
                    for code in LANGUAGES
                ],
            }
            for channel in used
        ],
        "arms": sorted({key[2] for key in keys if key[2]}),
        "phase": block.phase,
        "phase_name": translated(PHASE_NAMES[Phase(block.phase)]),
        "purpose": purpose_name(block.purpose),
        "owner": person_name(block.owner),
        "state": block.state,
        "state_name": block.get_state_display(),
        "tone": TONES[block.state],
        "waiting": draft_badge(block, draft),
        "version": block.version if keys else None,
        "changed_at": block.changed_at,
    }


def draft_badge(block: Block, draft: Revision | None) -> dict[str, str] | None:
    """What waits beside what is approved, or why it came back."""
    if draft is None or (block.state == draft.state):
        return None
    names = {
        Revision.State.DRAFT: _("draft v%(n)s"),
        Revision.State.IN_REVIEW: _("v%(n)s in review"),
        Revision.State.REJECTED: _("v%(n)s sent back"),
    }
    return {"name": names[Revision.State(draft.state)] % {"n": draft.number}, "tone": TONES[draft.state]}


def problem_row(problem: Problem, key: Key | None = None) -> dict[str, Any]:
    """One finding with its place."""
    fields = {"subject": _("Subject"), "preheader": _("Preview line"), "body": _("Text")}
    return {
        "variant": variant_name(key) if key else "",
        "field": fields.get(problem.field, problem.field),
        "message": problem.message,
        "level": problem.level,
        "stops": problem.stops,
    }


def translated_language(code: str) -> str:
    """Say a language."""
    return translated(LANGUAGE_NAMES[code])
