"""The journey leaf and the touch leaf."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Expression

from contacts.conditions.names import Names, quoted, register_names
from contacts.conditions.parts import (
    compile_count,
    count_problems,
    duration_problems,
    say_count,
    say_within,
    slug_problems,
)
from contacts.conditions.registry import Context, Leaf, register
from contacts.conditions.rules import Dependencies, Problem, parse_duration, show

JOURNEY_STATES = {
    "in": Q(left_at=None),
    "left": Q(left_at__isnull=False),
    "goal": Q(reason="goal"),
    "completed": Q(reason="completed"),
}
TOUCH_STATES = {
    "proposed": {"en": "proposed", "de": "vorgeschlagen"},
    "held": {"en": "held", "de": "vertagt"},
    "approved": {"en": "approved", "de": "freigegeben"},
    "suppressed": {"en": "suppressed", "de": "unterdrückt"},
    "expired": {"en": "expired", "de": "verfallen"},
    "sending": {"en": "being sent", "de": "im Versand"},
    "sent": {"en": "sent", "de": "gesendet"},
    "failed": {"en": "failed", "de": "fehlgeschlagen"},
    "unknown": {"en": "with unknown outcome", "de": "mit unbekanntem Ausgang"},
}


class JourneyLeaf(Leaf):
    """`{"journey": "onboarding", "state": "goal", "within": "90d"}`; the state is "in" unless said."""

    key = "journey"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "journey", {"journey", "state", "within"})
        if node.get("state", "in") not in JOURNEY_STATES:
            problems.append(
                Problem(
                    f"{path}.state".lstrip("."),
                    f"expected one of {', '.join(JOURNEY_STATES)}, got {show(node['state'])}",
                )
            )
        return problems + (duration_problems(node["within"], f"{path}.within".lstrip(".")) if "within" in node else [])

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        from journeys.enrollments.models import Enrollment

        runs = Enrollment.objects.filter(
            JOURNEY_STATES[node.get("state", "in")],
            contact_id=OuterRef(context.subject.reference),
            journey__slug=node["journey"],
        )
        if "within" in node:
            begin = context.now - parse_duration(node["within"])
            runs = runs.filter(Q(entered_at__gt=begin) if node.get("state", "in") == "in" else Q(left_at__gt=begin))
        return Exists(runs)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        words = {
            "en": {
                "in": "is in journey {}",
                "left": "has left journey {}",
                "goal": "has reached the goal of {}",
                "completed": "has completed {}",
            },
            "de": {
                "in": "ist in Journey {}",
                "left": "hat Journey {} verlassen",
                "goal": "hat das Ziel von {} erreicht",
                "completed": "hat {} durchlaufen",
            },
        }
        name = quoted(names, "journey", node["journey"], language)
        text = words[language][node.get("state", "in")].format(name)
        return text + say_within(node["within"], language) if "within" in node else text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={f"journey:{node['journey']}"}, timed="within" in node)


class TouchLeaf(Leaf):
    """`{"touch": {"channel": "email"}, "state": "sent", "count": {"gte": 1}, "within": "30d"}`."""

    key = "touch"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = []
        filters = node["touch"]
        if (
            not isinstance(filters, dict)
            or set(filters) - {"channel", "journey"}
            or not all(isinstance(v, str) for v in filters.values())
        ):
            problems.append(
                Problem(
                    f"{path}.touch".lstrip("."), f'expected an object with "channel" or "journey", got {show(filters)}'
                )
            )
        unknown = set(node) - {"touch", "state", "count", "within"}
        problems += [
            Problem(f"{path}.{key}".lstrip("."), "unknown; expected state, count or within") for key in sorted(unknown)
        ]
        if node.get("state", "sent") not in TOUCH_STATES:
            problems.append(
                Problem(
                    f"{path}.state".lstrip("."), f"expected one of {', '.join(TOUCH_STATES)}, got {show(node['state'])}"
                )
            )
        if "within" in node:
            problems += duration_problems(node["within"], f"{path}.within".lstrip("."))
        return problems + (count_problems(node["count"], f"{path}.count".lstrip(".")) if "count" in node else [])

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        from journeys.enrollments.models import Touch

        found = Touch.objects.filter(contact_id=OuterRef(context.subject.reference), state=node.get("state", "sent"))
        if "channel" in node["touch"]:
            found = found.filter(channel=node["touch"]["channel"])
        if "journey" in node["touch"]:
            found = found.filter(journey__slug=node["touch"]["journey"])
        if "within" in node:
            found = found.filter(decided_at__gt=context.now - parse_duration(node["within"]))
        return compile_count(found, node.get("count", {"gte": 1}))

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        filters = node["touch"]
        text = {"en": "e-mail" if filters.get("channel") == "email" else "message", "de": "Nachricht"}[language]
        if language == "de" and filters.get("channel") == "email":
            text = "E-Mail"
        if "journey" in filters:
            of = {"en": " of journey {}", "de": " der Journey {}"}[language]
            text += of.format(quoted(names, "journey", filters["journey"], language))
        text += f" {TOUCH_STATES[node.get('state', 'sent')][language]}"
        if "count" in node:
            text += f" {say_count(node['count'], language)}"
        return text + say_within(node["within"], language) if "within" in node else text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={"touch"}, timed="within" in node)


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
