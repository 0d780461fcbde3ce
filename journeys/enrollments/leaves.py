"""The journey leaf; the touch leaf stands in touch_leaf."""

from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Expression

from contacts.conditions.names import Names, quoted, register_names
from contacts.conditions.parts import one_of_problems, say_within, slug_problems, window_problems, window_q
from contacts.conditions.registry import Context, Leaf, Moments, register
from contacts.conditions.rules import Dependencies, Problem
from journeys.enrollments.touch_leaf import TOUCH_STATES, TouchLeaf

__all__ = ["JOURNEY_STATES", "TOUCH_STATES", "JourneyLeaf", "TouchLeaf"]
JOURNEY_STATES = {
    "in": Q(left_at=None),
    "left": Q(left_at__isnull=False),
    "goal": Q(reason="goal"),
    "completed": Q(reason="completed"),
}
WORDS = {
    "en": {
        "in": ("is in journey {}", "is not in journey {}"),
        "left": ("has left journey {}", "has not left journey {}"),
        "goal": ("has reached the goal of {}", "has not reached the goal of {}"),
        "completed": ("has completed {}", "has not completed {}"),
    },
    "de": {
        "in": ("ist in Journey {}", "ist nicht in Journey {}"),
        "left": ("hat Journey {} verlassen", "hat Journey {} nicht verlassen"),
        "goal": ("hat das Ziel von {} erreicht", "hat das Ziel von {} nicht erreicht"),
        "completed": ("hat {} durchlaufen", "hat {} nicht durchlaufen"),
    },
}
ENTERED = {"en": ", entered{}", "de": ", eingetreten{}"}


class JourneyLeaf(Leaf):
    """`{"journey": "onboarding", "state": "goal", "within": "90d"}`; the state is "in" unless said."""

    key = "journey"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "journey", {"journey", "state", "within"})
        problems += one_of_problems(node, path, "state", tuple(JOURNEY_STATES))
        return problems + window_problems(node, path, "within")

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        return Exists(self._runs(node, context).filter(window_q(node, self._moment(node), context.now)))

    def _runs(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        return self._in_state(node).filter(contact_id=OuterRef(context.subject.reference))

    def _in_state(self, node: dict[str, Any]) -> QuerySet[Any]:
        from journeys.enrollments.models import Enrollment

        return Enrollment.objects.filter(JOURNEY_STATES[node.get("state", "in")], journey__slug=node["journey"])

    def moments(self, node: dict[str, Any]) -> list[Moments]:
        return [Moments(self._in_state(node), self._moment(node))]

    def _moment(self, node: dict[str, Any]) -> str:
        """The column with the instant at which a run came into the state."""
        return "entered_at" if node.get("state", "in") == "in" else "left_at"

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        newest = self._runs(node, context).order_by().values("contact_id").annotate(newest=Max(self._moment(node)))
        return Subquery(newest.values("newest"))

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, 0)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        if "within" in node and node.get("state", "in") == "in":
            return super().say_not(node, language, names)
        return self._say(node, language, names, 1)

    def _say(self, node: dict[str, Any], language: str, names: Names | None, way: int) -> str:
        state = node.get("state", "in")
        text = WORDS[language][state][way].format(quoted(names, "journey", node["journey"], language))
        if "within" not in node:
            return text
        window = say_within(node["within"], language)
        return text + (ENTERED[language].format(window) if state == "in" else window)

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"journey:{node['journey']}"}, timed="within" in node)


register(JourneyLeaf())
register(TouchLeaf())


def _journeys() -> QuerySet[Any]:
    from journeys.definitions.models import Journey

    return Journey.objects.all()


def _blocks() -> QuerySet[Any]:
    from journeys.content.models import Block

    return Block.objects.all()


register_names("journey", _journeys)
register_names("block", _blocks)
