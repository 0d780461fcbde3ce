"""Task: gives sales or service something to do for the person; what came of it is the event `task_done`."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from consent.limits.models import HoldoutMember
from contacts.conditions.names import Names, spaced
from contacts.conditions.parts import duration_problems
from contacts.conditions.rules import Problem, parse_duration, say_duration, show
from contacts.tasks.operations import NewTask, open_tasks
from contacts.tasks.rules import LAST, TEAMS
from journeys.content.rendering import check_text
from journeys.steps.base import Kind, Known, Moved
from journeys.steps.task_form import TaskForm

if TYPE_CHECKING:
    from journeys.definitions.models import Step

DUE = "2d"
LIMITS = {"title": 500, "text": 10_000, "queue": 100, "owner": 150}  # characters as written


class Task(Kind):
    """`team: sales | service`, `title`, `text` (Liquid), `due` after, `queue`, `owner: last | a user's name`."""

    name = "task"
    label = {"en": "Task", "de": "Aufgabe"}
    about = {"en": "for sales or service", "de": "für Vertrieb oder Service"}
    keys = ("team", "title", "text", "due", "queue", "owner")
    form = TaskForm

    def blank(self) -> dict[str, Any]:
        return {"team": "sales", "title": "", "due": DUE}

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = []
        if settings.get("team") not in TEAMS:
            said = f"expected one of {', '.join(TEAMS)}, got {show(settings.get('team'))}"
            problems.append(Problem(f"{path}.team", said))
        if not isinstance(settings.get("title"), str) or not settings["title"].strip():
            problems.append(Problem(f"{path}.title", f"expected a text, got {show(settings.get('title'))}"))
        for key, most in LIMITS.items():
            value = settings.get(key, "")
            if key != "title" and not isinstance(value, str):
                problems.append(Problem(f"{path}.{key}", f"expected a text, got {show(value)}"))
            elif isinstance(value, str) and len(value) > most:
                problems.append(Problem(f"{path}.{key}", f"expected up to {most} characters, got {len(value)}"))
        problems += duration_problems(settings.get("due", DUE), f"{path}.due")
        return problems or _liquid_problems(settings, path)

    def afterwards(self, step: "Step", moved: list[Moved], now: datetime) -> None:
        settings, journey = step.settings, step.version.journey
        held = _held_out(moved, journey.slug)
        due_at = now + parse_duration(settings.get("due", DUE))
        tasks = [
            NewTask(
                contact_id=one.contact_id,
                team=settings["team"],
                title=settings["title"],
                text=settings.get("text", ""),
                due_at=due_at,
                queue=settings.get("queue", ""),
                owner=settings.get("owner", ""),
                journey_slug=journey.slug,
                enrollment_id=one.enrollment_id,
                step_key=step.key,
                visit=one.seq,
            )
            for one in moved
            if one.enrollment_id not in held
        ]
        open_tasks(tasks=tasks, now=now)

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        text = {
            "en": "gives {} the task “{}”, due within {}",
            "de": "gibt dem Team {} die Aufgabe „{}“, fällig innerhalb von {}",
        }
        team = TEAMS.get(str(settings.get("team")), TEAMS["sales"])[language]
        title = spaced(str(settings.get("title") or {"en": "not set yet", "de": "noch nicht gesetzt"}[language]))
        said = text[language].format(team, title, say_duration(settings.get("due", DUE), language, dative=True))
        if settings.get("owner") == LAST:
            said += {"en": ", for whoever dealt with the person last", "de": ", für die zuletzt zuständige Person"}[
                language
            ]
        elif settings.get("owner"):
            said += {"en": ", for {}", "de": ", für {}"}[language].format(settings["owner"])
        return said


def _held_out(moved: list[Moved], journey: str) -> set[int]:
    """Runs of people who are measured and never contacted: held out by a split, or by a group that walks along."""
    from journeys.enrollments.models import Enrollment

    runs = Enrollment.objects.filter(pk__in=[one.enrollment_id for one in moved], arm="holdout")
    split = set(runs.values_list("pk", flat=True))
    members = HoldoutMember.objects.filter(
        contact_id__in=[one.contact_id for one in moved], holdout__active=True, holdout__journey__in=("", journey)
    )
    people = set(members.values_list("contact_id", flat=True))
    return split | {one.enrollment_id for one in moved if one.contact_id in people}


def _liquid_problems(settings: dict[str, Any], path: str) -> list[Problem]:
    texts = [(key, settings.get(key, "")) for key in ("title", "text")]
    wanted = [(key, text) for key, text in texts if "{{" in text or "{%" in text]
    if not wanted:
        return []
    checked = check_text([text for _, text in wanted], None)
    return [Problem(f"{path}.{key}", said.error) for (key, _), said in zip(wanted, checked, strict=True) if said.error]


KIND = Task()
