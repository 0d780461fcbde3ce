"""Heeds bounces and complaints at once: the address is suppressed, and whoever complained has withdrawn."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from consent.records.operations import Choice, record_consents
from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from contacts.identity.operations import hold_people
from contacts.profiles.models import Contact
from journeys.enrollments.models import Touch
from orchestrator.channels.feedback import rules
from orchestrator.channels.feedback.brake import watch_journeys
from orchestrator.channels.feedback.rules import Kind, Report
from orchestrator.kernel import sql

CHANNEL = SOURCE = "email"
REASONS = {Kind.HARD: "bounced", Kind.COMPLAINT: "complained"}
COME_BACK = (*rules.BOUNCES, Kind.COMPLAINT)
WITHDRAWS = {Kind.COMPLAINT: "complaint", Kind.UNSUBSCRIBED: "provider"}  # the source of the withdrawal
STORED, DUPLICATE, UNKNOWN, OTHER_ADDRESS = "stored", "duplicate", "unknown", "other_address"


class Fact(NamedTuple):
    """One thing that came back about an address. contact_id: whom it is about, None when nobody is known. new: not heard before."""

    kind: Kind
    address: str
    at: datetime
    contact_id: int | None
    new: bool
    proof: dict[str, Any]


@transaction.atomic
def take_reports(*, reports: Sequence[Report], now: datetime) -> list[str]:
    """Record what came back as events and heed it, whoever has the address. Repetitions change nothing, nor does the order.

    Returns one word each: stored, duplicate, unknown (neither address nor touch is known: nothing was written),
    other_address (the touch went to another address, and only the report says otherwise: nothing was written).
    """
    touches = {
        touch.pk: touch
        for touch in Touch.objects.filter(pk__in={r.touch for r in reports if r.touch}).select_related("journey")
    }
    outcomes = [_checked(report, touches.get(report.touch or 0)) for report in reports]
    addressed = [
        (place, _settled(report, touches.get(report.touch or 0), now))
        for place, report in enumerate(reports)
        if outcomes[place] == STORED
    ]
    people = _people(addressed, touches)
    events = [_event(report, touches.get(report.touch or 0), people[place], now) for place, report in addressed]
    _take_turns([report.address for _, report in addressed if report.kind is Kind.SOFT])
    new = _record([event for event in events if event], SOURCE, now)
    facts = []
    for (place, report), event in zip(addressed, events, strict=True):
        fresh = new.pop(0) if event else True
        outcomes[place] = STORED if fresh else DUPLICATE
        proof = {"report": report.key, **({"touch": report.touch} if report.touch else {})}
        facts.append(Fact(report.kind, report.address, report.at or now, people[place], fresh, proof))
    heed(facts=facts, now=now)
    back = {
        touches[report.touch].journey_id
        for (_, report), fact in zip(addressed, facts, strict=True)
        if fact.new and fact.kind in COME_BACK and report.touch in touches
    }
    watch_journeys(journeys=back, now=now)
    return outcomes


def record_facts(*, events: Sequence[NewEvent], source: str, now: datetime) -> list[bool]:
    """Record events as record_events does, and heed those that say that mail came back or that somebody complained.

    Such an event is about the address that it names, else the one that its person has now.
    """
    kinds = [rules.kind_of(event.name, _properties(event)) for event in events]
    if not any(kinds):  # nearly always: no more than record_events takes
        return record_events(events=events, source=source, now=now)
    return _record_and_heed(events, kinds, source, now)


@transaction.atomic
def _record_and_heed(
    events: Sequence[NewEvent], kinds: Sequence[Kind | None], source: str, now: datetime
) -> list[bool]:
    ids = {event.contact_id for event, kind in zip(events, kinds, strict=True) if kind}
    has = dict(Contact.objects.filter(pk__in=ids).values_list("pk", "email"))
    told = [
        event._replace(properties=_complete(event, kind, has.get(event.contact_id, ""))) if kind else event
        for event, kind in zip(events, kinds, strict=True)
    ]
    about = [(place, kind, _properties(told[place])["address"]) for place, kind in enumerate(kinds) if kind]
    _take_turns([address for _, kind, address in about if kind is Kind.SOFT])
    new = _record(told, source, now)
    heed(
        facts=[
            Fact(
                kind,
                address,
                min(told[place].occurred_at, now),
                told[place].contact_id,
                new[place],
                {"event": told[place].message_id, "from": source},
            )
            for place, kind, address in about
            if address
        ],
        now=now,
    )
    return new


@transaction.atomic
def heed(*, facts: Sequence[Fact], now: datetime) -> None:
    """Suppress addresses, and withdraw for everybody whose address somebody complained under.

    What was heard before was heeded then, in one transaction with its event: whoever agreed again since, or whose address
    a colleague has set free, is not stopped by a repetition.
    """
    facts = [fact for fact in facts if fact.new]
    addresses = {fact.address for fact in facts}
    if not addresses:
        return
    holders: dict[str, set[int]] = {address: set() for address in addresses}
    for pk, email in Contact.objects.filter(email__in=addresses).exclude(email="").values_list("pk", "email"):
        holders[email].add(pk)
    for fact in facts:
        holders[fact.address] |= {fact.contact_id} - {None}  # type: ignore[arg-type]  # None is taken out
    given = [
        {"address": fact.address, "reason": REASONS[fact.kind], "at": fact.at.isoformat()}
        for fact in facts
        if fact.kind in REASONS
    ]
    _suppress([*given, *_worn_out(facts, holders)])
    _withdraw([fact for fact in facts if fact.kind in WITHDRAWS], holders, now)


def _checked(report: Report, touch: Touch | None) -> str:
    if not report.address and (touch is None or not touch.address):
        return UNKNOWN
    if touch is None and report.kind is Kind.DELIVERED:
        return UNKNOWN  # of somebody else's message: it is no news about ours
    if touch is None or report.signed or not report.address or not touch.address:
        return STORED
    return STORED if rules.plain(report.address) == rules.plain(touch.address) else OTHER_ADDRESS


def _settled(report: Report, touch: Touch | None, now: datetime) -> Report:
    """The report with the address that we wrote to (a forwarder tells one that we do not know), a time and its id."""
    address = rules.plain(touch.address if touch and touch.address else report.address)
    at = report.at if report.at and report.at <= now else now
    return report._replace(address=address, at=at, key=rules.message_id(report))


def _people(addressed: Sequence[tuple[int, Report]], touches: Mapping[int, Touch]) -> dict[int, int | None]:
    """Whom each report is about: who got the message, else the first who has the address; by the report's place."""
    having: dict[str, int] = {}
    addresses = {report.address for _, report in addressed}
    for pk, email in Contact.objects.filter(email__in=addresses).order_by("-pk").values_list("pk", "email"):
        having[email] = pk
    got = {pk: touch.contact_id for pk, touch in touches.items()}
    # a merge waits for the commit, or the report goes to the survivor; who was erased gets nothing
    held = hold_people(contact_ids=[*having.values(), *got.values()])
    return {
        place: held.get(got.get(report.touch or 0, 0)) or held.get(having.get(report.address, 0))
        for place, report in addressed
    }


def _event(report: Report, touch: Touch | None, contact_id: int | None, now: datetime) -> NewEvent | None:
    if contact_id is None:
        return None
    properties: dict[str, Any] = {"address": report.address}
    if report.kind in rules.BOUNCES:
        properties["kind"] = str(report.kind)
    if touch:
        properties |= {"touch": touch.pk, "journey": touch.journey.slug}
    if report.words:
        properties["answer"] = report.words[:200]
    name = rules.EVENT_NAMES[report.kind]
    return NewEvent(contact_id, name, report.at or now, properties, report.key)


def _properties(event: NewEvent) -> Mapping[str, Any]:
    return event.properties if isinstance(event.properties, Mapping) else {}


def _complete(event: NewEvent, kind: Kind, email: str) -> dict[str, Any]:
    """Say in an event what it left to us: the address, and that a bounce of an unknown kind is a soft one."""
    said = _properties(event)
    named = said.get("address")
    address = rules.plain(named) if isinstance(named, str) and "@" in named[:320] else email
    return {**said, "address": address[:320]} | ({} if kind is Kind.COMPLAINT else {"kind": str(kind)})


def _take_turns(addresses: Sequence[str]) -> None:
    if addresses:
        sql.rows(sql.statement("orchestrator/channels/feedback/sql/in_turn.sql"), {"addresses": list(addresses)})


def _record(events: Sequence[NewEvent], source: str, now: datetime) -> list[bool]:
    if events:
        types = [
            EventType(slug=slug, kind=EventType.Kind.FEEDBACK, name_en=en, name_de=de)
            for slug, (en, de) in rules.EVENT_TYPES.items()
        ]
        EventType.objects.bulk_create(types, ignore_conflicts=True)
    return record_events(events=events, source=source, now=now)


def _worn_out(facts: Sequence[Fact], holders: Mapping[str, set[int]]) -> list[dict[str, Any]]:
    times: dict[str, list[datetime]] = {}
    for fact in facts:
        if fact.kind is Kind.SOFT:
            times.setdefault(fact.address, []).append(fact.at)
    if not times:
        return []
    addresses = sorted(times)
    params = {
        "addresses": addresses,
        "first": [min(times[address]) for address in addresses],
        "last": [max(times[address]) for address in addresses],
        "people": sorted(set().union(*(holders[address] for address in addresses))),
        "most": rules.SOFT_MOST,
        "within": rules.SOFT_WITHIN,
    }
    found = sql.rows(sql.statement("orchestrator/channels/feedback/sql/worn_out.sql"), params)
    return [{"address": address, "reason": "bounced", "at": at.isoformat()} for address, at in found]


def _suppress(given: Sequence[Mapping[str, Any]]) -> None:
    if given:
        params = {"given": json.dumps(given), "channel": CHANNEL}
        sql.rows(sql.statement("orchestrator/channels/feedback/sql/suppress.sql"), params)


def _withdraw(complaints: Sequence[Fact], holders: Mapping[str, set[int]], now: datetime) -> None:
    people = set().union(*(holders[fact.address] for fact in complaints)) if complaints else set()
    if not people:
        return
    params = {"people": sorted(people), "channel": CHANNEL}
    agreed = sql.rows(sql.statement("orchestrator/channels/feedback/sql/agreed.sql"), params)
    first: dict[int, Fact] = {}
    for fact in sorted(complaints, key=lambda one: one.at, reverse=True):
        first |= dict.fromkeys(holders[fact.address], fact)
    choices = [
        Choice(pk, purpose, "withdrawn", WITHDRAWS[first[pk].kind], proof=first[pk].proof, at=first[pk].at)
        for pk, purpose in agreed
    ]
    record_consents(choices=choices, now=now)
