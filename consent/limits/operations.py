"""Writes of contact rules: saving, switching off and deleting them, drawing a holdout and ending it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db import transaction

from consent.limits.models import Holdout, HoldoutMember, Limit, QuietHours, Rest
from consent.limits.queries import as_opened
from orchestrator.kernel import sql

Rule = TypeVar("Rule", Limit, QuietHours, Rest)


class ChangedMeanwhile(Exception):
    """Somebody else saved this rule after it was opened: nothing was written."""


class HoldoutGone(Exception):
    """This holdout has ended already: nothing was written."""


@transaction.atomic
def save_rule(*, rule: Rule, opened: str) -> Rule:
    """Write a rule, new or changed. opened: what it was when somebody opened it, empty for a new one.

    Raises ChangedMeanwhile: nothing was written.
    """
    if rule.pk is not None:
        stored = type(rule)._default_manager.select_for_update().filter(pk=rule.pk).first()
        if stored is None or as_opened(stored) != opened:
            raise ChangedMeanwhile
    rule.save()
    return rule


@transaction.atomic
def switch_rule(*, model: type[Rule], pk: int, active: bool) -> None:
    """Switch a rule on or off."""
    model._default_manager.filter(pk=pk).update(active=active)


@transaction.atomic
def delete_rule(*, model: type[Rule], pk: int) -> None:
    """Delete a rule; what it held back keeps its reason."""
    model._default_manager.filter(pk=pk).delete()


@transaction.atomic
def create_holdout(
    *, slug: str, names: Mapping[str, str], share: Decimal, journey: str, walks: bool, now: datetime
) -> tuple[Holdout, int]:
    """Make a holdout and draw its members; returns it and their number. share: of people, 0 to 1. journey: empty for all.

    Who is drawn depends on the salt and the person alone, so that a second draw changes nobody.
    """
    holdout = Holdout.objects.create(
        slug=slug,
        name_en=names["en"],
        name_de=names["de"],
        buckets=int(share * 10_000),
        journey=journey,
        salt=f"holdout:{slug}",
        walks=walks,
        created_at=now,
    )
    return holdout, draw_members(holdout_id=holdout.pk, now=now)


@transaction.atomic
def draw_members(*, holdout_id: int, now: datetime) -> int:
    """Put into a holdout whoever is missing; returns how many that were, none at a second draw."""
    return sql.count(sql.statement("consent/limits/sql/draw.sql"), {"holdout": holdout_id, "now": now})


@transaction.atomic
def end_holdout(*, pk: int) -> int:
    """End a holdout: its members get marketing again, who they were stays known. Returns their number.

    Raises HoldoutGone: it has ended already.
    """
    if not Holdout.objects.filter(pk=pk, active=True).update(active=False):
        raise HoldoutGone
    return HoldoutMember.objects.filter(holdout_id=pk).count()
