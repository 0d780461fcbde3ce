"""Why a rule holds for a person or does not: segments, signals, stages and goals, leaf by leaf."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.attributes.queries import definitions
from contacts.conditions.checking import about_runs
from contacts.conditions.language import depends_on, explain
from contacts.conditions.names import load_names
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.stages.models import Stage
from journeys.definitions.models import Journey


class Rule(NamedTuple):
    """One rule that can be asked about. key: "segment:big-spenders"."""

    key: str
    name: str
    condition: dict[str, Any]

    def names(self, keys: set[str]) -> bool:
        """Whether it names one of some attributes."""
        return not keys.isdisjoint(depends_on(self.condition).attributes)


class RuleGroup(NamedTuple):
    """Rules of one kind."""

    name: str
    rules: list[Rule]


def askable_rules(*, sensitive: bool = True) -> list[RuleGroup]:
    """List the rules of every kind, in four statements; without sensitive those that name no sensitive attribute."""
    hidden = set() if sensitive else {key for key, one in definitions().items() if one.sensitive}
    groups = [
        RuleGroup(_("Segments"), list(_rules("segment", Segment.objects.exclude(condition=None)))),
        RuleGroup(_("Signals"), list(_rules("signal", Signal.objects.all()))),
        RuleGroup(_("Stages"), list(_rules("stage", Stage.objects.exclude(condition=None)))),
        RuleGroup(_("Goals of journeys"), list(_goals())),
    ]
    shown = [group._replace(rules=[rule for rule in group.rules if not rule.names(hidden)]) for group in groups]
    return [group for group in shown if group.rules]


def _rules(kind: str, found: Any) -> Iterator[Rule]:
    for one in found:
        if one.condition:
            yield Rule(f"{kind}:{one.slug}", one.name, one.condition)


def _goals() -> Iterator[Rule]:
    for journey in Journey.objects.exclude(live_version=None).select_related("live_version").order_by("slug"):
        goal = journey.live_version.definition.get("goal") if journey.live_version else None
        if goal:
            yield Rule(f"goal:{journey.slug}", journey.name, goal["when"])


def explained_rule(contact_id: int, key: str, *, now: datetime, sensitive: bool = True) -> dict[str, Any] | None:
    """Explain one rule for one person as a tree, None when there is no such rule. Raises Contact.DoesNotExist."""
    rules = {rule.key: rule for group in askable_rules(sensitive=sensitive) for rule in group.rules}
    rule = rules.get(key)
    if rule is None:
        return None
    language = (get_language() or "en")[:2]
    tree = explain(rule.condition, contact_id=contact_id, now=now, language=language, names=load_names())
    return {"rule": rule, "tree": tree, "by_run": about_runs(rule.condition)}
