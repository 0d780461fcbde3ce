"""The rules of this app that name attributes: segments, signals, stages and scores."""

from collections.abc import Iterator
from typing import Any

from contacts.attributes.registry import Use, register_users
from contacts.conditions.language import depends_on
from contacts.scores.models import ScoreRule
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.stages.models import Stage


def _rules() -> Iterator[tuple[Any, Use]]:
    for segment in Segment.objects.all():
        yield segment.condition, Use("segment", segment.slug, segment.name_en, segment.name_de)
    for signal in Signal.objects.all():
        yield signal.condition, Use("signal", signal.slug, signal.name_en, signal.name_de)
    for stage in Stage.objects.all():
        for condition in (stage.condition, stage.leave):
            yield condition, Use("stage", stage.slug, stage.name_en, stage.name_de)
    for rule in ScoreRule.objects.select_related("score"):
        yield rule.condition, Use("score", rule.score.slug, rule.score.name_en, rule.score.name_de)


def users() -> Iterator[tuple[str, Use]]:
    """List the attributes that rules name."""
    for condition, use in _rules():
        for key in depends_on(condition).attributes:
            yield key, use


register_users(users)
