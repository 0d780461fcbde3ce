"""The interpreter of the storm: from the list of events and what the mail server took it says what is lost, doubled, in doubt. It knows nothing of the product."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

STEPS = ("first", "second", "third")  # each event leads to these messages, once each


class Mail(NamedTuple):
    """What the mail server took: to whom, which step."""

    address: str
    step: str


class Judgement(NamedTuple):
    """What the interpreter found."""

    expected: int
    taken: int
    doubled: list[Mail]
    strange: list[Mail]  # nobody was to get it
    lost: list[Mail]  # missing, and not shown as in doubt
    missing: list[Mail]
    in_doubt: list[Mail]


def judge(events: Iterable[str], taken: Sequence[Mail], in_doubt: Iterable[Mail]) -> Judgement:
    """Compare. events: the address of each person, once an event; in_doubt: what the product itself shows as such."""
    expected = {Mail(address, step) for address in set(events) for step in STEPS}
    counts, doubts = Counter(taken), set(in_doubt)
    missing = expected - counts.keys()
    return Judgement(
        len(expected),
        len(taken),
        sorted(mail for mail, n in counts.items() if n > 1),
        sorted(counts.keys() - expected),
        sorted(missing - doubts),
        sorted(missing),
        sorted(doubts),
    )
