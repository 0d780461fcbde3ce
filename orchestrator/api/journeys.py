"""The doors to journeys for machines: list, read, put a draft, take out as a file; and the schema of files."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from contacts.conditions.rules import Problem
from journeys.canvas.drafts import Conflict, draft_of, edit_draft, editable_version, start_journey
from journeys.definitions.check import check
from journeys.definitions.models import Journey, Version
from journeys.gallery.comparing import unified
from journeys.gallery.queries import NoJourney, bundle_of
from journeys.gallery.reading import Unreadable, read_document
from journeys.gallery.schema import journey_schema
from journeys.gallery.writing import write_document
from orchestrator.api.body import Refused
from orchestrator.api.models import ApiKey
from orchestrator.api.web import Door, again, answer, find_journey

IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="the ETag of what you changed")
TEXT = {"type": "string"}
PROBLEMS = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {"type": "array", "items": {"type": "object", "properties": {"path": TEXT, "message": TEXT}}},
        "diff": {"type": "array", "items": TEXT},
    },
}
OBJECT = {"type": "object"}
REFUSALS: dict[tuple[int, str], Any] = {
    (status, "application/json"): PROBLEMS for status in (400, 401, 403, 404, 405, 409, 411, 413, 415, 422, 428, 503)
}


def answers(*good: int) -> dict[tuple[int, str], Any]:
    """What a door answers, for its description."""
    return {(status, "application/json"): OBJECT for status in good} | REFUSALS


class JourneyDoor(Door):
    """A door that only keys with a scope may use."""

    http_method_names = ["get", "put", "options"]
    scopes = {"GET": (ApiKey.Scope.READ, ApiKey.Scope.MANAGE), "PUT": (ApiKey.Scope.MANAGE,)}

    def read(self, request: Request) -> Any:
        """Read the body as JSON. Raises Refused."""
        try:
            return read_document(self.body(request))
        except Unreadable as error:
            raise Refused(400, str(error)) from error

    def refused(self, status: int, problems: Sequence[Problem], **more: Any) -> HttpResponse:
        """Say what is wrong, each with its path in the document."""
        errors = [{"path": problem.path, "message": problem.message} for problem in problems]
        return answer(status, {"errors": errors, **more})

    def handle_exception(self, exc: Exception) -> Any:
        """Say what refused a request in the form of every door."""
        if isinstance(exc, Refused):
            return answer(exc.status, self.errors(exc.status, [exc.problem]))
        return super().handle_exception(exc)


class Journeys(JourneyDoor):
    """All journeys."""

    @extend_schema(operation_id="journeys", responses=answers(200))
    def get(self, request: Request) -> HttpResponse:
        """List the journeys with state, live version and whether there is a draft."""
        drafts = set(Version.objects.filter(published_at=None).values_list("journey_id", flat=True))
        return answer(
            200,
            {
                "journeys": [
                    {
                        "slug": row.slug,
                        "name": {"en": row.name_en, "de": row.name_de},
                        "phase": row.phase,
                        "state": row.state,
                        "priority": row.priority,
                        "version": row.live_version.number if row.live_version else None,
                        "draft": row.pk in drafts,
                    }
                    for row in Journey.objects.select_related("live_version").order_by("slug")
                ]
            },
        )


class OneJourney(JourneyDoor):
    """One journey: its definition."""

    @extend_schema(
        operation_id="journey",
        parameters=[
            OpenApiParameter("version", str, description="a number, `live` or `draft`; left out: draft, else live")
        ],
        responses=answers(200),
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Read a definition. The ETag is what a change has to name."""
        return _told(200, self._version(find_journey(slug), request.GET.get("version", "")))

    @extend_schema(operation_id="journey_put", parameters=[IF_MATCH], request=OBJECT, responses=answers(200, 201))
    def put(self, request: Request, slug: str) -> HttpResponse:
        """Put a definition into the draft; nobody enters by it before it is published. 409 when it changed meanwhile."""
        definition = self.read(request)
        problems = check(definition)
        if isinstance(definition, dict) and definition.get("slug") != slug:
            problems.append(Problem("slug", f"expected {slug!r}, as in the address"))
        if any(problem.level == "error" for problem in problems):
            return self.refused(422, [problem for problem in problems if problem.level == "error"])
        now = timezone.now()
        journey = Journey.objects.filter(slug=slug).first()
        if journey is None:
            try:
                return _told(201, start_journey(definition=definition, by=None, now=now), problems)
            except IntegrityError:
                return self.refused(409, [Problem("slug", "somebody else has just made this journey")])
        present = editable_version(journey)
        version_id, revision = _seen(request.headers.get("If-Match", ""), present)
        what = f"API: {cast(ApiKey, request.auth).name}"
        try:
            version = again(
                lambda: edit_draft(
                    journey=journey, revision=revision, version_id=version_id, what=what, by=None, now=now,
                    change=lambda _old: definition,
                )
            )  # fmt: skip
        except Conflict as conflict:
            theirs = unified(definition, conflict.version.definition)
            said = f"this is not the newest any more, its ETag is {_tag(conflict.version)}"
            return self.refused(409, [Problem("", said)], diff=theirs)
        return _told(200, version, problems)

    def _version(self, journey: Journey, wanted: str) -> Version:
        version: Version | None = None
        if wanted in ("", "draft"):
            version = draft_of(journey) if wanted else editable_version(journey)
        elif wanted == "live":
            version = journey.live_version
        elif wanted.isascii() and wanted.isdecimal() and len(wanted) < 8:
            version = journey.versions.filter(number=int(wanted)).first()
        if version is None:
            raise Refused(404, "there is no such version", "version")
        return version


class Bundle(JourneyDoor):
    """A journey as a file."""

    @extend_schema(
        operation_id="journey_bundle",
        parameters=[OpenApiParameter("as", str, enum=["json", "yaml"])],
        responses={(200, "application/json"): OBJECT, (200, "application/yaml"): TEXT, **REFUSALS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Read a journey with everything that it needs, as `manage.py journeys export` writes it."""
        try:
            document = bundle_of([slug])
        except NoJourney as error:
            raise Refused(404, "there is no journey with this short name and a version") from error
        if request.GET.get("as") == "yaml":
            return HttpResponse(write_document(document), content_type="application/yaml; charset=utf-8")
        return answer(200, document)


@require_GET
@cache_control(max_age=300, public=True)
def schema_of_files(request: HttpRequest) -> HttpResponse:
    """Publish the JSON Schema of files; nobody has to sign in for it."""
    return JsonResponse(journey_schema(), content_type="application/schema+json")


def _told(status: int, version: Version, problems: Sequence[Problem] = ()) -> HttpResponse:
    live = version.journey.live_version_id == version.pk
    body: Mapping[str, Any] = {
        "slug": version.journey.slug,
        "version": version.number,
        "revision": version.revision,
        "state": "draft" if version.published_at is None else "live" if live else "past",
        "warnings": [{"path": problem.path, "message": problem.message} for problem in problems],
        "definition": version.definition,
    }
    return answer(status, body, {"ETag": _tag(version)})


def _tag(version: Version) -> str:
    return f'"{version.number}.{version.revision}"'


def _seen(sent: str, present: Version | None) -> tuple[int | None, int | None]:
    """Which version and revision a change was made from. Raises Refused."""
    if not sent:
        raise Refused(428, "expected the header If-Match with the ETag of what you changed, or * for whatever is there")
    if sent.strip() == "*" or present is None:
        return None, None
    number, dot, revision = sent.strip().removeprefix("W/").strip('"').partition(".")
    if not (dot and number.isdecimal() and revision.isdecimal() and len(number + revision) < 16):
        raise Refused(400, 'expected an If-Match like "3.12"')
    if int(number) == present.number:
        return present.pk, int(revision)
    return 0, int(revision)  # another version: whatever was changed there is not the newest
