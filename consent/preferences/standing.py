"""What holds now for everybody behind one address: they are one reader, whatever they are called."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from consent.preferences.queries import same_address
from consent.purposes.models import Purpose
from consent.records.models import State


class Standing(NamedTuple):
    """One purpose. holders: for whom it is allowed now; silent: who never said anything; since: the newest yes."""

    purpose: Purpose
    holders: frozenset[int]
    silent: frozenset[int]
    since: datetime | None


def people_behind(contact_id: int) -> set[int]:
    """A person, and everybody with their address."""
    return same_address(contact_id) | {contact_id}


def standings(people: Collection[int]) -> list[Standing]:
    """Say for each purpose that can be agreed to, or objected to, where these people stand. Two statements."""
    states: dict[int, dict[int, State]] = {}
    for state in State.objects.filter(contact_id__in=list(people)):
        states.setdefault(state.purpose_id, {})[state.contact_id] = state
    found = []
    for purpose in Purpose.objects.exclude(enforcement=Purpose.Enforcement.NONE).order_by("kind", "pk"):
        said = states.get(purpose.pk, {})
        silent = frozenset(people) - said.keys()
        holders = {pk for pk, state in said.items() if state.granted}
        since = max((said[pk].since for pk in holders), default=None)
        if purpose.enforcement == Purpose.Enforcement.OPT_OUT:
            holders |= silent
        found.append(Standing(purpose, frozenset(holders), silent, since))
    return found


def with_topics(found: Iterable[Standing], slugs: Collection[str]) -> list[Standing]:
    """Of all standings those named, and the topics inside them: a topic is of no use without its purpose."""
    found = list(found)
    ids = {one.purpose.pk for one in found if one.purpose.slug in slugs}
    while more := {one.purpose.pk for one in found if one.purpose.parent_id in ids} - ids:
        ids |= more
    return [one for one in found if one.purpose.pk in ids]


def mailed(found: Iterable[Standing], topic: str) -> set[str]:
    """Everything that is e-mail marketing: what goes by e-mail alone, and what a message was sent for."""
    by_mail = {
        one.purpose.slug
        for one in found
        if one.purpose.kind == Purpose.Kind.COMMUNICATION and one.purpose.channel == "email"
    }
    return by_mail | {Purpose.EMAIL_MARKETING} | ({topic} if topic else set())
