"""Reads of purposes: how many people agree to each."""

from typing import NamedTuple

from django.db.models import Count, Q

from consent.purposes.models import Purpose


class PurposeCount(NamedTuple):
    """A purpose, and how many people agree to it or do not (refused or withdrawn)."""

    purpose: Purpose
    granted: int
    not_granted: int


def purpose_counts() -> list[PurposeCount]:
    """Count in one statement what holds now for each purpose."""
    counted = Purpose.objects.annotate(
        yes=Count("state", Q(state__granted=True)), no=Count("state", Q(state__granted=False))
    )
    return [PurposeCount(purpose, purpose.yes, purpose.no) for purpose in counted]
