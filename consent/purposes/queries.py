"""Reads of purposes: how many people agree to each."""

from typing import NamedTuple

from django.db.models import Count, Q

from consent.purposes.models import Purpose, Wording
from contacts.conditions.uses import Use, uses_of


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


def current_wordings(language: str) -> dict[int, Wording]:
    """Give the newest wording of each purpose in a language, by purpose; those without one are left out."""
    newest = Wording.objects.filter(language=language).order_by("purpose_id", "-version").distinct("purpose_id")
    return {wording.purpose_id: wording for wording in newest.select_related("purpose")}


def purpose_tree() -> list[PurposeCount]:
    """List the purposes with their counts, each followed by its topics; one statement."""
    counts = purpose_counts()
    return sorted(counts, key=lambda one: (one.purpose.parent_id or one.purpose.pk, one.purpose.parent_id or 0))


def uses_of_purpose(purpose: Purpose) -> list[Use]:
    """List the journeys, conditions, forms, contact rules and topics that name a purpose."""
    return uses_of("consent", purpose.slug)


class WordingCount(NamedTuple):
    """A version of a text, the text before it, and how many people agree under it now."""

    wording: Wording
    before: str
    agree: int


def wordings_of(purpose: Purpose) -> list[WordingCount]:
    """List the versions of a purpose's texts, the newest of each language first; two statements."""
    counts: dict[str, int] = dict(
        purpose.state_set.filter(granted=True).values_list("record__wording").annotate(n=Count("id"))
    )
    versions = list(purpose.wordings.select_related("created_by", "purpose").order_by("language", "-version"))
    older = [*versions, None][1:]
    return [
        WordingCount(one, last.text if last and last.language == one.language else "", counts.get(one.name, 0))
        for one, last in zip(versions, older, strict=True)
    ]
