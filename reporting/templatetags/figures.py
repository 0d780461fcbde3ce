"""Figures put for people: whole numbers, shares, changes, instants in somebody's zone."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import formats
from django.utils.translation import gettext as _

register = template.Library()
NO_BREAK = "\u00a0"


@register.filter
def whole(value: float | None) -> str:
    """Write a number without places, with the separators of the language."""
    return "–" if value is None else formats.number_format(round(value), decimal_pos=0, force_grouping=True)


@register.filter
def percent(value: float | None) -> str:
    """Write a share (0 to 1) as per cent, with one place below 20."""
    if value is None:
        return "–"
    scaled = value * 100
    return _rounded(scaled, 1 if 0 < abs(scaled) < 20 else 0) + f"{NO_BREAK}%"


@register.filter
def signed_percent(value: float) -> str:
    """Write a change (0 to 1) as per cent with its sign."""
    return f"{_sign(round(value * 100))}{whole(abs(value * 100))}{NO_BREAK}%"


@register.filter
def points(value: float) -> str:
    """Write a difference of shares in percentage points with its sign."""
    return f"{_sign(round(value, 1))}{_rounded(abs(value), 1)}{NO_BREAK}" + _("pts")


@register.filter
def places(value: float) -> str:
    """Write a number with one place and its sign."""
    return f"{'−' if value < 0 else ''}{_rounded(abs(value), 1)}"


@register.filter
def direction(value: float) -> str:
    """Say whether a change goes up, down or nowhere, as a class of the style sheet."""
    return "up" if value > 0.0005 else "down" if value < -0.0005 else "even"


@register.filter
def unlocal(value: Any) -> str:
    """Write a number as machines read it."""
    return str(value)


@register.filter
def at_zone(value: datetime | None, zone: str) -> str:
    """Write an instant in a zone: day and minute."""
    return "" if value is None else formats.date_format(value.astimezone(ZoneInfo(zone)), _("j M Y H:i"))


@register.filter
def short_at(value: datetime | None, zone: str) -> str:
    """Write an instant in a zone, short: the year is left out."""
    return "" if value is None else formats.date_format(value.astimezone(ZoneInfo(zone)), _("j M H:i"))


@register.filter
def day_of(value: datetime | None, zone: str) -> str:
    """Write the day of an instant in a zone."""
    return "" if value is None else formats.date_format(value.astimezone(ZoneInfo(zone)), _("j M Y"))


@register.filter
def stretch(value: timedelta | None) -> str:
    """Write a stretch of time in its two largest units: 4 h 12 min."""
    if value is None:
        return "–"
    minutes = round(value.total_seconds() / 60)
    parts = [(minutes // 1440, _("d")), (minutes // 60 % 24, _("h")), (minutes % 60, _("min"))]
    said = [f"{n}{NO_BREAK}{unit}" for n, unit in parts if n][:2]
    return " ".join(said) or _("less than a minute")


def _rounded(value: float, decimals: int) -> str:
    """Write a number with some places; formats.number_format alone cuts them off."""
    return formats.number_format(round(value, decimals), decimal_pos=decimals)


def _sign(value: float) -> str:
    return "+" if value > 0 else "−" if value < 0 else "±"
