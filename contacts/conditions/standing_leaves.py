"""Leaves on where somebody stands: segments, signals, stages and phases, and for how long."""

from typing import Any

from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from contacts.conditions.expressions import All, Compare
from contacts.conditions.names import Names, named, quoted, spaced
from contacts.conditions.parts import (
    STANDING,
    one_of_problems,
    say_standing,
    say_within,
    since_in_window,
    slug_problems,
    window_problems,
    window_q,
)
from contacts.conditions.registry import Context, Leaf, Moments
from contacts.conditions.rules import Dependencies, Problem
from contacts.stages.rules import PHASE_NAMES, Phase
from orchestrator.kernel.fields import translated

TIMED = {"for", "within"}


class SegmentLeaf(Leaf):
    """`{"segment": "big-spenders"}`: in the segment now; `for`: so long already; `within`: came in so recently."""

    key = "segment"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "segment", {"segment", *STANDING})
        return problems + window_problems(node, path, *STANDING)

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        return Exists(self._members(node, context).filter(window_q(node, "since", context.now)))

    def _members(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        from contacts.segments.models import SegmentMember

        return SegmentMember.objects.filter(
            contact_id=OuterRef(context.subject.reference), segment__slug=node["segment"]
        )

    def moments(self, node: dict[str, Any]) -> list[Moments]:
        from contacts.segments.models import SegmentMember

        return [Moments(SegmentMember.objects.filter(segment__slug=node["segment"]), "since")]

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        from contacts.segments.models import SegmentChange

        changes = SegmentChange.objects.filter(
            contact_id=OuterRef(context.subject.reference), segment__slug=node["segment"], at__lte=context.now
        )
        left = changes.order_by().values("contact_id").annotate(at_last=Max("at")).values("at_last")
        return Coalesce(Subquery(self._members(node, context).values("since")[:1]), Subquery(left))

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        name = quoted(names, "segment", node["segment"], language)
        return {"en": "in segment {}", "de": "im Segment {}"}[language].format(name) + say_standing(node, language)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return {"en": "not {}", "de": "nicht {}"}[language].format(self.say(node, language, names))

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"segment:{node['segment']}"}, timed=bool(TIMED & set(node)))


class SignalLeaf(Leaf):
    """`{"signal": "repeated-pricing", "within": "2d"}`: fired in the window, or (without one) still holding.

    In a journey also `"since": "entry"` or `"step"`: fired after the person came in, or to the step.
    """

    key = "signal"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "signal", {"signal", "within", "since"})
        problems += window_problems(node, path, "within", "since")
        return problems + one_of_problems(node, path, "since", ("entry", "step"))

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        fired = self._fired(node, context)
        if "within" in node:
            return Exists(fired.filter(window_q(node, "fired_at", context.now)))
        if "since" in node and context.subject.run:
            return Exists(
                fired.filter(fired_at__gt=OuterRef("entered_at" if node["since"] == "entry" else "arrived_at"))
            )
        begin = ExpressionWrapper(Value(context.now) - F("signal__holds_for"), output_field=DateTimeField())
        return Exists(fired.filter(fired_at__gt=begin))

    def _fired(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        from contacts.signals.models import SignalFiring

        return SignalFiring.objects.filter(
            contact_id=OuterRef(context.subject.reference), signal__slug=node["signal"], fired_at__lte=context.now
        )

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        newest = self._fired(node, context).order_by().values("contact_id").annotate(at=Max("fired_at")).values("at")
        return Subquery(newest)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        words = {"en": ("signal {} fired", "signal {} holds"), "de": ("Signal {} ausgelöst", "Signal {} gilt")}
        return self._say(node, language, names, words)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        words = {
            "en": ("signal {} did not fire", "signal {} does not hold"),
            "de": ("Signal {} nicht ausgelöst", "Signal {} gilt nicht"),
        }
        return self._say(node, language, names, words)

    def _say(self, node: dict[str, Any], language: str, names: Names | None, words: dict[str, tuple[str, str]]) -> str:
        fired, holds = words[language]
        name = quoted(names, "signal", node["signal"], language)
        if "within" in node:
            return fired.format(name) + say_within(node["within"], language)
        if "since" in node:
            return fired.format(name) + SINCE_WORDS[language][node["since"]]
        return holds.format(name)

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"signal:{node['signal']}"}, timed=True)


SINCE_WORDS = {
    "en": {"entry": " since the entry", "step": " since this step"},
    "de": {"entry": " seit dem Eintritt", "step": " seit diesem Schritt"},
}


class StageLeaf(Leaf):
    """`{"stage": "active"}`, `{"phase": "retention"}`: where the person stands now; `for`, `within`: since when."""

    def __init__(self, key: str) -> None:
        self.key = key

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, self.key, {self.key, *STANDING})
        return problems + window_problems(node, path, *STANDING)

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        stands = Compare(self.value(node, context), "=", Value(node[self.key]))
        if not TIMED & set(node):
            return stands
        return All(stands, *since_in_window(node, self.since(node, context), context.now))

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return F(f"{context.subject.prefix}stage__{'slug' if self.key == 'stage' else 'phase'}")  # type: ignore[return-value]

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        stage_since = F(f"{context.subject.prefix}stage_since")
        if self.key == "stage":
            return stage_since  # type: ignore[return-value]
        from contacts.stages.models import StageChange

        moves = StageChange.objects.filter(contact_id=OuterRef(context.subject.reference), at__lte=context.now)
        moves = moves.filter(Q(from_stage=None) | ~Q(from_stage__phase=F("to_stage__phase")))
        newest = moves.order_by().values("contact_id").annotate(newest=Max("at")).values("newest")
        return Coalesce(Subquery(newest), stage_since)

    def moments(self, node: dict[str, Any]) -> list[Moments]:
        from contacts.profiles.models import Contact
        from contacts.stages.models import StageChange

        if self.key == "stage":
            return [Moments(Contact.objects.filter(stage__slug=node["stage"]), "stage_since", "pk")]
        here = Contact.objects.filter(stage__phase=node["phase"])
        moves = StageChange.objects.filter(to_stage__phase=node["phase"])
        return [Moments(here, "stage_since", "pk"), Moments(moves, "at")]

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, {"en": "is", "de": "ist"}) + say_standing(node, language, comma=True)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        if TIMED & set(node):
            return super().say_not(node, language, names)
        return self._say(node, language, names, {"en": "is not", "de": "ist nicht"})

    def _say(self, node: dict[str, Any], language: str, names: Names | None, verb: dict[str, str]) -> str:
        slug = node[self.key]
        if self.key == "phase":
            name = translated(PHASE_NAMES[Phase(slug)], language) if slug in list(Phase) else spaced(slug)
            return f"{ {'en': 'phase', 'de': 'Phase'}[language] } {verb[language]} {name}"
        return f"{ {'en': 'stage', 'de': 'Stufe'}[language] } {verb[language]} {named(names, 'stage', slug, language)}"

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"stage"}, timed=bool(TIMED & set(node)))
