"""What changed between two definitions, step by step, and which plans for people in flight make sense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOVED = "moved_version"  # the way out of a move from version to version
STOPPED, OUTCOME = "stopped", "version"  # reason and outcome of those whom a plan takes out
NAMES = ("key", "name")  # what a step may change without changing what it does
Targets = Mapping[str, str | None]


class Status(StrEnum):
    """What became of a step."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Do(StrEnum):
    """What happens to the people on a step."""

    FINISH = "finish"  # they finish the version they are on
    MOVE = "move"  # they go on at a step of the new version; at the same key their timer runs on
    AGAIN = "again"  # the same key, with a new due time from the step's new settings
    LEAVE = "leave"


class InvalidPlan(Exception):
    """A plan that names a step or a way that does not exist; nothing was written."""


@dataclass(frozen=True)
class StepChange:
    """One step before and after; targets: where its ways out lead, defaults filled in."""

    key: str
    status: Status
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    targets_before: Targets = field(default_factory=dict)
    targets_after: Targets = field(default_factory=dict)

    @property
    def other_kind(self) -> bool:
        """Whether the step became one of another kind, so that its old timer says nothing."""
        return bool(self.before and self.after and self.before.get("kind") != self.after.get("kind"))

    @property
    def asks(self) -> bool:
        """Whether publishing asks what happens to the people on it."""
        return self.status in (Status.CHANGED, Status.REMOVED)

    @property
    def default(self) -> Do:
        """What happens to the people on it when nobody says otherwise."""
        if self.status == Status.REMOVED:
            return Do.FINISH
        return Do.AGAIN if self.other_kind else Do.MOVE


@dataclass(frozen=True)
class Way:
    """Where people on one step go. to: the key of a step of the new version, empty when they leave."""

    do: Do
    to: str = ""


def align(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    targets_before: Mapping[str, Targets],
    targets_after: Mapping[str, Targets],
) -> list[StepChange]:
    """Put the steps of two definitions side by side by their keys, in the order of the new one.

    What is gone stands behind the step that it followed.
    """
    old = {step["key"]: dict(step) for step in before}
    new = {step["key"]: dict(step) for step in after}
    keys = list(new)
    place = 0
    for key in old:
        if key in new:
            place = keys.index(key) + 1
        else:
            keys.insert(place, key)
            place += 1
    return [
        _compared(key, old.get(key), new.get(key), targets_before.get(key, {}), targets_after.get(key, {}))
        for key in keys
    ]


def _compared(
    key: str, before: dict[str, Any] | None, after: dict[str, Any] | None, was: Targets, leads: Targets
) -> StepChange:
    if before is None or after is None:
        return StepChange(key, Status.ADDED if before is None else Status.REMOVED, before, after, was, leads)
    same = _without_names(before) == _without_names(after) and dict(was) == dict(leads)
    return StepChange(key, Status.UNCHANGED if same else Status.CHANGED, before, after, was, leads)


def _without_names(step: Mapping[str, Any]) -> dict[str, Any]:
    """What a step does: its settings; where it leads is compared apart, since `next` may be left out."""
    return {name: value for name, value in step.items() if name not in (*NAMES, "next")}


def default_plan(changes: Sequence[StepChange]) -> dict[str, Any]:
    """Make the plan that nobody has to think about: people go along where their step is still there."""
    asked = {one.key: {"do": one.default.value, "to": one.key} for one in changes if one.asks}
    return {
        "steps": {key: way if way["do"] == Do.MOVE else {"do": way["do"]} for key, way in asked.items()},
        "unchanged": Do.MOVE.value,
        "older": Do.FINISH.value,
        "take_in": False,
    }


def read_plan(plan: Mapping[str, Any], changes: Sequence[StepChange]) -> dict[str, Any]:
    """Complete a plan with the defaults, and refuse one that cannot be carried out. Raises InvalidPlan."""
    whole = default_plan(changes)
    keys = {one.key for one in changes if one.after is not None}
    given = plan.get("steps", {})
    if not isinstance(given, Mapping):
        raise InvalidPlan("steps: expected an object")
    for one in changes:
        if one.asks and one.key in given:
            whole["steps"][one.key] = _read_way(one, given[one.key], keys)
    for name in ("unchanged", "older"):
        if name in plan:
            if plan[name] not in [Do.MOVE, Do.FINISH]:
                raise InvalidPlan(f"{name}: expected move or finish, got {plan[name]!r}")
            whole[name] = Do(plan[name]).value
    whole["take_in"] = plan.get("take_in") is True
    return whole


def _read_way(one: StepChange, given: Any, keys: set[str]) -> dict[str, str]:
    do = given.get("do") if isinstance(given, Mapping) else given
    if not isinstance(do, str) or do not in set(Do):
        raise InvalidPlan(f"steps.{one.key}: expected one of {', '.join(Do)}, got {do!r}")
    if do == Do.AGAIN and one.after is None:
        raise InvalidPlan(f"steps.{one.key}: the step is gone, its timer cannot be computed again")
    if do != Do.MOVE:
        return {"do": Do(do).value}
    to = given.get("to") or one.key
    if not isinstance(to, str) or to not in keys:
        raise InvalidPlan(f"steps.{one.key}.to: the new version has no step {to!r}")
    return {"do": Do.MOVE.value, "to": to}


def way_from(key: str, plan: Mapping[str, Any], keys: set[str], *, older: bool = False) -> Way:
    """Say where the people on a step go by a whole plan. keys: of the new version; older: not of the live version."""
    if older and plan["older"] == Do.FINISH:
        return Way(Do.FINISH)
    asked = plan["steps"].get(key)
    if asked is None:
        return Way(Do.MOVE, key) if key in keys and plan["unchanged"] == Do.MOVE else Way(Do.FINISH)
    do = Do(asked["do"])
    if do == Do.MOVE:
        return Way(do, asked["to"])
    return Way(do, key) if do == Do.AGAIN else Way(do)
