"""Puts the pages of contact rules together: plain values for their templates."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.limits import effects, queries
from consent.limits.calendar import has_calendar, next_holidays
from consent.limits.models import Holdout, Limit, QuietHours, Rest
from consent.limits.rules import CHANNELS, say_limit, say_quiet_hours, say_rest
from consent.purposes.models import Purpose
from contacts.stages.rules import PHASE_NAMES, Phase
from orchestrator.kernel.fields import translated

MOST_COUNTRIES = 8


def rules_page(*, today: date) -> dict[str, Any]:
    """Every rule as a sentence with its state; a fixed number of statements."""
    names, journeys = purpose_names(), dict(queries.journey_choices())
    hours = list(QuietHours.objects.order_by("channel", "country", "starts"))
    countries = queries.countries_in_use() if any(one.holidays and one.active for one in hours) else []
    return {
        "limits": [
            {"pk": one.pk, "name": one.name, "sentence": limit_sentence(one, names), "active": one.active, "closed": one.active and one.most == 0}
            for one in Limit.objects.all()
        ],
        "quiet": [{"pk": one.pk, "sentence": quiet_sentence(one), "active": one.active} for one in hours],
        "endless": queries.endless_quiet(""),
        "rests": [
            {"pk": one.pk, "name": one.name, "sentence": rest_sentence(one), "active": one.active}
            for one in Rest.objects.all()
        ],
        "holidays": next_holidays(countries[:MOST_COUNTRIES], today, language()),
        "unknown": [one for one in countries if not has_calendar(one)],
        "holdouts": [_holdout(row, n, journeys) for row, n in queries.holdout_sizes()],
    }  # fmt: skip


def effect_card(rule: Limit | QuietHours | Rest, *, now: datetime) -> dict[str, Any]:
    """Say what a rule that is being edited says, what it would have held back, and what about it cannot be meant."""
    names = purpose_names()
    if isinstance(rule, Limit):
        sentence, effect = limit_sentence(rule, names), effects.limit_effect(rule, now=now)
    elif isinstance(rule, QuietHours):
        sentence, effect = quiet_sentence(rule), effects.quiet_effect(rule, now=now)
    else:
        sentence, effect = rest_sentence(rule), effects.rest_effect(rule, now=now)
    journeys = effects.journey_names(journey for journey, _held in effect.journeys)
    return {
        "sentence": sentence,
        "effect": effect,
        "days": effects.DAYS,
        "journeys": [
            {"slug": journeys[pk][0], "name": translated(journeys[pk][1]), "held": held}
            for pk, held in effect.journeys
            if pk in journeys
        ],
        "channels": [
            {"name": channel_name(channel), "total": total, "held": held}
            for channel, (total, held) in effect.channels.items()
        ],
        "warnings": warnings_of(rule),
    }


def warnings_of(rule: Limit | QuietHours | Rest) -> list[str]:
    """What a rule would do that nobody can want: let nothing through, ever."""
    if isinstance(rule, Limit) and rule.active and rule.most == 0:
        return [_("This limit lets nothing through, ever.")]
    if (
        isinstance(rule, QuietHours)
        and rule.active
        and queries.endless_quiet(rule.channel, country=rule.country, beside=rule)
    ):
        return [_("Together with the other quiet hours it is never loud: nothing would ever go out.")]
    return []


def limit_sentence(limit: Limit, names: dict[str, dict[str, str]]) -> str:
    """Say a limit in the active language."""
    phase = PHASE_NAMES[Phase(limit.phase)] if limit.phase else ""
    return say_limit(
        limit.most, limit.window, limit.channel, limit.overflow, calendar=limit.calendar, per=limit.per, who=limit.who,
        purpose=names.get(limit.purpose, limit.purpose), phase=phase, lookahead_hours=limit.lookahead_hours,
    )  # fmt: skip


def quiet_sentence(one: QuietHours) -> str:
    """Say quiet hours in the active language."""
    return say_quiet_hours(
        one.starts, one.ends, one.channel, country=one.country, weekdays=one.weekdays, holidays=one.holidays
    )


def rest_sentence(rest: Rest) -> str:
    """Say a rest in the active language."""
    return say_rest(rest.hours, PHASE_NAMES[Phase(rest.phase)] if rest.phase else "")


def purpose_names() -> dict[str, dict[str, str]]:
    """The names of purposes by their short names."""
    return {slug: {"en": en, "de": de} for slug, en, de in Purpose.objects.values_list("slug", "name_en", "name_de")}


def channel_name(channel: str) -> str:
    """Say a channel, e.g. "by e-mail"."""
    return translated(CHANNELS.get(channel, channel))


def language() -> str:
    """The active language, "en" or "de"."""
    return (get_language() or "en")[:2]


def _holdout(row: Holdout, members: int, journeys: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "name": row.name,
        "percent": row.buckets / 100,
        "journey": translated(journeys.get(row.journey, row.journey)),
        "journey_slug": row.journey if row.journey in journeys else "",
        "walks": row.walks,
        "active": row.active,
        "since": row.created_at,
        "members": members,
    }
