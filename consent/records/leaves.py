"""The consent leaf, and the guard: behaviour may be looked at only with profiling consent."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.expressions import Expression

from consent.purposes.models import Purpose
from consent.records.models import State
from contacts.conditions.names import Names, quoted, register_names
from contacts.conditions.parts import slug_problems
from contacts.conditions.registry import Context, Leaf, Subject, register, register_behaviour_guard
from contacts.conditions.rules import Dependencies, Problem


def granted(subject: Subject, purpose: str) -> Exists:
    """Whether the person agrees to a purpose now."""
    return Exists(State.objects.filter(contact_id=OuterRef(subject.reference), purpose__slug=purpose, granted=True))


class ConsentLeaf(Leaf):
    """`{"consent": "email_marketing"}`: the person agrees to the purpose now."""

    key = "consent"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        return slug_problems(node, path, "consent", {"consent"})

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        return granted(context.subject, node["consent"])

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        name = quoted(names, "purpose", node["consent"], language)
        return {"en": "has agreed to {}", "de": "hat {} zugestimmt"}[language].format(name)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        name = quoted(names, "purpose", node["consent"], language)
        return {"en": "has not agreed to {}", "de": "hat {} nicht zugestimmt"}[language].format(name)

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"consent"})


register(ConsentLeaf())
register_names("purpose", Purpose.objects.all)
register_behaviour_guard(lambda subject: granted(subject, Purpose.PROFILING))
