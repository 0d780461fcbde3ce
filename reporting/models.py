"""The tables of the rooms of this app."""

from reporting.kpis.models import DailyValue

__all__ = ["DailyValue"]
