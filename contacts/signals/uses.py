"""What segments, signals, stages and scores name in their rules."""

from collections.abc import Iterator

from contacts.conditions.uses import Use, named_by, register_uses
from contacts.scores.models import ScoreRule
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.stages.models import Stage
from orchestrator.kernel.fields import Named


def rule_uses() -> Iterator[Use]:
    """What the rules of these rooms name."""
    for segment in Segment.objects.all():
        yield from _of("segment", segment.slug, segment, segment.condition, "rule")
    for signal in Signal.objects.all():
        yield from _of("signal", signal.slug, signal, signal.condition, "rule")
        if signal.key_event:
            yield Use("event", signal.key_event, "signal", signal.slug, _names(signal), "key")
    for stage in Stage.objects.all():
        yield from _of("stage", stage.slug, stage, stage.condition, "rule")
        yield from _of("stage", stage.slug, stage, stage.leave, "leave")
    for rule in ScoreRule.objects.select_related("score").order_by("score__slug", "position", "pk"):
        for condition in (rule.condition, rule.event):
            yield from _of("score", rule.score.slug, rule.score, condition, "points")


def _of(room: str, slug: str, row: Named, condition: dict | None, how: str) -> Iterator[Use]:
    for kind, named in named_by(condition):
        if (kind, named) != (room, slug):
            yield Use(kind, named, room, slug, _names(row), how)


def _names(row: Named) -> dict[str, str]:
    return {"en": row.name_en, "de": row.name_de}


register_uses(rule_uses)
