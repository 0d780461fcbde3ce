"""Which journey goes first when there is room for one message: order, weights, and who wins, pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

MOST_PRIORITY = 30_000


class Weights(NamedTuple):
    """What the score of a touch is made of: priority x value x context x propensity, each 1 where unset."""

    priority: int
    value: Decimal
    factor: Decimal | None  # where the context holds; None without one
    propensity: bool  # a score of 0 to 100, where 100 counts as 1

    @property
    def least(self) -> Decimal:
        """The lowest score that a person can give this journey."""
        if self.propensity:
            return Decimal(0)
        return self.priority * self.value * min(Decimal(1), self.factor if self.factor is not None else Decimal(1))

    @property
    def most(self) -> Decimal:
        """The highest score that a person can give this journey."""
        return self.priority * self.value * max(Decimal(1), self.factor if self.factor is not None else Decimal(1))


def winner(one: Weights, other: Weights) -> str:
    """Say which of two journeys gets the only place: "one", "other", "first" (who asked first), "depends" (on the person)."""
    if one.least > other.most:
        return "one"
    if other.least > one.most:
        return "other"
    if one.least == one.most == other.least == other.most:
        return "first"
    return "depends"


def reordered(priorities: Sequence[int]) -> list[int]:
    """Say the priorities of a new order, highest first: the numbers that were there, put apart where two were alike."""
    found = sorted(priorities, reverse=True)
    for place in range(len(found) - 2, -1, -1):
        found[place] = max(found[place], found[place + 1] + 1)
    if found and found[0] > MOST_PRIORITY:  # no room above: numbered anew
        return [10 * (len(found) - place) for place in range(len(found))]
    return found
