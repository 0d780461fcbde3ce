"""The handover leaf: whether sales has, had, won or gave back a person."""

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from contacts.conditions.names import Names
from contacts.conditions.parts import one_of_problems, say_within, unknown_keys, window_problems, window_q
from contacts.conditions.registry import Context, Leaf, Moments, register
from contacts.conditions.rules import Dependencies, Problem

STATES = ("waiting", "accepted", "rejected", "recycled", "won", "lost")
# since when a handover is in its state
REACHED = {"waiting": "created_at", "accepted": "answered_at"}
WORDS = {
    "en": {
        "waiting": ("waits for an answer of sales", "does not wait for an answer of sales"),
        "accepted": ("is in conversation with sales", "is not in conversation with sales"),
        "rejected": ("was rejected by sales", "was not rejected by sales"),
        "recycled": ("was given back by sales", "was not given back by sales"),
        "won": ("was won by sales", "was not won by sales"),
        "lost": ("was lost by sales", "was not lost by sales"),
    },
    "de": {
        "waiting": ("wartet auf eine Antwort des Vertriebs", "wartet nicht auf eine Antwort des Vertriebs"),
        "accepted": ("ist im Gespräch mit dem Vertrieb", "ist nicht im Gespräch mit dem Vertrieb"),
        "rejected": ("wurde vom Vertrieb abgelehnt", "wurde vom Vertrieb nicht abgelehnt"),
        "recycled": ("wurde vom Vertrieb zurückgegeben", "wurde vom Vertrieb nicht zurückgegeben"),
        "won": ("wurde vom Vertrieb gewonnen", "wurde vom Vertrieb nicht gewonnen"),
        "lost": ("ging dem Vertrieb verloren", "ging dem Vertrieb nicht verloren"),
    },
}


class HandoverLeaf(Leaf):
    """`{"handover": "won", "within": "90d"}`: a handover of the person stands in the state, reached in the window."""

    key = "handover"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = unknown_keys(node, path, {"handover", "within"})
        problems += one_of_problems(node, path, "handover", STATES)
        return problems + window_problems(node, path, "within")

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        return Exists(self._handovers(node, context).filter(window_q(node, "reached_at", context.now)))

    def _handovers(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        return self._in_state(node).filter(contact_id=OuterRef(context.subject.reference))

    def _in_state(self, node: dict[str, Any]) -> QuerySet[Any]:
        from contacts.handover.models import Handover

        reached = Coalesce(F(REACHED.get(node["handover"], "closed_at")), F("created_at"))
        return Handover.objects.filter(state=node["handover"]).annotate(reached_at=reached)

    def moments(self, node: dict[str, Any]) -> list[Moments]:
        return [Moments(self._in_state(node), "reached_at")]

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        from contacts.handover.models import Handover

        newest = Handover.objects.filter(contact_id=OuterRef(context.subject.reference)).order_by("-created_at", "-id")
        return Subquery(newest.values("state")[:1])

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        return Subquery(self._handovers(node, context).order_by("-reached_at").values("reached_at")[:1])

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, 0)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, 1)

    def _say(self, node: dict[str, Any], language: str, way: int) -> str:
        text = WORDS[language][node["handover"]][way]
        return text + say_within(node["within"], language) if "within" in node else text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"handover"}, timed="within" in node)


register(HandoverLeaf())
