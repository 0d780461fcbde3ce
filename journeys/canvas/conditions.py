"""The conditions of a journey's definition, complete or not: where they stand, what they are called, where they are changed."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from journeys.canvas.drawing import language, name_of
from orchestrator.kernel.fields import translated


class Place(NamedTuple):
    """One condition of a definition. key: its path, as the check says it; at: what opens its panel on the canvas."""

    key: str
    name: str
    what: str
    condition: Any
    at: str


def places(definition: Mapping[str, Any]) -> Iterator[Place]:
    """Walk over the conditions of a definition: entry filter, goal, exits, branches, waits."""
    entry, goal = definition.get("entry") or {}, definition.get("goal") or {}
    yield Place("entry.when", _("Entry"), _("lets in only whom this describes"), entry.get("when"), "part=entry")
    if goal.get("when"):
        name = translated(goal.get("name")) or _("Goal")
        yield Place("goal.when", name, _("the goal: whoever reaches it leaves"), goal["when"], "part=goal")
    for i, rule in enumerate(definition.get("exit") or []):
        if rule.get("when"):
            yield Place(f"exit[{i}].when", _("Exit"), _("leaves when this holds"), rule["when"], "part=exit")
    for i, step in enumerate(definition.get("steps") or []):
        name, at = name_of(step, language()), f"step={step['key']}"
        for n, branch in enumerate(step.get("branches") or []):
            if branch.get("when"):
                what = _("goes the way “%(name)s”") % {"name": translated(branch.get("name")) or branch["key"]}
                yield Place(f"steps[{i}].branches[{n}].when", name, what, branch["when"], at)
        if step.get("until"):
            yield Place(f"steps[{i}].until", name, _("waits until this holds"), step["until"], at)
