"""How sure the difference between the contacted and the holdout is."""

from math import sqrt
from typing import NamedTuple

Z_95 = 1.96


class Uplift(NamedTuple):
    """A difference of two shares in percentage points, with the bounds of its 95 % interval."""

    points: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def uplift(goals: int, people: int, holdout_goals: int, holdout_people: int) -> Uplift | None:
    """Compare the contacted with the holdout; None when one of the groups is empty.

    Source: difference of two proportions, Wald interval after Agresti and Caffo (one success and one
    failure added to each group), which holds for small groups too.
    """
    if not people or not holdout_people:
        return None
    difference = goals / people - holdout_goals / holdout_people
    p, n = (goals + 1) / (people + 2), people + 2
    q, m = (holdout_goals + 1) / (holdout_people + 2), holdout_people + 2
    half = Z_95 * sqrt(p * (1 - p) / n + q * (1 - q) / m)
    middle = p - q
    return Uplift(100 * difference, 100 * (middle - half), 100 * (middle + half))
