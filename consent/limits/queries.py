"""Reads of contact rules."""

import json
from datetime import datetime, time
from typing import NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Count, Q

from consent.limits.models import Holdout, HoldoutMember, Limit, QuietHours
from consent.limits.rules import EVERY_DAY, Quiet, always_quiet
from consent.preferences.models import Preference
from orchestrator.kernel import sql

COUNTRIES = """
SELECT country FROM (SELECT country, count(*) AS n FROM contacts_contact WHERE country <> '' GROUP BY 1) one
ORDER BY n DESC, country
"""
JOURNEYS = "SELECT slug, name_en, name_de FROM journeys_journey WHERE state <> 'archived' ORDER BY priority DESC, slug"


class Budget(NamedTuple):
    """How much of a limit is used up."""

    limit: Limit
    used: int

    @property
    def left(self) -> int:
        """How many messages the limit still lets through now."""
        return max(0, self.limit.most - self.used)


def quiet_windows(channel: str = "email") -> list[tuple[time, time]]:
    """The active quiet hours of a channel that hold for everybody on every day: local (from, to)."""
    rows = QuietHours.objects.filter(active=True, channel__in=("", channel), country="").order_by("pk")
    found = rows.values_list("starts", "ends", "weekdays")
    return [(starts, ends) for starts, ends, weekdays in found if not weekdays or set(weekdays) >= set(EVERY_DAY)]


def countries_in_use() -> list[str]:
    """Every country that some contact has, the most frequent first."""
    return [country for (country,) in sql.rows(COUNTRIES)]


def journey_choices() -> list[tuple[str, dict[str, str]]]:
    """Short name and names of the journeys that are not archived, the highest priority first."""
    return [(slug, {"en": en, "de": de}) for slug, en, de in sql.rows(JOURNEYS)]


def closed_limits() -> list[Limit]:
    """The active limits that can never let anything through."""
    return list(Limit.objects.filter(active=True, most=0))


def endless_quiet(channel: str, *, country: str = "", beside: QuietHours | None = None) -> bool:
    """Whether the active quiet hours for a channel and a country never end; beside: as edited, in place of the stored one."""
    rows = QuietHours.objects.filter(active=True, channel__in={"", channel}, country__in={"", country})
    rows = rows.exclude(pk=beside.pk) if beside and beside.pk else rows
    windows = [Quiet(row.starts, row.ends, tuple(row.weekdays)) for row in rows]
    if beside is not None:
        windows.append(Quiet(beside.starts, beside.ends, tuple(beside.weekdays)))
    return always_quiet(windows)


def budgets(contact_id: int, *, now: datetime) -> list[Budget]:
    """How much of each limit that applies to a person is used up; people with one address are one."""
    given = {"contact": contact_id, "now": now}
    used = dict(sql.rows(sql.statement("consent/limits/sql/budgets.sql"), given))
    return [Budget(limit, used[limit.pk]) for limit in Limit.objects.filter(pk__in=used)]


def holdouts_of(contact_id: int) -> list[HoldoutMember]:
    """The groups that a person is held out in, the oldest first."""
    rows = HoldoutMember.objects.filter(contact_id=contact_id, holdout__active=True)
    return list(rows.select_related("holdout").order_by("since", "pk"))


def holdout_sizes(*, journey: str | None = None) -> list[tuple[Holdout, int]]:
    """Every holdout with the number of its members; journey: only the active ones that count for it."""
    rows = Holdout.objects.order_by("-active", "slug")
    if journey is not None:
        rows = rows.filter(active=True, journey__in=("", journey))
    return [(row, row.n) for row in rows.annotate(n=Count("members"))]


def wishes_of(contact_id: int, *, now: datetime) -> Preference | None:
    """What a person asked for: less often, or a pause that lasts; None when neither."""
    asked = Q(frequency="less") | Q(paused_until__gt=now)
    return Preference.objects.filter(asked, contact_id=contact_id).first()


def as_opened(row: models.Model) -> str:
    """Say what a rule is now as text, to be compared when it is saved."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return json.dumps(values, cls=DjangoJSONEncoder, sort_keys=True)
