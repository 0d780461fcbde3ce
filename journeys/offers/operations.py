"""Writing offers: save, publish, end, codes in, whole offers from files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from journeys.offers import rules
from journeys.offers.granting import withdraw_grants
from journeys.offers.models import Offer, OfferCode
from journeys.offers.queries import FIELDS, exported, problems_of, read_value
from orchestrator.kernel import locks

MANY = 5_000  # rows in one statement
FOUND = 20  # problems that an error names


class NotReady(Exception):
    """An offer cannot be made to people yet: problems says why."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


class InvalidOffer(Exception):
    """An offer in a file is wrong: problems, each with its path."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems[:FOUND]))
        self.problems = list(problems)


class WrongState(Exception):
    """An offer is not in a state in which this can be done: somebody else was faster."""


class ChangedMeanwhile(Exception):
    """Somebody else saved this offer after it was opened: nothing was written."""


@transaction.atomic
def save_offer(*, slug: str | None, given: Mapping[str, Any], loaded: Mapping[str, Any] | None, now: datetime) -> Offer:
    """Write an offer, a new draft when slug is None. loaded: what was there when somebody opened it.

    The kind of codes stays once somebody has the offer. Raises ChangedMeanwhile, Offer.DoesNotExist.
    """
    if slug is None:
        return Offer.objects.create(created_at=now, **given)
    offer = Offer.objects.select_for_update().get(slug=slug)
    if loaded is not None and _rules(exported(offer)) != _rules(loaded):
        raise ChangedMeanwhile(slug)
    fixed = {"slug", "codes"} if offer.grants.exists() else {"slug"}
    for field, value in given.items():
        if field not in fixed:
            setattr(offer, field, value)
    offer.save()
    return offer


def _rules(offer: Mapping[str, Any]) -> dict[str, Any]:
    """An offer as somebody edits it: its state is not part of that."""
    return {key: value for key, value in offer.items() if key != "state"}


@transaction.atomic
def publish_offer(*, slug: str, now: datetime) -> Offer:
    """Let steps make a draft to people. Raises NotReady, WrongState."""
    offer = Offer.objects.select_for_update().get(slug=slug)
    if offer.state != Offer.State.DRAFT:
        raise WrongState(offer.state)
    if problems := problems_of(offer, now):
        raise NotReady(problems)
    offer.state = Offer.State.LIVE
    offer.save(update_fields=["state"])
    return offer


@transaction.atomic
def end_offer(*, slug: str, withdraw: bool, now: datetime) -> int:
    """Make an offer to nobody any more. Who has it keeps it until it expires, unless it is withdrawn; returns from how many.

    Raises WrongState.
    """
    offer = Offer.objects.select_for_update().get(slug=slug)
    if offer.state != Offer.State.LIVE:
        raise WrongState(offer.state)
    offer.state = Offer.State.ENDED
    offer.save(update_fields=["state"])
    return withdraw_grants(offer=offer, now=now) if withdraw else 0


@transaction.atomic
def add_codes(*, slug: str, codes: Sequence[str]) -> int:
    """Put single codes to an offer; returns how many were new."""
    offer = Offer.objects.select_for_update().get(slug=slug)
    before = offer.single_codes.count()
    for start in range(0, len(codes), MANY):
        rows = [OfferCode(offer=offer, code=code) for code in codes[start : start + MANY]]
        OfferCode.objects.bulk_create(rows, ignore_conflicts=True)
    return offer.single_codes.count() - before


@transaction.atomic
def generate_codes(*, slug: str, count: int, prefix: str = "") -> int:
    """Make single codes that nobody can guess; returns how many. Raises rules.TooManyCodes."""
    made = 0
    while made < count:  # one in 2**60 is there already
        made += add_codes(slug=slug, codes=rules.new_codes(count - made, prefix))
    return made


@transaction.atomic
def import_offers(*, offers: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, str]:
    """Take in offers as `exported` writes them; returns "new", "changed" or "same" by short name.

    What is left out has its default. The state comes along for new ones; of those that are here only files that say so
    change it. Single codes are never part of a file. Raises InvalidOffer: nothing was written.
    """
    locks.hold("offers")
    problems: list[str] = []
    read: list[dict[str, Any]] = []
    for i, one in enumerate(offers):
        values, wrong = read_value(one, f"offers[{i}]")
        problems += wrong
        read.append(values)
    if problems:
        raise InvalidOffer(problems)
    there = {offer.slug: offer for offer in Offer.objects.select_for_update().order_by("pk")}
    done: dict[str, str] = {}
    for values in read:
        slug = values["slug"]
        row = there.get(slug)
        if row is None:
            there[slug] = Offer.objects.create(created_at=now, **values)
            done[slug] = "new"
            continue
        before = exported(row)
        fixed = {"codes"} if row.grants.exists() else set()
        for field in FIELDS:
            if field in values and field not in fixed:
                setattr(row, field, values[field])
        done[slug] = "same" if exported(row) == before else "changed"
        if done[slug] == "changed":
            row.save()
    return done
