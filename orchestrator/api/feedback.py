"""The door for what mail servers and providers say came back: bounces and complaints, plain or as they were mailed."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from consent.preferences.queries import subject_of
from orchestrator.api import schema
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.body import Items, Refused, split_batch
from orchestrator.api.models import ApiKey
from orchestrator.api.rules import (
    MAX_ITEM,
    PAST,
    Problem,
    deep_problems,
    email_problems,
    shape_problem,
    text_problems,
)
from orchestrator.api.web import Door, again, answer, library_of, said
from orchestrator.channels.feedback.bounces import OTHER_ADDRESS, STORED, UNKNOWN, take_reports
from orchestrator.channels.feedback.reports import MOST_BYTES, Unreadable, read_report
from orchestrator.channels.feedback.rules import Kind, Report

EventName = Literal["email_bounced", "email_complained", "hard_bounce", "soft_bounce", "complaint"]
KINDS = {
    "hard_bounce": Kind.HARD,
    "soft_bounce": Kind.SOFT,
    "complaint": Kind.COMPLAINT,
    "email_complained": Kind.COMPLAINT,
}
IGNORED = "ignored"


class FeedbackIn(msgspec.Struct, forbid_unknown_fields=True):
    """One report as a provider tells it, or `raw`: the mail that a mail server wrote."""

    event: EventName | None = None
    kind: Literal["hard", "soft"] | None = None
    address: Annotated[str, msgspec.Meta(min_length=3, max_length=320)] | None = None
    touch: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    raw: str | None = None


class Read(NamedTuple):
    """What an item says, or what is wrong with it."""

    reports: list[Report]
    problems: list[Problem]


_ITEM = msgspec.json.Decoder(FeedbackIn)


class Feedback(Door):
    """Bounces and complaints in."""

    @extend_schema(operation_id="feedback", request=schema.FEEDBACK, responses=schema.FEEDBACK_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Take one report, or up to 500: a hard bounce or a complaint stops mail to the address at once."""
        key = cast(ApiKey, request.auth)
        if key.public:
            raise PermissionDenied("a public key may only be used by SDKs, see /v1/track")
        now, arrival = timezone.now(), NewArrival(key.source, "feedback", library=library_of(request))
        try:
            items = split_batch(self.body(request))
        except Refused as refused:
            record_arrival(arrival=arrival._replace(rejected=1, problem=refused.problem), now=now)
            return answer(refused.status, self.errors(refused.status, [refused.problem]))
        found = [_read(raw) for raw in items.raw]
        results = again(lambda: _take(items, found, arrival, now))
        rejected = sum(result["status"] == "rejected" for result in results)
        body = {"accepted": len(results) - rejected, "rejected": rejected, "items": results}
        return answer(202 if rejected < len(results) else 400, body)


@transaction.atomic
def _take(items: Items, found: list[Read], arrival: NewArrival, now: datetime) -> list[dict[str, Any]]:
    """Heed the good reports, all in one transaction. Returns a result for each item."""
    outcomes = take_reports(reports=[report for one in found for report in one.reports], now=now)
    results: list[dict[str, Any]] = []
    first: Problem | None = None
    for index, one in enumerate(found):
        mine, outcomes = outcomes[: len(one.reports)], outcomes[len(one.reports) :]
        problems = one.problems or [
            Problem("touch", "this message went to another address") for word in mine if word == OTHER_ADDRESS
        ]
        if problems:
            placed = [Problem(items.path(index, problem.path), problem.message) for problem in problems]
            first = first or placed[0]
            results.append({"index": index, "status": "rejected", "errors": [said(problem) for problem in placed]})
        else:
            results.append({"index": index, "status": _status(mine)})
    rejected = sum(result["status"] == "rejected" for result in results)
    counted = arrival._replace(accepted=len(results) - rejected, rejected=rejected, problem=first)
    record_arrival(arrival=counted, now=now)
    return results


def _status(words: list[str]) -> str:
    """The word for an item, which may hold several reports: stored as soon as one of them is."""
    if not words or set(words) == {UNKNOWN}:
        return IGNORED
    return STORED if STORED in words else "duplicate"


def _read(raw: bytes) -> Read:
    """Read one item and say everything that is wrong with it."""
    if len(raw) > 2 * MOST_BYTES:
        return Read([], [Problem("", f"expected at most {2 * MOST_BYTES} bytes, got {len(raw)}")])
    try:
        item = _ITEM.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Read([], list(deep_problems(raw)) or [shape_problem(error)])
    problems = deep_problems(raw)
    if item.raw is not None:
        return _read_raw(item, problems)
    if len(raw) > MAX_ITEM:
        problems.append(Problem("", f"expected at most {MAX_ITEM} bytes, got {len(raw)}"))
    problems += text_problems([("id", item.id)])
    problems += email_problems("address", item.address)
    kind = _kind(item)
    if item.event is None:
        problems.append(Problem("event", "expected event, or raw"))
    elif kind is None:
        problems.append(Problem("kind", "expected hard or soft"))
    if item.address is None and item.touch is None:
        problems.append(Problem("", "expected address or touch"))
    if item.at is not None and item.at < PAST:
        problems.append(Problem("at", "expected an instant in the years 1970 to 9999"))
    if kind is Kind.SOFT and item.touch is None and item.id is None and item.at is None:
        problems.append(Problem("", "expected touch, id or at: else nobody can tell a repetition"))
    if problems or kind is None:
        return Read([], problems)
    return Read([Report(kind, item.address or "", item.touch, item.at, item.id or "")], [])


def _kind(item: FeedbackIn) -> Kind | None:
    if item.event == "email_bounced":
        return Kind(item.kind) if item.kind else None
    return KINDS.get(item.event or "")


def _read_raw(item: FeedbackIn, problems: list[Problem]) -> Read:
    """Read a report as it was mailed. Which message it is about stands in it, signed by us."""
    beside = [name for name in item.__struct_fields__ if name not in ("raw", "id") and getattr(item, name) is not None]
    problems += [Problem(name, "expected nothing beside raw but id") for name in beside]
    problems += text_problems([("id", item.id)])
    if problems:
        return Read([], problems)
    try:
        found = read_report(item.raw or "", touch_of=_touch_of)
    except Unreadable as problem:
        return Read([], [Problem("raw", str(problem))])
    if item.id:
        own = hashlib.sha256(item.id.encode()).hexdigest()
        found = [report._replace(key=f"{own}\x1f{report.address}") for report in found]
    return Read(found, [])


def _touch_of(token: str) -> int | None:
    subject = subject_of(token)
    return subject.touch_id or None if subject else None
