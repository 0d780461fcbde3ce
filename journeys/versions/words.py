"""Says what changed between two versions, in the words of a page."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.attributes.queries import definitions
from contacts.conditions.language import say
from contacts.conditions.names import Names
from journeys.definitions.entry import entry_texts, goal_text, kpi_texts, leave_texts, limit_texts, reentry_text
from journeys.steps.registry import kind_names, kind_of, validate_step
from journeys.versions.rules import NAMES, Status, StepChange
from orchestrator.kernel.fields import translated

LONGEST = 90  # characters of a setting that are shown
Definition = Mapping[str, Any]


def language() -> str:
    """Say the language of the page, "en" or "de"."""
    return (get_language() or "en")[:2]


class Sayer:
    """Says steps and their ways out; knows the names of things, read once for a page."""

    def __init__(self, names: Names, before: Definition, after: Definition) -> None:
        self.names, self.known = names, definitions()
        self.called = {
            step["key"]: _name(step) for one in (before, after) for step in one.get("steps") or [] if "key" in step
        }

    def sentence(self, step: Mapping[str, Any]) -> str:
        """Say what a step does; of one that is not complete yet, only which kind it is."""
        if step.get("kind") not in kind_names():
            return str(step.get("kind", ""))
        kind = kind_of(step["kind"])
        wrong = [one for one in validate_step(dict(step), "", self.known) if one.level == "error"]
        said = "" if wrong else kind.say(dict(step), language(), self.names)
        return said or translated(dict(kind.label))

    def changed(self, one: StepChange) -> list[str]:
        """Say everything that is different about a step, one text a difference."""
        if one.before is None or one.after is None:
            return [self.sentence(one.after or one.before or {})]
        was, now = self.sentence(one.before), self.sentence(one.after)
        said = [] if was == now else [_("was: %(was)s") % {"was": was}, _("now: %(now)s") % {"now": now}]
        if _name(one.before) != _name(one.after):
            said.append(_("is now called “%(name)s”") % {"name": _name(one.after)})
        if was == now:
            said += self._settings(one.before, one.after)
        return said + list(self._ways(one))

    def _settings(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        """The settings that the sentence does not tell, as they are written."""
        keys = [key for key in {**before, **after} if key not in (*NAMES, "kind", "next")]
        return [
            _("%(what)s: was %(was)s, is now %(now)s")
            % {"what": key, "was": _written(before.get(key)), "now": _written(after.get(key))}
            for key in keys
            if before.get(key) != after.get(key)
        ]

    def _ways(self, one: StepChange) -> Iterator[str]:
        for label in {**one.targets_before, **one.targets_after}:
            was, leads = one.targets_before.get(label), one.targets_after.get(label)
            if was == leads:
                continue
            told = {"way": self._way(one, label), "to": self._called(leads), "was": self._called(was)}
            if label not in one.targets_after:
                yield _("the way out “%(way)s” is gone") % told
            elif label not in one.targets_before:
                yield _("new way out “%(way)s” to “%(to)s”") % told
            else:
                yield _("“%(way)s” now leads to “%(to)s” (was “%(was)s”)") % told

    def _way(self, one: StepChange, label: str) -> str:
        step = one.after if label in one.targets_after else one.before
        wrong = step is None or any(p.level == "error" for p in validate_step(dict(step), "", self.known))
        said = "" if wrong or step is None else kind_of(step["kind"]).say_exit(step, label, language(), self.names)
        return said or (_("on") if label == "next" else label)

    def _called(self, key: str | None) -> str:
        return self.called.get(key or "", _("nowhere"))


def _name(step: Mapping[str, Any]) -> str:
    return translated(dict(step.get("name") or {})) or str(step.get("key", ""))


def _written(value: Any) -> str:
    """A setting as it stands in the file, cut where it is long."""
    if value is None:
        return _("not set")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def status_words(status: Status) -> tuple[str, str]:
    """The word for what became of a step, and its tone."""
    return {
        Status.ADDED: (_("added"), "green"),
        Status.REMOVED: (_("removed"), "red"),
        Status.CHANGED: (_("changed"), "amber"),
        Status.UNCHANGED: (_("unchanged"), "grey"),
    }[status]


def frame_changes(before: Definition, after: Definition, names: Names) -> list[dict[str, str]]:
    """Say what changed around the steps: who enters, who leaves, goal, key figures, and so on; one row a part."""
    sayings: dict[str, Callable[[Definition], str]] = {
        "name": lambda one: translated(one.get("name")),
        "description": lambda one: translated(one.get("description")),
        "entry": lambda one: _entry(one.get("entry") or {}, names),
        "context": lambda one: say(one["context"], language(), names) if one.get("context") else "–",
        "goal": lambda one: goal_text(one, names) if one.get("goal") else _("no goal"),
        "exit": lambda one: "; ".join(leave_texts({**one, "goal": None}, names)),
        "kpis": lambda one: "; ".join(kpi_texts(one)),
    }
    rows = []
    for key in dict.fromkeys([*before, *after]):
        if key == "steps" or before.get(key) == after.get(key):
            continue
        was, now = (sayings[key](one) if key in sayings else _written(one.get(key)) for one in (before, after))
        if was == now:  # the words do not tell it
            was, now = _written(before.get(key)), _written(after.get(key))
        rows.append({"name": _label(key), "was": was, "now": now})
    return rows


def _entry(entry: Mapping[str, Any], names: Names) -> str:
    """Say who enters, when again, and how many."""
    texts = [*entry_texts(entry, names), *limit_texts(entry)]
    again = reentry_text(entry)
    return ", ".join(texts) + (f" · {_('again')}: {again}" if again else "")


def _label(key: str) -> str:
    return {
        "name": _("Name"),
        "entry": _("Who enters"),
        "goal": _("Goal"),
        "exit": _("Leaves when"),
        "max_age": _("Longest stay"),
        "priority": _("Priority"),
        "value": _("Value"),
        "context": _("Context"),
        "context_factor": _("Weight in the context"),
        "propensity": _("Propensity"),
        "purpose": _("Purpose"),
        "phase": _("Phase"),
        "description": _("Description"),
        "kpis": _("Key figures"),
    }.get(key, key)
