"""The only way to kinds of steps: importing this module registers them all."""

from typing import TYPE_CHECKING, Any

from contacts.conditions.names import Names
from contacts.conditions.rules import Problem
from journeys.steps import (
    audience,
    branch,
    end,
    handover,
    jump,
    offer,
    send,
    split,
    survey,
    task,
    update,
    wait,
    webhook,
)
from journeys.steps.base import Arrival, Kind, Known, Moved, Route, kind_names, kind_of, register

if TYPE_CHECKING:
    from journeys.definitions.models import Step

MOVED = "moved_version"  # publishing moved the person, see journeys.versions
COMMON_KEYS = ("key", "kind", "name", "next")

for module in (wait, branch, split, send, update, audience, offer, handover, task, webhook, survey, jump, end):
    register(module.KIND)


def validate_step(step: dict[str, Any], path: str, known: Known) -> list[Problem]:
    """Every problem of one step of a definition, its unknown keys included. known: the definitions of attributes."""
    if step.get("kind") not in kind_names():
        return [Problem(f"{path}.kind", f"expected one of {', '.join(kind_names())}, got {step.get('kind')!r}")]
    kind = kind_of(step["kind"])
    allowed = (*COMMON_KEYS, *kind.keys)
    unknown = [
        Problem(f"{path}.{key}", f"unknown; expected one of {', '.join(allowed)}") for key in step if key not in allowed
    ]
    return unknown + kind.validate(step, path, known)


def say_step(step: "Step", language: str = "en", names: Names | None = None) -> str:
    """A step as a sentence. names: of contacts.conditions.names.load_names()."""
    return kind_of(step.kind).say(step.settings, language, names)


def say_exit(step: "Step", exit: str, language: str = "en", names: Names | None = None) -> str:
    """The label on a way out of a step."""
    if exit == MOVED:
        return {"en": "moved to another version", "de": "in eine andere Version verschoben"}[language]
    return kind_of(step.kind).say_exit(step.settings, exit, language, names)


__all__ = [
    "Arrival",
    "Kind",
    "Known",
    "Moved",
    "Route",
    "kind_names",
    "kind_of",
    "say_exit",
    "say_step",
    "validate_step",
]
