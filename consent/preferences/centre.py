"""The preference centre: what its page shows, and what becomes of what somebody sends from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from consent.preferences import operations
from consent.preferences.models import Preference
from consent.preferences.queries import preference_of
from consent.preferences.rules import BadPause, Subject, pause_until
from consent.preferences.signups import Asked, request_signup
from consent.preferences.standing import Standing, people_behind, standings
from consent.purposes.models import Purpose, Wording
from consent.purposes.queries import current_wordings
from contacts.profiles.models import Contact

PAUSED_STILL = "as_now"  # the choice that leaves a running pause as it is


class Given(Protocol):
    """What a form sends."""

    def get(self, key: str, default: str) -> Any: ...
    def getlist(self, key: str, /) -> list[Any]: ...
    def __contains__(self, key: object, /) -> bool: ...


class Saved(NamedTuple):
    """What became of a form. asked: a mail is on its way, or came today already; wrong: the pause was no day."""

    done: bool = False
    all_gone: bool = False
    asked: bool = False
    wrong: bool = False


NOTHING = Saved()


def keep(subject: Subject, contact: Contact, given: Given, *, language: str, url: str, now: datetime) -> Saved:
    """Withdraw what was unticked, ask by mail about what was newly ticked, keep frequency and pause.

    A link can only lower what was agreed: whatever was ticked is agreed when the mail is confirmed, not before. What
    changed elsewhere while the page was open stays as it is: the form says what it showed.
    """
    if "withdraw_all" in given:
        operations.withdraw(subject=subject, purposes=None, how="page", now=now)
        return Saved(done=True, all_gone=True)
    if "save" not in given:  # whatever posts here without our page's form has chosen nothing
        return NOTHING
    try:
        until = _pause(contact, given, now)
    except BadPause:
        return Saved(wrong=True)
    shown, ticked = set(given.getlist("shown")), set(given.getlist("agree"))
    found = standings(people_behind(contact.pk))
    held = {one.purpose.slug for one in found if one.holders}
    if gone := held & (shown - ticked):
        operations.withdraw(subject=subject, purposes=gone, how="page", now=now)
    wordings = _offered([one for one in found if not one.holders], language)
    wanted = [wording for slug, wording in wordings.items() if slug in ticked - shown and slug not in gone]
    if wanted and contact.email:
        request_signup(asked=Asked(contact.email, language, wanted, url, contact_id=contact.pk), now=now)
    frequency = Preference.Frequency.LESS if given.get("frequency", "") == "less" else Preference.Frequency.NORMAL
    before = preference_of(contact.pk)
    if (frequency, until) != ((before.frequency, before.paused_until) if before else ("normal", None)):
        operations.choose_frequency(contact_id=contact.pk, frequency=frequency, paused_until=until, now=now)
    return Saved(done=True, asked=bool(wanted and contact.email))


def page(subject: Subject, contact: Contact, saved: Saved, *, language: str, now: datetime) -> dict[str, Any]:
    """Collect what the page shows, in plain values."""
    found = standings(people_behind(contact.pk))
    wordings = _offered(found, language)
    names = {one.purpose.pk: one.purpose.named(language) for one in found}
    groups: dict[str, list[dict[str, Any]]] = {kind: [] for kind, _ in Purpose.Kind.choices}
    for one in _in_order(found):
        wording = wordings.get(one.purpose.slug)
        if not one.purpose.active or not (one.holders or (wording and contact.email)):
            continue
        groups[one.purpose.kind].append(
            {
                "slug": one.purpose.slug,
                "name": names[one.purpose.pk],
                "parent": names.get(one.purpose.parent_id, "") if one.purpose.parent_id else "",
                "text": wording.text if wording else "",
                "held": bool(one.holders),
                "since": one.since,
            }
        )
    preference = preference_of(contact.pk)
    paused = preference.paused_until if preference else None
    return {
        "state": "page",
        "saved": saved,
        "groups": [
            {"name": str(Purpose.Kind(kind).label), "kind": kind, "choices": rows}
            for kind, rows in groups.items()
            if rows
        ],
        "any_held": any(one.holders for one in found),
        "less": bool(preference and preference.frequency == Preference.Frequency.LESS),
        "paused_until": paused if paused and paused > now else None,
        "zone": contact.time_zone,
        "has_why": subject.touch_id > 0,
    }


def _offered(found: list[Standing], language: str) -> Mapping[str, Wording]:
    """The texts under which somebody can agree, by purpose; what has no text in the language cannot be offered."""
    newest = current_wordings(language)
    return {
        one.purpose.slug: newest[one.purpose.pk]
        for one in found
        if one.purpose.active and one.purpose.pk in newest and one.purpose.enforcement == Purpose.Enforcement.OPT_IN
    }


def _in_order(found: list[Standing]) -> list[Standing]:
    """Each topic right below its purpose."""
    return sorted(
        found,
        key=lambda one: (one.purpose.parent_id or one.purpose.pk, one.purpose.parent_id is not None, one.purpose.pk),
    )


def _pause(contact: Contact, given: Given, now: datetime) -> datetime | None:
    choice = given.get("pause", "")
    if choice == PAUSED_STILL:
        before = preference_of(contact.pk)
        return before.paused_until if before and before.paused_until and before.paused_until > now else None
    return pause_until(choice, given.get("until", ""), zone=contact.time_zone, now=now)
