"""What a kind of step has to say, and the registry of kinds."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Value
from django.db.models.expressions import Expression

from contacts.attributes.queries import Definition
from contacts.conditions.names import Names
from contacts.conditions.rules import Dependencies, Problem
from orchestrator.kernel import sql

if TYPE_CHECKING:
    from journeys.definitions.models import Step

NEXT = "next"
Known = Mapping[str, Definition]
EXPIRES = "3d"  # how long a proposed touch makes sense unless the step says it


@dataclass(frozen=True)
class Arrival:
    """When people who arrive at a step move on: after a time, or at a local moment of each time zone."""

    after: timedelta = timedelta(0)
    local: Callable[[datetime, str], datetime] | None = None


@dataclass
class Route:
    """Which way out each person takes.

    exit: the label, over enrollments. early: who may go before the time is over (None: nobody), with `early_exit`.
    arm: the arm to remember, None where the step gives none.
    """

    exit: Expression = field(default_factory=lambda: Value(NEXT, output_field=CharField()))
    early: Expression | None = None
    early_exit: str = NEXT
    arm: Expression | None = None


class Kind(ABC):
    """One kind of step. Methods take the step's settings as the author wrote them."""

    name: str
    keys: tuple[str, ...] = ()
    ends = False  # whoever is due here leaves the journey

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        """Every problem of the settings; unknown keys are found by the registry. known: the definitions of attributes."""
        return []

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        """Each way out and the key of the step it leads to; None where nothing follows."""
        return {NEXT: settings.get("next", following)}

    def arrival(self, settings: dict[str, Any]) -> Arrival:
        """When people who arrive move on."""
        return Arrival()

    def route(self, step: "Step", now: datetime) -> Route:
        """Which way out each due person takes."""
        return Route()

    def effect(self, step: "Step", now: datetime) -> sql.Part | None:
        """One more part of the moving statement that reads `moved`, e.g. an INSERT; None for none."""
        return None

    def afterwards(self, step: "Step", moved: list["Moved"], now: datetime) -> None:
        """What Python does with those who moved, in the same transaction, in a fixed number of statements."""
        return None

    def listens(self, settings: dict[str, Any]) -> Dependencies:
        """What lets people go early."""
        return Dependencies()

    @abstractmethod
    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        """The step as a sentence, "en" or "de"."""

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        """The label on a way out, empty for the plain next step."""
        return ""


@dataclass(frozen=True)
class Moved:
    """Somebody who just left a step."""

    enrollment_id: int
    contact_id: int
    seq: int


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind of step."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> Kind:
    """The kind with a name. Raises KeyError."""
    return _kinds[name]


def kind_names() -> list[str]:
    """Every kind, sorted."""
    return sorted(_kinds)
