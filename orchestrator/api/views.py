"""The doors of machines: contacts and events in, one answer an item, 202 only after the commit."""

import uuid
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, cast

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from orchestrator.api import schema
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.body import Items, Refused, split_batch
from orchestrator.api.models import ApiKey
from orchestrator.api.operations import take_contacts, take_events
from orchestrator.api.rules import FUTURE, ContactIn, EventIn, Problem, read_item
from orchestrator.api.web import Door, again, answer, library_of, said


class Intake(Door, ABC):
    """What both doors share: read the items, take the good ones, say what is wrong with the others."""

    kind: type
    name: str  # of the door

    def receive(self, request: Request) -> HttpResponse:
        """Take a request: 202 when something is stored, 400 when nothing could be."""
        key = cast(ApiKey, request.auth)
        if key.public:
            raise PermissionDenied("a public key may only be used by SDKs, see /v1/track")
        now, source = timezone.now(), key.source
        arrival = NewArrival(source, self.name, library=library_of(request))
        try:
            items = split_batch(self.body(request))
        except Refused as refused:
            record_arrival(arrival=arrival._replace(rejected=1, problem=refused.problem), now=now)
            return answer(refused.status, self.errors(refused.status, [refused.problem]))
        good, results, problem = self._read(items)
        rejected = len(items.raw) - len(good)
        called = getattr(good[0][1], "name", self.name) if good else ""
        arrival = arrival._replace(name=called, accepted=len(good), rejected=rejected, problem=problem)
        if good:
            again(lambda: self.take(items, good, results, arrival, now))
        else:
            record_arrival(arrival=arrival, now=now)
        body = {"accepted": len(good), "rejected": rejected, "items": results}
        return answer(202 if good else 400, body)

    @abstractmethod
    def take(
        self,
        items: Items,
        good: list[tuple[int, Any]],
        results: list[dict[str, Any]],
        arrival: NewArrival,
        now: datetime,
    ) -> None:
        """Store the good items and write what became of them into the results."""

    def _read(self, items: Items) -> tuple[list[tuple[int, Any]], list[dict[str, Any]], Problem | None]:
        """Read the items; gives the good ones with their places, a result each, and the first problem."""
        good: list[tuple[int, Any]] = []
        results: list[dict[str, Any]] = []
        first: Problem | None = None
        for index, raw in enumerate(items.raw):
            item, found = read_item(raw, self.kind)
            result: dict[str, Any] = {"index": index, "status": "rejected"}
            if item is None:
                problems = [Problem(items.path(index, p.path), p.message) for p in found]
                first = first or problems[0]
                result["errors"] = [said(problem) for problem in problems]
            else:
                good.append((index, item))
            results.append(result)
        return good, results, first


class Contacts(Intake):
    """People in."""

    kind = ContactIn
    name = "contacts"

    @extend_schema(operation_id="contacts", request=schema.CONTACTS, responses=schema.ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Make or change one person, or up to 500 in a batch."""
        return self.receive(request)

    def take(
        self,
        items: Items,
        good: list[tuple[int, Any]],
        results: list[dict[str, Any]],
        arrival: NewArrival,
        now: datetime,
    ) -> None:
        """Store people."""
        told: dict[int, list[Problem]] = {}

        def warn(place: int, key: str, message: str) -> None:
            path = items.path(good[place][0], f"attributes.{key}")
            told.setdefault(place, []).append(Problem(path, message))

        ids = take_contacts(people=[person for _, person in good], arrival=arrival, now=now, warn=warn)
        for place, ((index, _), contact_id) in enumerate(zip(good, ids, strict=True)):
            results[index].update(status="stored", id=str(contact_id))
            if place in told:
                results[index]["warnings"] = [said(problem) for problem in told[place]]


class Events(Intake):
    """Facts in."""

    kind = EventIn
    name = "events"

    @extend_schema(operation_id="events", request=schema.EVENTS, responses=schema.ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Record one event, or up to 500 in a batch."""
        return self.receive(request)

    def take(
        self,
        items: Items,
        good: list[tuple[int, Any]],
        results: list[dict[str, Any]],
        arrival: NewArrival,
        now: datetime,
    ) -> None:
        """Store events; one that claims to come from the future happened when it came in."""
        for index, event in good:
            event.message_id = event.message_id or uuid.uuid4().hex
            if event.occurred_at is None:
                event.occurred_at = now
            elif event.occurred_at > now + FUTURE:
                event.occurred_at = now
                results[index]["warning"] = "occurred_at lies in the future: the time of arrival counts"
        stored = take_events(events=[event for _, event in good], arrival=arrival, now=now)
        for (index, event), new in zip(good, stored, strict=True):
            results[index].update(status="stored" if new else "duplicate", id=event.message_id)
