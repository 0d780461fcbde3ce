"""Whom a channel may reach, registered by the rooms that know: addresses, suppressions, consent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models.expressions import Expression

from contacts.conditions.registry import Subject

Texts = dict[str, str]  # {"en", "de"}


@dataclass(frozen=True)
class Reach:
    """One channel. verdict: the first reason why a person is not reached, empty for one who is; reasons: their words."""

    channel: str
    label: Texts
    reasons: Mapping[str, Texts]
    verdict: Callable[[Subject], Expression]


_reaches: dict[str, Reach] = {}


def register_reach(reach: Reach) -> None:
    """Say how to tell whom a channel reaches."""
    _reaches[reach.channel] = reach


def reaches() -> list[Reach]:
    """Every channel whose reach is known."""
    return list(_reaches.values())
