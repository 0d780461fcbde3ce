"""What a file says of content and offers: what is here described, and what a file brings in the same form."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from journeys.content.models import Block
from journeys.content.rules import ContentProblem
from journeys.content.texts import Texts, clean_texts, composed, texts_of
from journeys.offers.models import Offer
from journeys.offers.queries import exported, read_value

SHORT = ("subject", "preheader", "body", "parts")  # of a text that is everybody's, in the channel of its block


def described_blocks(slugs: Collection[str]) -> dict[str, dict[str, Any]]:
    """Read content by its short names with the texts that are sent, or with the newest where none is approved yet."""
    rows = Block.objects.filter(slug__in=slugs).prefetch_related("variants", "revisions")
    return {row.slug: describe_block(row) for row in rows}


def describe_block(block: Block) -> dict[str, Any]:
    """One block as a file says it. Its state is not part of a file: each installation approves for itself."""
    texts = [texts_of(variant) for variant in block.variants.all()]
    newest = max(block.revisions.all(), key=lambda revision: revision.number, default=None)
    found = {
        "slug": block.slug,
        "channel": block.channel,
        "phase": block.phase,
        "name": {"en": block.name_en, "de": block.name_de},
        "purpose": block.purpose,
        "signals": block.signals,
        "variants": _written(block.channel, texts or (newest.variants if newest else [])),
    }
    return {key: value for key, value in found.items() if value or key == "variants"}


def normal_block(given: Mapping[str, Any]) -> dict[str, Any]:
    """A block of a file in the form in which blocks are described; wrong texts stay as they are, to be refused later."""
    channel = given.get("channel", "email")
    kept = {key: value for key, value in given.items() if key != "state" and value}
    try:
        texts = [composed(clean_texts(one)) for one in _listed(channel, given.get("variants") or {})]
    except (ContentProblem, AttributeError, TypeError):
        return {"channel": channel, **kept}
    return {"channel": channel, **kept, "variants": _written(channel, texts)}


def normal_offer(given: Mapping[str, Any]) -> dict[str, Any]:
    """An offer of a file in the form in which offers are written; a wrong one stays as it is, to be refused later."""
    values, problems = read_value(given, "")
    return dict(given) if problems else exported(Offer(**values))


def _listed(channel: str, variants: Any) -> list[dict[str, Any]]:
    if isinstance(variants, Mapping):
        return [{**texts, "language": language, "channel": channel} for language, texts in variants.items()]
    return [{"channel": channel, **texts} for texts in variants]


def _written(channel: str, texts: Iterable[Texts]) -> Any:
    """Texts by language where there is one of each for everybody, else a list in a fixed order."""
    ranked = sorted(texts, key=lambda one: (one["channel"], one["arm"], one["language"]))
    if all(one["channel"] == channel and not one["arm"] for one in ranked):
        return {one["language"]: {key: one[key] for key in SHORT if one.get(key)} for one in ranked}
    return [{key: one[key] for key in ("channel", "language", "arm", *SHORT) if one.get(key)} for one in ranked]
