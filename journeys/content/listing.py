"""Reads for the content library: blocks by phase, who uses them, and whom to show a preview as."""

from typing import NamedTuple

from django.db.models import F, Q

from contacts.profiles.models import Contact
from journeys.content.models import Block, Variant
from journeys.definitions.models import Step


class Use(NamedTuple):
    """A step of a live version that sends a block."""

    journey_slug: str
    journey: str
    step: str


def library() -> list[Block]:
    """List every block with its variants, by phase; two statements."""
    return list(
        Block.objects.exclude(state=Block.State.ARCHIVED).prefetch_related("variants").order_by("channel", "slug")
    )


def one_block(slug: str) -> Block | None:
    """Read a block with its variants."""
    return Block.objects.prefetch_related("variants").filter(slug=slug).first()


def used_by(slug: str) -> list[Use]:
    """List the steps of live versions that send a block."""
    live = Step.objects.filter(settings__block=slug, version=F("version__journey__live_version"))
    steps = live.select_related("version__journey").order_by("version__journey__slug", "position")
    return [Use(step.version.journey.slug, step.version.journey.name, step.name) for step in steps]


def preview_person(words: str, language: str) -> Contact | None:
    """Find the person to show a preview as: by address or id; without words somebody who speaks the language."""
    if not words:
        return (
            Contact.objects.filter(language=language).order_by("pk").first() or Contact.objects.order_by("pk").first()
        )
    wanted = Q(email=words.lower()) | Q(external_id=words)
    if words.isdecimal() and len(words) < 19:
        wanted |= Q(pk=int(words))
    return Contact.objects.filter(wanted).order_by("pk").first()


def one_variant(block: Block, language: str) -> Variant | None:
    """Pick the variant of a language out of a block read before."""
    return next((variant for variant in block.variants.all() if variant.language == language), None)
