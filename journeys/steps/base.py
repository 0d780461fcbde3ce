"""What a kind of step has to say, and the registry of kinds."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import CharField, Value
from django.db.models.expressions import Expression
from django.utils.translation import gettext as _

from contacts.attributes.queries import Definition
from contacts.conditions.names import Names
from contacts.conditions.rules import Dependencies, Problem
from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope

if TYPE_CHECKING:
    from journeys.definitions.models import Step
    from journeys.steps.forms import StepForm

NEXT = "next"
Known = Mapping[str, Definition]
EXPIRES = "3d"  # how long a proposed touch makes sense unless the step says it


@dataclass(frozen=True)
class Arrival:
    """When people who arrive at a step move on; moments of their own are settled by `beforehand`."""

    after: timedelta = timedelta(0)


class Reference(NamedTuple):
    """Something that a step names. path: below the step's own; kind: "block", "purpose", "stage", "segment", "offer" ..."""

    path: str
    kind: str
    slug: str


def no_attribute(key: str, known: Known) -> str:
    """Say that nobody defined an attribute, and which one may be meant."""
    near = get_close_matches(key, [one for one, definition in known.items() if definition.active], 1)
    hint = f", did you mean {near[0]!r}?" if near else ""
    return f"there is no {_('attribute')} {key!r}{hint}"


@dataclass
class Route:
    """Which way out each person takes.

    exit: the label, over enrollments. early: who may go before the time is over (None: nobody), with `early_exit`
    (None: `exit` says it for them too).
    arm: the arm to remember, None where the step gives none. ready: who may move at all (None: whoever is due).
    """

    exit: Expression = field(default_factory=lambda: Value(NEXT, output_field=CharField()))
    early: Expression | None = None
    early_exit: str | None = NEXT
    arm: Expression | None = None
    ready: Expression | None = None


class Kind(ABC):
    """One kind of step. Methods take the step's settings as the author wrote them."""

    name: str
    label: Mapping[str, str]  # what it is called on screens, en and de
    about: Mapping[str, str]  # what it does, in a few words, en and de
    keys: tuple[str, ...] = ()
    ways: tuple[str, ...] = (NEXT,)  # settings that say where a way out leads
    ends = False  # whoever is due here leaves the journey
    listening: tuple[str, ...] = ()  # news are looked at where the settings have one of these
    form: "type[StepForm]"

    def blank(self) -> dict[str, Any]:
        """The settings of a step that was just put in. They may be incomplete; targets() and aim() take them."""
        return {}

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        """The settings (a copy) with every way out leading where `targets` says: label -> key of a step."""
        return {**settings, **({NEXT: targets[NEXT]} if NEXT in targets else {})}

    def refers(self, settings: dict[str, Any]) -> list[Reference]:
        """What the settings name of other rooms, conditions apart."""
        return []

    def leaves(self, settings: dict[str, Any]) -> bool:
        """Whether whoever is due here leaves the journey."""
        return self.ends

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

    def beforehand(self, step: "Step", now: datetime, scope: Scope, batch: int) -> int | None:
        """What has to be settled before people move, in the same transaction, in a fixed number of statements.

        Returns how many people it settled where at most `batch` are settled at once: another round follows then.
        """
        return None

    def reconsider(self, step: "Step", now: datetime, scope: Scope) -> None:
        """What news changes for those who wait here: when they are due. In a fixed number of statements."""
        return None

    def goes_early(self, settings: dict[str, Any]) -> bool:
        """Whether news may let people go before their time: the route then has `early`."""
        return False

    def effect(self, step: "Step", now: datetime) -> sql.Part | None:
        """One more part of the moving statement that reads `moved`, e.g. an INSERT; None for none."""
        return None

    def afterwards(self, step: "Step", moved: list["Moved"], now: datetime) -> None:
        """What Python does with those who moved, in the same transaction, in a fixed number of statements."""
        return None

    def listens(self, settings: dict[str, Any]) -> Dependencies:
        """What lets people go early, or changes when they are due."""
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
