"""Records opens and clicks as events of the person they belong to, and takes what a webhook of a provider told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from consent.purposes.models import Purpose
from consent.records.queries import allowed_among
from contacts.events.operations import NewEvent, record_events
from contacts.identity.operations import hold_people
from journeys.enrollments.models import Touch
from orchestrator.channels.feedback.bounces import DUPLICATE, STORED, UNKNOWN, take_reports
from orchestrator.channels.feedback.queries import touches_of
from orchestrator.channels.feedback.rules import VISITS, likely_machine, told_by
from orchestrator.channels.feedback.told import Told
from orchestrator.channels.queries import clicked
from orchestrator.kernel import sql

SOURCE = "email"
TOLD, OTHER_WORDS = "told", "other_words"


class Visit(NamedTuple):
    """Somebody, or a machine, saw a message or followed a link in it. touch: with journey and block. mark: which link."""

    touch: Touch
    name: str
    machine: bool
    at: datetime
    mark: str = "0"
    url: str = ""


def record_feedback(*, touch: Touch, name: str, machine: bool, now: datetime, position: int = 0, url: str = "") -> bool:
    """Record that a message was opened or a link in it clicked, once a minute, machines apart from people.

    touch: with journey and block. Returns False for a repetition, and when the person does not agree to profiling
    any more: nothing was written.
    """
    return record_visits(visits=[Visit(touch, name, machine, now, str(position), url)], now=now)[0]


@transaction.atomic
def record_visits(*, visits: Sequence[Visit], now: datetime) -> list[bool]:
    """Record opens and clicks, each once a minute. Returns for each whether it is new; False without consent to profiling."""
    if not visits:
        return []
    allowed = set(allowed_among(sorted({visit.touch.contact_id for visit in visits}), Purpose.PROFILING))
    kept = [visit for visit in visits if visit.touch.contact_id in allowed]
    done = iter(record_events(events=[_event(visit) for visit in kept], source=SOURCE, now=now) if kept else [])
    return [visit.touch.contact_id in allowed and next(done) for visit in visits]


def _event(visit: Visit) -> NewEvent:
    touch = visit.touch
    who = "machine" if visit.machine else "person"
    message_id = f"{visit.name}-{touch.pk}-{visit.mark}-{visit.at:%Y%m%d%H%M}-{who}"
    properties: dict[str, Any] = {
        "touch": touch.pk,
        "journey": touch.journey.slug,
        "block": touch.block.slug,
        "likely_machine": visit.machine,
    }
    if visit.url:
        properties["url"] = visit.url
    return NewEvent(touch.contact_id, visit.name, visit.at, properties, message_id)


@transaction.atomic
def take_hook(*, source: str, key: str, digest: str, told: Sequence[Told], now: datetime) -> list[str]:
    """Take what one webhook told, once however often it comes, and in any order.

    key: what the provider counts it once by, empty where it has none; digest: of the whole content. Returns a word for
    each event (see take_reports), or one: `told` for a repetition, `other_words` where the same key comes with other content.
    """
    if key and (seen := _seen(source, key, digest, now)):
        return [seen]
    visits = [(place, one) for place, one in enumerate(told) if one.report.kind in VISITS]
    others = [(place, one.report) for place, one in enumerate(told) if one.report.kind not in VISITS]
    words = dict.fromkeys(range(len(told)), UNKNOWN)
    for (place, _), word in zip(others, take_reports(reports=[report for _, report in others], now=now), strict=True):
        words[place] = word
    touches = touches_of({one.report.touch for one in told if one.report.touch})
    words |= _take_visits(visits, touches, now)
    if touches:  # what was lost on the way is told now: it went out
        sql.count(sql.statement("orchestrator/channels/feedback/sql/prove.sql"), {"ids": sorted(touches)})
    return [words[place] for place in range(len(told))]


def _seen(source: str, key: str, digest: str, now: datetime) -> str:
    """Note a webhook; empty when it is new. Who comes at the same time waits for the first."""
    params = {"source": source, "key": key, "digest": digest, "now": now}
    (kept,) = sql.rows(sql.statement("orchestrator/channels/feedback/sql/note_hook.sql"), params)
    if kept[1]:
        return ""
    if kept[0] is None:  # the other one was committed after this statement began
        kept = sql.rows("SELECT digest FROM orchestrator_hook WHERE source = %s AND key = %s", [source, key])[0]
    return TOLD if kept[0] == digest else OTHER_WORDS


def _take_visits(visits: Sequence[tuple[int, Told]], touches: dict[int, Touch], now: datetime) -> dict[int, str]:
    known = [(place, one, touches[one.report.touch]) for place, one in visits if one.report.touch in touches]
    here = hold_people(contact_ids=[touch.contact_id for _, _, touch in known]) if known else {}
    given = [(place, _visit(one, touch, now)) for place, one, touch in known if touch.contact_id in here]
    new = record_visits(visits=[visit for _, visit in given], now=now)
    return {place: STORED if fresh else DUPLICATE for (place, _), fresh in zip(given, new, strict=True)}


def _visit(one: Told, touch: Touch, now: datetime) -> Visit:
    at = min(one.report.at or now, now)
    machine = likely_machine(told_by(one.agent), called_at=touch.called_at, now=at)
    ours = clicked(one.token) if one.token else None
    mark = str(ours[1]) if ours else one.report.key[:20] if one.url else "0"
    return Visit(touch, VISITS[one.report.kind], machine, at, mark, "" if ours else one.url)
