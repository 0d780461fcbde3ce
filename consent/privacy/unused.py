"""Data that is collected and that no rule, no text and no key figure uses (GDPR Art. 5(1)(c))."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from contacts.attributes.models import Attribute
from contacts.attributes.operations import delete_attribute, ignore_key
from contacts.attributes.queries import filled
from contacts.conditions.uses import load_uses
from contacts.conditions.vocabulary import load_vocabulary
from contacts.events.models import EventType
from orchestrator.kernel import sql

MOST_COUNTED = 10_000  # of the newest events of a name; a list says "more than" from here on
WORD = re.compile(r"[\w-]+")
# what rules and texts are kept as: every word in them counts as used, so that nothing is listed that may be needed
WRITTEN = """
SELECT condition::text FROM contacts_segment WHERE condition IS NOT NULL
UNION ALL SELECT condition::text || ' "' || key_property || '"' FROM contacts_signal
UNION ALL SELECT coalesce(condition::text, '') || coalesce(leave::text, '') FROM contacts_stage
UNION ALL SELECT coalesce(condition::text, '') || coalesce(event::text, '') FROM contacts_scorerule
UNION ALL SELECT v.definition::text FROM journeys_version v JOIN journeys_journey j ON j.id = v.journey_id
          WHERE j.state <> 'archived' AND (v.id = j.live_version_id OR v.published_at IS NULL)
UNION ALL SELECT coalesce(eligibility::text, '') || ' "' || accepted_by || '"' FROM journeys_offer
UNION ALL SELECT subject || ' ' || preheader || ' ' || body || ' ' || coalesce(parts::text, '') FROM journeys_variant
UNION ALL SELECT variants::text FROM journeys_revision
"""
SEEN = """
SELECT asked.name, last.at, of.people
FROM unnest(%(names)s::text[]) asked (name)
CROSS JOIN LATERAL (SELECT max(occurred_at) AS at FROM contacts_event e WHERE e.name = asked.name) last
CROSS JOIN LATERAL (
    SELECT count(DISTINCT newest.contact_id) AS people FROM (
        SELECT e.contact_id FROM contacts_event e WHERE e.name = asked.name ORDER BY e.occurred_at DESC LIMIT %(most)s) newest
) of
"""


class UnusedAttribute(NamedTuple):
    """An attribute that nothing names; people who have a value, estimated where there are many people."""

    id: int
    key: str
    name: str
    people: int
    last_at: datetime | None


class UnusedEvent(NamedTuple):
    """An event that no rule names, or properties of one that no rule and no text does."""

    name: str
    label: str
    last_at: datetime | None
    people: int
    more: bool
    properties: list[str]


class Report(NamedTuple):
    """Everything that is unused; estimated: numbers of people with an attribute come from a sample."""

    attributes: list[UnusedAttribute]
    events: list[UnusedEvent]
    properties: list[UnusedEvent]
    estimated: bool


def unused() -> Report:
    """List what is collected for nothing, in a fixed number of statements."""
    uses = {(use.kind, use.slug) for use in load_uses()}
    words = set(_words())
    people = filled()
    last = dict(sql.rows(LAST))
    attributes = [
        UnusedAttribute(one.pk, one.key, one.name, people.people.get(one.key, 0), _instant(last.get(one.key)))
        for one in Attribute.objects.filter(state=Attribute.State.ACTIVE)
        if ("attribute", one.key) not in uses and one.key not in words
    ]
    events, properties = _events(uses, words)
    return Report(attributes, events, properties, people.estimated)


# of the people who changed last, when each attribute was last written
LAST = """
SELECT said.key, max(said.value) FROM (SELECT attributes_at FROM contacts_contact ORDER BY id DESC LIMIT 20000) c,
       jsonb_each_text(c.attributes_at) said GROUP BY said.key
"""


def _events(uses: set[tuple[str, str]], words: set[str]) -> tuple[list[UnusedEvent], list[UnusedEvent]]:
    ours = set(EventType.objects.filter(kind=EventType.Kind.FEEDBACK).values_list("slug", flat=True))
    known = {name: one for name, one in load_vocabulary().events.items() if one.seen and name not in ours}
    unnamed = [name for name in known if ("event", name) not in uses and name not in words]
    spare = {
        name: sorted(key for key in one.properties if key not in words)
        for name, one in known.items()
        if name not in unnamed
    }
    asked = [*unnamed, *(name for name, keys in spare.items() if keys)]
    seen = {name: (at, n) for name, at, n in sql.rows(SEEN, {"names": asked, "most": MOST_COUNTED})}
    found = {
        name: UnusedEvent(name, _label(known[name]), seen[name][0], seen[name][1], seen[name][1] >= MOST_COUNTED,
                          sorted(known[name].properties) if name in unnamed else spare[name])
        for name in asked
    }  # fmt: skip
    return [found[name] for name in unnamed], [found[name] for name in asked if name not in unnamed]


def _label(known: Any) -> str:
    from orchestrator.kernel.fields import translated

    return translated(dict(known.names))


def _words() -> Iterator[str]:
    for (text,) in sql.rows(WRITTEN):
        yield from WORD.findall(text)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@transaction.atomic
def stop_collecting(*, attribute_id: int, now: datetime) -> bool:
    """Delete an attribute that nothing uses with its values, and ignore its key from now on.

    Returns False where so many people have a value that the rest is removed at night: the key can be ignored then.
    Raises contacts.attributes.operations.StillUsed, Attribute.DoesNotExist.
    """
    key = Attribute.objects.get(pk=attribute_id, state=Attribute.State.ACTIVE).key
    if delete_attribute(attribute_id=attribute_id, now=now).more:
        return False
    ignore_key(key=key, now=now)
    return True
