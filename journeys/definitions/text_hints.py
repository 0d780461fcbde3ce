"""Texts that do not fit the step that sends them: questions without a survey, offers that nobody made."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from journeys.content.models import Block

SURVEY = re.compile(r"\{[{%][^{}]*\bsurvey\.(url|choices)\b")
OFFER = re.compile(r"\{[{%][^{}]*\boffer\.")


def text_hints(
    steps: Iterable[Mapping[str, Any]], blocks: Mapping[str, Block]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Find messages whose text does not fit their step, each with the reason. blocks: with their variants, by short name."""
    steps = list(steps)
    offered = any(step.get("kind") == "offer" for step in steps)
    for step in steps:
        block = blocks.get(str(step.get("block")))
        if block is None:
            continue
        channel = step.get("channel") or block.channel
        texts = [f"{one.subject} {one.body}" for one in block.variants.all() if one.channel == channel]
        name = {"name": block.name}
        asking = [text for text in texts if SURVEY.search(text)]
        if step.get("kind") == "survey" and len(asking) < len(texts):
            yield step, _("“%(name)s” does not lead to the question: its text needs the link to the survey.") % name
        if step.get("kind") == "send" and asking:
            yield step, _("“%(name)s” leads to a question, but this step asks none: make it a survey.") % name
        if not offered and not step.get("offer") and any(OFFER.search(text) for text in texts):
            yield step, _("“%(name)s” speaks of an offer, but this journey makes none.") % name
