"""Who uses which attribute: registered by the rooms that name attributes, so that none goes away under them."""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Use(NamedTuple):
    """A place that names an attribute. kind: "segment", "signal", "stage", "score", "journey" or "content"."""

    kind: str
    slug: str
    name_en: str
    name_de: str


Users = Callable[[], Iterable[tuple[str, Use]]]  # the keys that are named, and by whom
_users: list[Users] = []


def register_users(users: Users) -> None:
    """Add a function that lists the keys of attributes with the places that name them."""
    if users not in _users:
        _users.append(users)


def attribute_uses() -> dict[str, list[Use]]:
    """List the places that name each attribute, every place once."""
    found: dict[str, dict[Use, None]] = {}
    for users in _users:
        for key, use in users():
            found.setdefault(key, {})[use] = None
    return {key: list(uses) for key, uses in found.items()}
