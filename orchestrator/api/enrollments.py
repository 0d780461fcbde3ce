"""The doors by which machines put people into journeys and take them out: one answer a person, once for each id."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from journeys.definitions.models import Journey
from journeys.enrollments.operations import Entrant, NotOpen, queue_entrants, take_out_runs
from orchestrator.api import schema
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.body import Refused
from orchestrator.api.models import ApiKey
from orchestrator.api.queries import find_people
from orchestrator.api.rules import (
    MAX_BATCH,
    MAX_ITEM,
    Problem,
    bag_problems,
    deep_problems,
    email_problems,
    shape_problem,
    text_problems,
)
from orchestrator.api.web import Door, again, answer, find_journey, library_of, said

LONGEST_ID = 100


class Who(msgspec.Struct, forbid_unknown_fields=True):
    """One person who is to enter or to leave."""

    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=320)] | None = None
    contact_id: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None
    key: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    evidence: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A request as a whole."""

    contacts: list[msgspec.Raw]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)] | None = None


class Good(NamedTuple):
    """Somebody whom we know, with the place in the request."""

    place: int
    who: Who
    contact_id: int


_ASKED = msgspec.json.Decoder(Asked)
_WHO = msgspec.json.Decoder(Who)


class PeopleDoor(Door, ABC):
    """What both doors share: read whom it is about, do it for those who are known, say what is wrong with the others."""

    door: str
    status: int

    def receive(self, request: Request, slug: str) -> HttpResponse:
        """Take a request: the good status when somebody is known, 400 when nobody is."""
        key = cast(ApiKey, request.auth)
        if key.public:
            raise PermissionDenied("a public key may only be used by SDKs, see /v1/track")
        now, arrival = timezone.now(), NewArrival(key.source, self.door, name=slug[:100], library=library_of(request))
        try:
            journey = self.journey(slug)
            asked = _read(self.body(request))
            good, results, first = _look_up(asked)
            arrival = arrival._replace(accepted=len(good), rejected=len(results) - len(good), problem=first)
            if good:
                again(lambda: self.act(journey, asked, good, results, arrival, now))
            else:
                record_arrival(arrival=arrival, now=now)
        except Refused as refused:
            record_arrival(arrival=arrival._replace(accepted=0, rejected=1, problem=refused.problem), now=now)
            return answer(refused.status, self.errors(refused.status, [refused.problem]))
        body = {"accepted": len(good), "rejected": len(results) - len(good), "items": results}
        return answer(self.status if good else 400, body)

    def journey(self, slug: str) -> Journey:
        """Find the journey. Raises Refused."""
        return find_journey(slug)

    @abstractmethod
    def act(
        self,
        journey: Journey,
        asked: Asked,
        good: list[Good],
        results: list[dict[str, Any]],
        arrival: NewArrival,
        now: datetime,
    ) -> None:
        """Do it in one transaction, and write what became of each into the results. Raises Refused."""


class Enter(PeopleDoor):
    """People in."""

    door = "enter"
    status = 202

    @extend_schema(
        operation_id="journey_enter", parameters=[schema.SLUG], request=schema.ENTER, responses=schema.ENTER_ANSWERS
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Put one to 500 people before the door of a journey whose entry is the API; the same id again changes nothing."""
        return self.receive(request, slug)

    def journey(self, slug: str) -> Journey:
        """Find a journey that is opened by machines. Raises Refused."""
        found = super().journey(slug)
        if found.live_version is None or "api" not in found.live_version.definition["entry"]:
            raise Refused(409, "this journey is not opened by the API: its entry is something else")
        return found

    def act(
        self,
        journey: Journey,
        asked: Asked,
        good: list[Good],
        results: list[dict[str, Any]],
        arrival: NewArrival,
        now: datetime,
    ) -> None:
        """Queue people; the next pulse takes them in or says why not."""
        with transaction.atomic():
            flags = queue_entrants(journey=journey, entrants=self._entrants(journey, asked, good, now), now=now)
            record_arrival(arrival=arrival, now=now)
        for one, new in zip(good, flags, strict=True):
            results[one.place] |= {"status": "queued" if new else "duplicate", "contact_id": str(one.contact_id)}

    def _entrants(self, journey: Journey, asked: Asked, good: Sequence[Good], now: datetime) -> list[Entrant]:
        name = (journey.live_version.definition["entry"].get("key") if journey.live_version else None) or ""
        called = f"api:{asked.id or uuid.uuid4().hex}"
        entrants = []
        for one in good:
            given = one.who.evidence or {}
            inside = given.get(name) if name else ""
            key = one.who.key if one.who.key is not None else _text(inside)
            evidence = {"api": asked.id or "", "name": "api", "at": now.isoformat(), "properties": given}
            source = f"{called}:{key}" if key else called
            entrants.append(Entrant(one.contact_id, source, key if name else "", evidence))
        return entrants

    def handle_exception(self, exc: Exception) -> Any:
        """Say that a journey takes in nobody now."""
        if isinstance(exc, NotOpen):
            problem = Problem("", "this journey takes in nobody now: it is not live")
            return answer(409, self.errors(409, [problem]))
        return super().handle_exception(exc)


class Leave(PeopleDoor):
    """People out."""

    door = "leave"
    status = 200

    @extend_schema(
        operation_id="journey_leave", parameters=[schema.SLUG], request=schema.ENTER, responses=schema.LEAVE_ANSWERS
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take one to 500 people out of a journey, of the run with a key or of all their runs."""
        return self.receive(request, slug)

    def act(
        self,
        journey: Journey,
        asked: Asked,
        good: list[Good],
        results: list[dict[str, Any]],
        arrival: NewArrival,
        now: datetime,
    ) -> None:
        """End runs; who is in none of them is out already."""
        with transaction.atomic():
            take_out_runs(journey=journey, runs=[(one.contact_id, one.who.key) for one in good], now=now)
            record_arrival(arrival=arrival, now=now)
        for one in good:
            results[one.place] |= {"status": "out", "contact_id": str(one.contact_id)}


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)[:200]


def _read(data: bytes) -> Asked:
    """Read a request as a whole. Raises Refused."""
    try:
        asked = _ASKED.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = shape_problem(error)
        raise Refused(400, problem.message, problem.path) from None
    if not 1 <= len(asked.contacts) <= MAX_BATCH:
        n = len(asked.contacts)
        raise Refused(413 if n else 400, f"expected 1 to {MAX_BATCH} items, got {n}", "contacts")
    for problem in text_problems([("id", asked.id)]):
        raise Refused(400, problem.message, problem.path)
    return asked


def _look_up(asked: Asked) -> tuple[list[Good], list[dict[str, Any]], Problem | None]:
    """Read the people and find them; gives those who are known, a result each, and the first problem."""
    read = [_read_who(bytes(raw)) for raw in asked.contacts]
    wanted = [(who.contact_id, who.user_id, who.email) for who, problems in read if who and not problems]
    found = dict(zip(wanted, find_people(wanted), strict=True))
    good: list[Good] = []
    results: list[dict[str, Any]] = []
    first: Problem | None = None
    for index, (who, problems) in enumerate(read):
        known = found.get((who.contact_id, who.user_id, who.email)) if who and not problems else None
        result: dict[str, Any] = {"index": index, "status": "rejected"}
        if who is not None and known is not None:
            good.append(Good(index, who, known))
        else:
            told = problems or [Problem("", "there is no such person")]
            placed = [Problem(f"contacts[{index}].{p.path}".rstrip("."), p.message) for p in told]
            first = first or placed[0]
            result["errors"] = [said(problem) for problem in placed]
        results.append(result)
    return good, results, first


def _read_who(raw: bytes) -> tuple[Who | None, list[Problem]]:
    """Read one person and say everything that is wrong."""
    if len(raw) > MAX_ITEM:
        return None, [Problem("", f"expected at most {MAX_ITEM} bytes, got {len(raw)}")]
    problems = deep_problems(raw)
    try:
        who = _WHO.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, problems or [shape_problem(error)]
    if who.user_id is None and who.email is None and who.contact_id is None:
        problems.append(Problem("", "expected user_id, email or contact_id"))
    problems += bag_problems(who.evidence or {}, "evidence")
    problems += text_problems([("user_id", who.user_id), ("key", who.key)])
    problems += email_problems("email", who.email)
    return who, problems
