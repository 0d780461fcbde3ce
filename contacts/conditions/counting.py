"""How many people a condition describes, ten of them, and whom each channel reaches: within a second, else estimated."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from typing import Any, NamedTuple, TypeVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import OperationalError, transaction
from django.db.models import Count, Func, Max, Min, QuerySet
from django.db.models.expressions import Expression
from psycopg.errors import QueryCanceled

from contacts.conditions.expressions import TRUE, IsTrue
from contacts.conditions.language import CONTACT, compile_condition
from contacts.conditions.reach import Reach, reaches
from contacts.profiles.models import Contact
from orchestrator.kernel import sql
from orchestrator.kernel.scope import among

EXACT_SECONDS = 0.55  # for the whole truth; what is left of the second is for an estimate
SAMPLE_SECONDS = 0.3
COUNT_SECONDS = 0.2  # to count everybody
CHUNK, LARGEST_CHUNK, MOST_CHUNKS, MOST_SAMPLED = 250, 8_000, 60, 20_000  # people looked at for an estimate
KEPT = 20_000  # ids of a group: of so few people every channel is asked, and the shown ones are taken out of them
SHOWN = 10
SEED = 20_260  # the same people are looked at again, so that numbers do not flicker while somebody builds
SCATTER = 2_654_435_761  # Knuth's multiplicative hash: shown people are the same on every look, and not the oldest
SURE = 1.96  # 95 of 100 estimates hold the truth within their margin

Condition = dict[str, Any] | None
T = TypeVar("T")


@dataclass(frozen=True)
class Number:
    """How many people; an estimate has a margin. n is None when even an estimate takes too long."""

    n: int | None
    exact: bool
    low: int = 0
    high: int = 0


@dataclass(frozen=True)
class ChannelReach:
    """How many of the people a channel reaches, and why not the others: code -> people."""

    reach: Reach
    reached: Number
    stopped: dict[str, Number]


@dataclass(frozen=True)
class Measured:
    """What is known about the people of a condition. everybody: how many people there are."""

    people: Number
    everybody: int
    ids: list[int] = field(default_factory=list)
    channels: list[ChannelReach] = field(default_factory=list)


class Group(NamedTuple):
    """People about whom every channel says the same: the verdicts, how many, some of their ids."""

    verdict: tuple[Any, ...]
    n: int
    some: list[int]


def measure_people(condition: Condition, *, now: datetime, channels: bool = True) -> Measured:
    """Count the people of a valid condition, name some of them, and say whom each channel reaches.

    Counts for EXACT_SECONDS, then asks the channels about each of a few people; of many, and where counting takes
    too long, it estimates from people drawn at random, for SAMPLE_SECONDS.
    """
    wanted = reaches() if channels else []
    everybody = _everybody()
    counted = in_time(EXACT_SECONDS, lambda: _groups(_people(condition, now), {}))
    n = counted[0].n if counted is not None else None
    if counted is not None and n is not None and n <= KEPT:
        few = among(Contact.objects.order_by(), "pk", counted[0].some)
        groups = in_time(SAMPLE_SECONDS, lambda: _groups(few, _verdicts(wanted))) if wanted else counted
        if groups is not None:
            return _measured(groups, wanted, everybody, whole(n), whole)
    seen, found = _estimated(condition, now, wanted)
    if n is None:
        if not seen:
            return Measured(Number(None, False), everybody)
        people = projected(sum(group.n for group in found), seen, everybody)
        return _measured(found, wanted, everybody, people, lambda part: projected(part, seen, everybody))
    matching = sum(group.n for group in found)
    if not matching:  # too few to be among the drawn ones: the number is known, the channels are not
        return Measured(whole(n), everybody, _shown(counted or []))
    return _measured(found, wanted, everybody, whole(n), lambda part: projected(part, matching, n))


def count_people(condition: Condition, *, now: datetime) -> Number:
    """Count the people of a valid condition, or estimate them when that takes too long."""
    return measure_people(condition, now=now, channels=False).people


def sample_people(condition: Condition, *, now: datetime, n: int = SHOWN) -> list[Contact]:
    """Read some people of a valid condition."""
    return people_with(measure_people(condition, now=now, channels=False).ids[:n])


def people_with(ids: Sequence[int]) -> list[Contact]:
    """Read people by their ids, with account and stage."""
    return list(Contact.objects.select_related("account", "stage").filter(pk__in=ids).order_by("pk"))


def _people(condition: Condition, now: datetime) -> QuerySet[Contact]:
    everyone = Contact.objects.order_by()
    return everyone.filter(compile_condition(condition, now=now, wide=True)) if condition else everyone


def _groups(people: QuerySet[Any], verdicts: dict[str, Expression]) -> list[Group]:
    """Count people by what is said about them, in one statement, with some ids of each group."""
    if not verdicts:
        found = people.aggregate(n=Count("pk"), some=_Some(ArrayAgg("pk")))
        return [Group((), found["n"], found["some"] or [])]
    rows = people.annotate(**verdicts).values(*verdicts).annotate(n=Count("pk"), some=_Some(ArrayAgg("pk")))
    return [Group(tuple(rest), n, some) for n, some, *rest in rows.values_list("n", "some", *verdicts)]


class _Some(Func):
    """The first elements of an array."""

    template = f"(%(expressions)s)[1:{KEPT}]"


def _verdicts(wanted: Sequence[Reach]) -> dict[str, Expression]:
    return {f"reach_{i}": reach.verdict(CONTACT) for i, reach in enumerate(wanted)}


def _estimated(condition: Condition, now: datetime, wanted: Sequence[Reach]) -> tuple[int, list[Group]]:
    """Look at people drawn at random, chunk by chunk, until the time is over: how many, and the groups of who holds."""
    started, seen, found = time.monotonic(), 0, Counter[tuple[str, ...]]()
    some: dict[tuple[str, ...], list[int]] = {}
    holds = IsTrue(compile_condition(condition, now=now)) if condition else TRUE
    for ids in _drawn():
        left = SAMPLE_SECONDS - (time.monotonic() - started)
        drawn = among(Contact.objects.order_by(), "pk", ids)
        groups = in_time(left, lambda: _groups(drawn, {"holds": holds, **_verdicts(wanted)}))  # noqa: B023
        if groups is None:
            break
        for group in groups:
            seen += group.n
            if group.verdict[0]:
                found[group.verdict[1:]] += group.n
                some.setdefault(group.verdict[1:], []).extend(group.some)
        if seen >= MOST_SAMPLED:
            break
    return seen, [Group(verdict, n, some[verdict]) for verdict, n in found.items()]


def _drawn() -> Iterator[list[int]]:
    """Ids between the least and the greatest, in chunks: nobody is there under some of them, which favours nobody."""
    ends = Contact.objects.aggregate(least=Min("pk"), greatest=Max("pk"))
    if ends["least"] is None:
        return
    dice = random.Random(SEED)  # noqa: S311  no secret
    size = CHUNK
    for _n in range(MOST_CHUNKS):
        yield [dice.randint(ends["least"], ends["greatest"]) for _i in range(size)]
        size = min(2 * size, LARGEST_CHUNK)


def _measured(
    groups: Sequence[Group],
    wanted: Sequence[Reach],
    everybody: int,
    people: Number,
    number: Callable[[int], Number],
) -> Measured:
    """Add the groups up by channel. number: what a part of the people in the groups means."""
    channels = []
    for i, reach in enumerate(wanted):
        by_verdict: Counter[str] = Counter()
        for group in groups:
            by_verdict[group.verdict[i]] += group.n
        stopped = {code: number(by_verdict[code]) for code in reach.reasons if by_verdict[code]}
        channels.append(ChannelReach(reach, number(by_verdict[""]), stopped))
    return Measured(people, everybody, _shown(groups), channels)


def _shown(groups: Sequence[Group]) -> list[int]:
    ids = sorted((one for group in groups for one in group.some), key=lambda one: one * SCATTER % 2**32)
    return ids[:SHOWN]


def whole(n: int) -> Number:
    """A number that was counted."""
    return Number(n, True, n, n)


def projected(n: int, seen: int, everybody: int) -> Number:
    """Say what n of those looked at mean for everybody: the share with its margin (Wilson's interval)."""
    share, z = n / seen, SURE
    middle = (share + z * z / (2 * seen)) / (1 + z * z / seen)
    half = z / (1 + z * z / seen) * sqrt(share * (1 - share) / seen + z * z / (4 * seen * seen))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Number(round(share * everybody), False, round(low * everybody), round(high * everybody))


def _everybody() -> int:
    """How many people there are: counted, or what the last ANALYZE saw when that takes too long."""
    counted = in_time(COUNT_SECONDS, Contact.objects.count)
    if counted is not None:
        return counted
    ((seen,),) = sql.rows("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [Contact._meta.db_table])
    return max(int(seen), 0)


def in_time(seconds: float, read: Callable[[], T]) -> T | None:
    """Read something if it takes no longer than some seconds, None if it does; nothing of it stays behind."""
    if seconds <= 0:
        return None
    try:
        with transaction.atomic():
            (before,) = sql.rows("SELECT current_setting('statement_timeout'), current_setting('jit')")
            _set(f"{max(1, round(seconds * 1000))}ms", "off")
            found = read()
            _set(*before)
            return found
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def _set(timeout: str, jit: str) -> None:
    """Set how long a statement of this transaction may take; compiling it to machine code costs more than it saves."""
    sql.rows(
        "SELECT set_config('statement_timeout', %s, true), set_config('jit', %s, true)",
        [timeout, jit],
    )
