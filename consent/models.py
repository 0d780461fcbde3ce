"""The tables of the rooms of this app."""

from consent.limits.models import Limit, QuietHours
from consent.purposes.models import Purpose
from consent.records.models import Record, State, Suppression

__all__ = ["Limit", "Purpose", "QuietHours", "Record", "State", "Suppression"]
