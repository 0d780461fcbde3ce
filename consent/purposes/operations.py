"""Writes purposes and wordings. A wording is never changed: a new version is written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, ProtectedError

from consent.purposes.models import Purpose, Wording
from consent.purposes.queries import uses_of_purpose
from consent.purposes.rules import FIXED, OWN, PERMITS, Draft, digest_of, problems_of
from contacts.conditions.uses import Use
from orchestrator.kernel import doorbell, locks, sql

LANGUAGES = ("en", "de")
LONGEST_WORDING = 20_000


class InvalidPurpose(Exception):
    """A purpose cannot be like this; nothing was written. problems: (field, key of rules.PROBLEMS)."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(", ".join(f"{field}: {key}" for field, key in problems))
        self.problems = list(problems)


class StillUsed(Exception):
    """A purpose is named by something, or somebody has said something about it; nothing was deleted."""

    def __init__(self, uses: Sequence[Use], *, said: bool) -> None:
        super().__init__(", ".join(f"{use.room} {use.user}" for use in uses))
        self.uses, self.said = list(uses), said


class InvalidWording(Exception):
    """A wording cannot be like this; nothing was written. reason: "empty", "long", "language", "same"."""


@transaction.atomic
def save_purpose(*, draft: Draft, now: datetime, purpose_id: int | None = None) -> Purpose:
    """Make a purpose, or change one; the short name stays for ever. Who it is about is looked at anew by the pulse.

    Raises InvalidPurpose, Purpose.DoesNotExist.
    """
    locks.hold("purposes")
    purpose = Purpose.objects.select_for_update().get(pk=purpose_id) if purpose_id else Purpose(slug=draft.slug)
    before = {name: getattr(purpose, name) for name in PERMITS}
    if problems := problems_of(draft) + _problems_beside_others(draft, purpose):
        raise InvalidPurpose(problems)
    for name, value in draft._asdict().items():
        if name != "slug":
            setattr(purpose, name, value.strip() if isinstance(value, str) else value)
    purpose.save()
    if purpose_id:
        _tell_if_changed(purpose, before, now)
    return purpose


def _problems_beside_others(draft: Draft, purpose: Purpose) -> list[tuple[str, str]]:
    found = []
    if purpose.pk is None and Purpose.objects.filter(slug=draft.slug).exists():
        found.append(("slug", "taken"))
    if purpose.slug in OWN and purpose.pk:
        changed = [name for name in FIXED if getattr(purpose, name) != getattr(draft, name)]
        found += [(name, "own") for name in changed + ["parent_id"] * (draft.parent_id is not None)]
    if draft.parent_id is not None:
        above = Purpose.objects.filter(pk=draft.parent_id).first()
        if above is None or above.parent_id or above.pk == purpose.pk or above.kind != draft.kind:
            found.append(("parent_id", "parent"))
        if purpose.pk and purpose.topics.exists():
            found.append(("parent_id", "has_topics"))
    elif purpose.pk and purpose.topics.exclude(kind=draft.kind).exists():
        found.append(("kind", "parent"))
    return found


@transaction.atomic
def switch_purpose(*, purpose_id: int, active: bool, now: datetime) -> Purpose:
    """Switch a purpose on or off: what is off is refused at once, for everybody, and so are its topics.

    Raises InvalidPurpose for the product's own, Purpose.DoesNotExist.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose_id)
    if purpose.slug in OWN and not active:
        raise InvalidPurpose([("active", "own")])
    before = {name: getattr(purpose, name) for name in PERMITS}
    purpose.active = active
    purpose.save(update_fields=["active"])
    _tell_if_changed(purpose, before, now)
    return purpose


def _tell_if_changed(purpose: Purpose, before: dict[str, Any], now: datetime) -> None:
    if all(getattr(purpose, name) == value for name, value in before.items()):
        return
    kinds = {before["enforcement"], purpose.enforcement}
    everybody = kinds != {Purpose.Enforcement.OPT_IN} or (
        purpose.topics.exclude(enforcement=Purpose.Enforcement.OPT_IN).exists()
    )
    given = {"purpose": purpose.pk, "everybody": everybody, "now": now}
    sql.count(sql.statement("consent/purposes/sql/tell.sql"), given)
    doorbell.ring()


@transaction.atomic
def delete_purpose(*, purpose_id: int) -> None:
    """Delete a purpose that nothing names and about which nobody said anything.

    Raises StillUsed, InvalidPurpose for the product's own, Purpose.DoesNotExist.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose_id)
    if purpose.slug in OWN:
        raise InvalidPurpose([("slug", "own")])
    if uses := uses_of_purpose(purpose):
        raise StillUsed(uses, said=False)
    try:
        with transaction.atomic():
            purpose.delete()
    except ProtectedError as error:
        raise StillUsed([], said=True) from error


@transaction.atomic
def write_wording(*, purpose_id: int, language: str, text: str, by: Any, now: datetime) -> Wording:
    """Write the next version of the text that people agree to in a language; older ones stay as they are.

    by: the user who wrote it. Raises InvalidWording, Purpose.DoesNotExist.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose_id)  # two at once get two versions
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidWording("empty")
    if len(text) > LONGEST_WORDING:
        raise InvalidWording("long")
    if language not in LANGUAGES:
        raise InvalidWording("language")
    known = Wording.objects.filter(purpose=purpose, language=language)
    version = (known.aggregate(n=Max("version"))["n"] or 0) + 1
    if version > 1 and known.get(version=version - 1).text == text:
        raise InvalidWording("same")
    return Wording.objects.create(
        purpose=purpose,
        language=language,
        version=version,
        text=text,
        digest=digest_of(text),
        created_at=now,
        created_by=by,
    )
