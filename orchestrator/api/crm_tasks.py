"""The doors by which a CRM reads tasks of sales and service and says what came of them."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

import msgspec
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from contacts.tasks import operations, queries
from contacts.tasks.models import Task
from contacts.tasks.rules import OUTCOMES, TEAMS
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.body import Refused
from orchestrator.api.models import ApiKey
from orchestrator.api.rules import Problem, shape_problem, text_problems
from orchestrator.api.web import Door, again, answer, library_of

MOST = 500
LARGEST_ID = 2**63 - 1
STATES = ("open", "done", "declined")
TEXT: dict[str, Any] = {"type": "string"}
TASK: dict[str, Any] = {
    "type": "object",
    "required": ["id", "contact", "team", "title", "state", "due_at"],
    "properties": {
        "id": {"type": "integer"},
        "contact": {"type": "object"},
        **dict.fromkeys(("team", "queue", "owner", "title", "text", "journey", "step", "outcome", "note"), TEXT),
        "state": {"type": "string", "enum": list(STATES)},
        "overdue": {"type": "boolean"},
        **{name: {"type": "string", "format": "date-time"} for name in ("created_at", "due_at")},
        "closed_at": {"type": ["string", "null"], "format": "date-time"},
    },
}
PROBLEMS = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {"type": "array", "items": {"type": "object", "properties": {"path": TEXT, "message": TEXT}}}
    },
}
REFUSALS: dict[tuple[int, str], Any] = {
    (status, "application/json"): PROBLEMS for status in (400, 401, 403, 404, 405, 409, 411, 413, 415, 503)
}
PAGE = {
    "type": "object",
    "required": ["tasks", "next"],
    "properties": {"tasks": {"type": "array", "items": TASK}, "next": {"type": ["integer", "null"]}},
}
CLOSE = {
    "application/json": {
        "type": "object",
        "required": ["state", "outcome"],
        "additionalProperties": False,
        "properties": {
            "state": {"type": "string", "enum": list(OUTCOMES)},
            "outcome": {"type": "string", "enum": [code for codes in OUTCOMES.values() for code in codes]},
            "note": {"type": "string", "maxLength": 2000},
            "by": {"type": "string", "maxLength": 200, "description": "who did it"},
        },
    }
}
ID = OpenApiParameter(
    "task_id",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
    OpenApiParameter.PATH,
    description="of the task",
)
QUERY = [
    OpenApiParameter("state", {"type": "string", "enum": [*STATES, "all"]}, description="default: open"),
    OpenApiParameter("team", {"type": "string", "enum": list(TEAMS)}, description="left out: both"),
    OpenApiParameter(
        "after", {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}, description="next of the page before"
    ),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}, description="default: 100"),
]


class CloseIn(msgspec.Struct, forbid_unknown_fields=True):
    """What came of a task."""

    state: Literal["done", "declined"]
    outcome: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    by: Annotated[str, msgspec.Meta(max_length=200)] = ""


_CLOSE = msgspec.json.Decoder(CloseIn)


class TaskDoor(Door):
    """A door that only keys with the scope of tasks may use."""

    http_method_names = ["get", "post", "options"]
    scopes = dict.fromkeys(("GET", "POST"), (ApiKey.Scope.TASKS, ApiKey.Scope.MANAGE))

    def handle_exception(self, exc: Exception) -> Any:
        """Say what refused a request in the form of every door."""
        if isinstance(exc, Refused):
            return answer(exc.status, self.errors(exc.status, [exc.problem]))
        return super().handle_exception(exc)


class Tasks(TaskDoor):
    """Tasks, page by page."""

    http_method_names = ["get", "options"]

    @extend_schema(operation_id="tasks", parameters=QUERY, responses={(200, "application/json"): PAGE} | REFUSALS)
    def get(self, request: Request) -> HttpResponse:
        """List tasks in the order in which they were made; `next` is the `after` of the following page."""
        given = request.query_params
        state, team = given.get("state", "open"), given.get("team", "")
        if state not in (*STATES, "all"):
            raise Refused(400, f"expected one of {', '.join(STATES)}, all", "state")
        if team not in ("", *TEAMS):
            raise Refused(400, f"expected one of {', '.join(TEAMS)}", "team")
        after, limit = _number(given, "after", 0, 0, LARGEST_ID), _number(given, "limit", 100, 1, MOST)
        found = queries.for_machines(state="" if state == "all" else state, team=team, after=after, most=limit + 1)
        now = timezone.now()
        following = found[limit - 1].pk if len(found) > limit else None
        return answer(200, {"tasks": [_said(task, now) for task in found[:limit]], "next": following})


class OneTask(TaskDoor):
    """One task."""

    @extend_schema(operation_id="task", parameters=[ID], responses={(200, "application/json"): TASK} | REFUSALS)
    def get(self, request: Request, task_id: int) -> HttpResponse:
        """Read a task."""
        return answer(200, _said(_one(task_id), timezone.now()))

    @extend_schema(
        operation_id="task_close",
        parameters=[ID],
        request=CLOSE,
        responses={(200, "application/json"): TASK} | REFUSALS,
    )
    def post(self, request: Request, task_id: int) -> HttpResponse:
        """Say what came of a task; the same once more changes nothing, something else is refused with 409."""
        key, now = cast(ApiKey, request.auth), timezone.now()
        arrival = NewArrival(key.source, "tasks", library=library_of(request))
        try:
            said = _read(self.body(request))
            again(lambda: _close(_one(task_id).pk, said, said.by or key.name, arrival, now))
        except Refused as refused:
            record_arrival(arrival=arrival._replace(rejected=1, problem=refused.problem), now=now)
            raise
        return answer(200, _said(_one(task_id), now))


@transaction.atomic
def _close(task_id: int, said: CloseIn, by: str, arrival: NewArrival, now: datetime) -> None:
    try:
        operations.close_task(task_id=task_id, state=said.state, outcome=said.outcome, note=said.note, by=by, now=now)
    except operations.UnknownOutcome:
        raise Refused(400, f"expected one of {', '.join(OUTCOMES[said.state])}", "outcome") from None
    except operations.AlreadyClosed as late:
        if (late.task.state, late.task.outcome) != (said.state, said.outcome):
            raise Refused(409, f"the task is {late.task.state} already: {late.task.outcome}") from None
    record_arrival(arrival=arrival._replace(accepted=1), now=now)


def _one(task_id: int) -> Task:
    found = queries.one_task(task_id) if task_id <= LARGEST_ID else None
    if found is None or found.filled_at is None:
        raise Refused(404, "there is no task with this id")
    return found


def _number(given: Any, name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most):
        raise Refused(400, f"expected a number from {least} to {most}", name)
    return int(text)


def _read(data: bytes) -> CloseIn:
    try:
        said = _CLOSE.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = shape_problem(error)
        raise Refused(400, problem.message, problem.path) from None
    found: list[Problem] = list(text_problems([("by", said.by)]))
    if "\x00" in said.note:
        found.append(Problem("note", "expected a text without control characters"))
    for problem in found:
        raise Refused(400, problem.message, problem.path)
    return said


def _said(task: Task, now: datetime) -> dict[str, Any]:
    person = task.contact
    return {
        "id": task.pk,
        "contact": {
            "id": person.pk,
            "external_id": person.external_id,
            "email": person.email,
            "phone": person.phone,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "language": person.language,
        },
        "team": task.team,
        "queue": task.queue,
        "owner": task.owner.get_username() if task.owner else "",
        "title": task.title,
        "text": task.text,
        "state": task.state,
        "outcome": task.outcome,
        "note": task.note,
        "overdue": task.state == Task.State.OPEN and task.due_at <= now,
        "created_at": task.created_at.isoformat(),
        "due_at": task.due_at.isoformat(),
        "closed_at": task.closed_at.isoformat() if task.closed_at else None,
        "journey": task.journey_slug,
        "step": task.step_key,
    }
