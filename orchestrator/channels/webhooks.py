"""Calls webhooks that are due: claim, commit, fill, call, record. No transaction is open while a machine is called."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import structlog
from django.conf import settings
from django.db import transaction

from contacts.attributes.rules import UNSAFE
from contacts.conditions.rules import parse_duration
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.content.queries import context_of
from journeys.content.rendering import Job, render_many
from journeys.content.rules import ContentProblem
from journeys.enrollments.calls import ANSWER_WITHIN, WebhookCall
from orchestrator.channels.adapters import webhook
from orchestrator.channels.adapters.webhook import Outcome, Request
from orchestrator.channels.throttle.queries import stopped
from orchestrator.kernel import doorbell, sql

LEASE = timedelta(minutes=3)
# seconds before each repetition, over two days in all (Standard Webhooks); the last holds for any further one
WAITS = (10, 20, 40, 300, 1_800, 7_200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600)
PAUSE = timedelta(seconds=10)  # between calls of a receiver that does not answer
PATIENCE = 0.25  # seconds that all wait for the slowest of those who were called together; then places that are free are taken again
ANSWER_LIMIT = 4_000  # characters of one value that is kept of an answer
SECRET = "secret:"  # noqa: S105  # a header that begins so takes its value from the server
SOURCE = "webhook"
log = structlog.get_logger(__name__)


class Settled(NamedTuple):
    """What a call comes to. kept: attributes out of its answer."""

    call: WebhookCall
    outcome: Outcome
    kept: dict[str, Any]


def call_webhooks(*, now: Callable[[], datetime], seconds: float = 0.0) -> Counter[str]:
    """Make the calls that are due, as many at a time as settings allow. Returns how many got which outcome.

    At least once: a call whose answer was lost with its worker is made again with the same key. Who answers slowly keeps one
    place, and nobody else waits for it. seconds: how long places that become free are taken by further calls.
    """
    claim, until = uuid.uuid4(), time.monotonic() + seconds
    outcomes: Counter[str] = Counter()
    with ThreadPoolExecutor(max_workers=settings.WEBHOOK_CONCURRENCY) as threads:
        running: dict[Future[Outcome], WebhookCall] = {}
        begun = False
        while running or not begun or time.monotonic() < until:
            before = outcomes.total()
            fresh = {} if begun and time.monotonic() >= until else _begin(threads, claim, running, now, outcomes)
            begun = True
            running |= fresh
            if not running and outcomes.total() == before:
                break
            if fresh:
                wait(fresh, timeout=PATIENCE)
            else:
                wait(running, timeout=PATIENCE, return_when=FIRST_COMPLETED)
            over = [future for future in running if future.done()]
            _record([(running.pop(future), future.result()) for future in over], claim, now(), outcomes)
    return outcomes


def _begin(
    threads: ThreadPoolExecutor,
    claim: uuid.UUID,
    running: Mapping[Future[Outcome], WebhookCall],
    now: Callable[[], datetime],
    outcomes: Counter[str],
) -> dict[Future[Outcome], WebhookCall]:
    """Take the calls that are due for the places that are free, and begin those that can be made."""
    under_way = {call.pk for call in running.values()}
    calls = [call for call in _claim(claim=claim, now=now()) if call.pk not in under_way]
    if calls and stopped("webhook"):  # they are taken again when their lease ends
        outcomes["stopped"] += len(calls)
        return {}
    requests = _requests(calls) if calls else {}
    at = now()
    _record([(call, one) for call in calls if isinstance(one := requests[call.pk], Outcome)], claim, at, outcomes)
    return {
        threads.submit(webhook.call, one, now=at): call
        for call in calls
        if isinstance(one := requests[call.pk], Request)
    }


def _record(
    told: Sequence[tuple[WebhookCall, Outcome]], claim: uuid.UUID, now: datetime, outcomes: Counter[str]
) -> None:
    """Record what became of calls, and which receivers do not answer or are gone."""
    if not told:
        return
    settled = [Settled(call, _final(call, outcome), _kept(call, outcome)) for call, outcome in told]
    for one in settled:
        outcomes[one.outcome.state] += 1
        if one.outcome.state != "done":
            log.warning(
                "webhook", call=one.call.pk, state=one.outcome.state, words=one.outcome.words, attempt=one.call.attempts
            )
    _settle(settled, claim=claim, now=now)
    steps: dict[str, set[int]] = {"away": set(), "well": set(), "gone": set()}
    for call, outcome in told:
        if outcome.status == webhook.GONE:
            steps["gone"].add(call.step_id)
        elif outcome.status is not None:
            steps["well"].add(call.step_id)
        elif outcome.state == "again":
            steps["away"].add(call.step_id)
    steps["away"] -= steps["well"]  # it answered somebody
    if any(steps.values()):
        values = {name: sorted(ids) for name, ids in steps.items()} | {"now": now}
        for (step,) in sql.rows(sql.statement("orchestrator/channels/sql/receivers.sql"), values):
            log.warning("receiver of a webhook does not answer", step=step)


@transaction.atomic
def _claim(*, claim: uuid.UUID, now: datetime) -> list[WebhookCall]:
    values = {
        "now": now,
        "claim": claim,
        "lease_until": now + LEASE,
        "most": settings.WEBHOOK_CONCURRENCY,
        "pause": PAUSE,
    }
    sql.rows(sql.statement("orchestrator/channels/sql/claim_calls.sql"), values)
    calls = WebhookCall.objects.filter(claim=claim).order_by("pk")
    return list(calls.select_related("contact__account", "journey", "enrollment", "step"))


def _requests(calls: list[WebhookCall]) -> dict[int, Request | Outcome]:
    """What is to be sent for each call, or why it cannot be."""
    templates = [_texts(call.step.settings) for call in calls]
    made = render_many(
        [Job("texts", tuple(texts), _context(call)) for call, texts in zip(calls, templates, strict=True)]
    )
    found: dict[int, Request | Outcome] = {}
    for call, filled in zip(calls, made, strict=True):
        if isinstance(filled, ContentProblem):
            found[call.pk] = Outcome("failed", f"the text cannot be filled: {filled}"[:300])
        elif isinstance(filled, list):
            found[call.pk] = _request(call, filled)
    return found


def _texts(step: Mapping[str, Any]) -> list[str]:
    return [step["url"], *_leaves(step.get("body"))]


def _request(call: WebhookCall, filled: list[str]) -> Request | Outcome:
    step = call.step.settings
    url, *texts = filled
    if call.attempts > step.get("retries", 3) + 1:  # workers ended while they called
        return Outcome("failed", "no answer was ever recorded")
    names = {
        "": step.get("secret"),
        **{k: v.removeprefix(SECRET) for k, v in step.get("headers", {}).items() if v.startswith(SECRET)},
    }
    secrets = {header: settings.WEBHOOK_SECRETS.get(name, "") for header, name in names.items() if name}
    if not all(secrets.values()):
        return Outcome("failed", "a secret is not set on the server")
    if not _same_machine(url, step["url"]):
        return Outcome("failed", "values can stand after the name of the machine only")
    body = step.get("body")
    sent = _default_body(call) if body is None else _filled(body, iter(texts))
    as_json = not isinstance(sent, str)
    content = sent if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False, default=str)
    kind = "application/json" if as_json else "text/plain; charset=utf-8"
    return Request(
        method=step.get("method", "POST"),
        url=url,
        headers={"Content-Type": kind, **step.get("headers", {}), **{h: s for h, s in secrets.items() if h}},
        body=content.encode("utf-8", "replace"),
        key=f"{call.enrollment_id}-{call.step.key}-{call.visit}",
        secret=secrets.get("", ""),
        seconds=parse_duration(step.get("answer_within", ANSWER_WITHIN)).total_seconds(),
    )


def _same_machine(url: str, written: str) -> bool:
    """Whether the values left the name of the machine as the author wrote it."""
    return url.split("/")[:3] == written.split("/")[:3]


def _context(call: WebhookCall) -> dict[str, Any]:
    """What the texts of a webhook may use: all that a message may, and who the person is in other systems."""
    run, contact = call.enrollment, call.contact
    context = context_of(contact, call.journey.name_en, run.key, run.evidence)
    ids = {"id": contact.pk, "external_id": contact.external_id, "email": contact.email, "phone": contact.phone}
    context["contact"] |= {key: value for key, value in ids.items() if value}
    return context | {"mail": {"language": contact.language}}


def _default_body(call: WebhookCall) -> dict[str, Any]:
    """Who it is and where the person stands; attributes only where a body of one's own names them."""
    contact, run = call.contact, call.enrollment
    return {
        "person": {
            "id": contact.pk,
            "external_id": contact.external_id,
            "email": contact.email,
            "phone": contact.phone,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "language": contact.language,
            "country": contact.country,
        },
        "journey": call.journey.slug,
        "step": call.step.key,
        "run": {"id": run.pk, "key": run.key, "entered_at": run.entered_at.isoformat(), "evidence": run.evidence},
    }


def _leaves(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _leaves(value)


def _filled(body: Any, texts: Iterator[str]) -> Any:
    """The body with its texts filled: values stand inside of texts only, so that none can add a field."""
    if isinstance(body, str):
        return next(texts)
    if isinstance(body, dict):
        return {key: _filled(value, texts) for key, value in body.items()}
    return [_filled(value, texts) for value in body] if isinstance(body, list) else body


def _final(call: WebhookCall, outcome: Outcome) -> Outcome:
    """A call that is to be made again ends when its repetitions are used up."""
    if outcome.state == "again" and call.attempts > call.step.settings.get("retries", 3):
        return outcome._replace(state="failed")
    return outcome


def _kept(call: WebhookCall, outcome: Outcome) -> dict[str, Any]:
    """What the step asked to keep of an answer; what is not there, or is no plain value, is left out."""
    if outcome.state != "done":
        return {}
    found = {key: _at(outcome.body, path) for key, path in (call.step.settings.get("answer") or {}).items()}
    return {key: value for key, value in found.items() if value is not None}


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(body, dict):
            body = body.get(name)
        elif isinstance(body, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(body):
            body = body[int(name[:9])]
        else:
            return None
    if isinstance(body, list) and all(isinstance(one, str) for one in body):
        return body if len(json.dumps(body)) <= ANSWER_LIMIT and not any(map(UNSAFE.search, body)) else None
    if isinstance(body, str):
        return None if len(body) > ANSWER_LIMIT or UNSAFE.search(body) else body
    return body if isinstance(body, bool | int | float) and abs(body) < 10**15 else None


@transaction.atomic
def _settle(settled: list[Settled], *, claim: uuid.UUID, now: datetime) -> None:
    rows = [_row(one, now) for one in settled]
    values = {"given": msgspec.json.encode(rows).decode(), "claim": claim, "now": now}
    recorded = {pk for (pk,) in sql.rows(sql.statement("orchestrator/channels/sql/settle_calls.sql"), values)}
    told = [one for one in settled if one.kept and one.call.pk in recorded]
    if told:
        there = set(Contact.objects.filter(pk__in=[one.call.contact_id for one in told]).values_list("pk", flat=True))
        people = [
            NewContact(contact_id=one.call.contact_id, attributes=one.kept)
            for one in told
            if one.call.contact_id in there
        ]
        upsert_contacts(people=people, now=now, source=SOURCE)
    doorbell.ring()


def _row(one: Settled, now: datetime) -> dict[str, Any]:
    outcome, call = one.outcome, one.call
    again = outcome.state == "again"
    pause = max(outcome.wait, WAITS[min(max(0, call.attempts - 1), len(WAITS) - 1)])
    jitter = 1 + (call.pk * 31 + call.attempts) % 97 / 485  # up to a fifth later, so that not all come back at once
    return {
        "id": call.pk,
        "state": "waiting" if again else outcome.state,
        "status": outcome.status,
        "answer": one.kept or None,
        "error": outcome.words[:300],
        "next_at": (now + timedelta(seconds=pause * jitter)).isoformat() if again else None,
    }
