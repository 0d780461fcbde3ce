"""The consent leaf, and the guard: behaviour may be looked at only with profiling consent."""

from typing import Any

from django.db.models import Exists, F, QuerySet, Subquery
from django.db.models.expressions import Expression

from consent.purposes.models import Purpose
from consent.records.models import State
from consent.records.permission import allowed, states_of
from contacts.conditions.expressions import All, Not
from contacts.conditions.names import Names, quoted, register_names
from contacts.conditions.parts import (
    STANDING,
    one_of_problems,
    say_standing,
    slug_problems,
    window_problems,
    window_q,
)
from contacts.conditions.registry import Context, Leaf, Moments, Subject, register, register_behaviour_guard
from contacts.conditions.rules import Dependencies, Problem

STATES = ("granted", "refused", "withdrawn", "unknown")
WORDS = {
    "en": {
        "granted": ("has agreed to {}", "has not agreed to {}"),
        "refused": ("has refused {}", "has not refused {}"),
        "withdrawn": ("has withdrawn {}", "has not withdrawn {}"),
        "unknown": ("has never been asked about {}", "has answered about {}"),
    },
    "de": {
        "granted": ("hat {} zugestimmt", "hat {} nicht zugestimmt"),
        "refused": ("hat {} abgelehnt", "hat {} nicht abgelehnt"),
        "withdrawn": ("hat {} widerrufen", "hat {} nicht widerrufen"),
        "unknown": ("hat sich zu {} nie geäußert", "hat sich zu {} geäußert"),
    },
}


def _states(subject: Subject, purpose: str) -> QuerySet[State]:
    """What a person said about a purpose; the purpose is looked up once, and not for each person."""
    return states_of(subject, Purpose.objects.filter(slug=purpose).order_by())


class ConsentLeaf(Leaf):
    """`{"consent": "email_marketing"}`: the person may be used for the purpose now; `is` asks for another state.

    That is the rule of the arbiter: a topic needs its parent, an opt-out purpose holds until somebody objects, and whose
    data are restricted agrees to nothing. `for`: agreed so long already; `within`: so recently. Unknown: nothing was ever
    said.
    """

    key = "consent"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "consent", {"consent", "is", *STANDING})
        problems += one_of_problems(node, path, "is", STATES)
        if node.get("is") == "unknown" and set(STANDING) & set(node):
            problems.append(Problem(path, "expected no window, since nobody knows since when nothing was said"))
        return problems + window_problems(node, path, *STANDING)

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        found = _states(context.subject, node["consent"])
        state = node.get("is", "granted")
        if state == "unknown":
            return Not(Exists(found))
        if state == "granted":
            may = allowed(context.subject, node["consent"])
            said = Exists(found.filter(window_q(node, "since", context.now), granted=True))
            return All(may, said) if set(STANDING) & set(node) else may
        found = found.filter(granted=False, record__decision=state)
        return Exists(found.filter(window_q(node, "since", context.now)))

    def moments(self, node: dict[str, Any]) -> list[Moments]:
        return [Moments(State.objects.filter(purpose__slug=node["consent"]), "since")]

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        return Subquery(_states(context.subject, node["consent"]).values(decision=F("record__decision"))[:1])

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        return Subquery(_states(context.subject, node["consent"]).values("since")[:1])

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, 0)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        if set(STANDING) & set(node):
            return super().say_not(node, language, names)
        return self._say(node, language, names, 1)

    def _say(self, node: dict[str, Any], language: str, names: Names | None, way: int) -> str:
        name = quoted(names, "purpose", node["consent"], language)
        text = WORDS[language][node.get("is", "granted")][way].format(name)
        return text + say_standing(node, language, comma=True)

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"consent"}, timed=bool(set(STANDING) & set(node)))


register(ConsentLeaf())
register_names("purpose", Purpose.objects.all)
register_behaviour_guard(lambda subject: allowed(subject, Purpose.PROFILING))
