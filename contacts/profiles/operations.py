"""Profiles come in: one row a person, found by external id, else by e-mail address."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import transaction

from contacts.accounts.operations import NewAccount, upsert_accounts
from contacts.accounts.queries import zones_of
from contacts.attributes.arrival import Apart, Arrival
from contacts.attributes.queries import definitions
from contacts.identity.queries import shared_addresses
from contacts.profiles.arriving import tell_of_addresses
from contacts.profiles.keys import hold_keys
from contacts.profiles.rules import language_of_country, zone_of_country
from orchestrator.kernel import doorbell, planned, sql
from orchestrator.kernel.planned import Varying

_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
_FIELDS = ("external_id", "email", "phone", "first_name", "last_name", "language", "country", "time_zone", "job_title")
Warn = Callable[[int, str, str], None]
NAMES = ("external_id", "email", "phone")  # what somebody is called; a name from before a merge changes none of them


class NewContact(NamedTuple):
    """What somebody says about a person; None leaves a field as it is, an attribute that is None goes away.

    contact_id: who it is, where that is decided already; then neither external id nor address decide.
    """

    external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    country: str | None = None
    time_zone: str | None = None
    job_title: str | None = None
    account: str | None = None
    attributes: Mapping[str, Any] | None = None
    contact_id: int | None = None


class KeepsBeingTaken(Exception):
    """Somebody outside of these operations wrote the same external id again and again."""


class Gone(Exception):
    """A contact that was named by its id is there no more: merged or erased meanwhile. Nothing was written."""


@transaction.atomic
def upsert_contacts(*, people: Sequence[NewContact], now: datetime, source: str, warn: Warn | None = None) -> list[int]:
    """Make or change people, and tell the pulse about those who are new or differ.

    Found by external id, else by e-mail address (of people without another external id). Several rows about
    one person in one call count as one, the last word on each field wins. A person without a zone gets the
    company's (that of its country), else the country's, else the team's. Returns the ids in the given order. `source` says whose word it is. Attributes that
    nobody defined, and values of a wrong type, are kept apart; `warn` is told of each: place, key, message.
    """
    apart: dict[int, dict[str, Apart]] = {}
    if any(person.attributes for person in people):
        people, apart = _sort(people, Arrival(definitions(), source), warn)
    merged, places = _merge(people)
    accounts = sorted({person["account"] for person in merged if person.get("account")})
    account_ids = upsert_accounts(accounts=[NewAccount(a) for a in accounts], now=now) if accounts else {}
    zones = zones_of(account_ids.values()) if account_ids else {}
    for place, person in enumerate(merged):
        person["place"] = place
        person["account_id"] = account_ids.get(person.pop("account", None) or "")
        person["default_zone"] = zones.get(person["account_id"], person["default_zone"])
    ids = _settle(merged, now, source)
    if apart:
        by_contact: dict[int, dict[str, Apart]] = {}
        for place, values in apart.items():  # in the given order: the last word on a key wins
            by_contact.setdefault(ids[places[place]], {}).update(values)
        _keep_apart(by_contact, now, source)
    return [ids[place] for place in places]


def _settle(merged: list[dict[str, Any]], now: datetime, source: str) -> dict[int, int]:
    """Find or make everybody and write what differs; returns the id by place."""
    ids: dict[int, int] = {}
    for attempt in range(4):
        todo = [person for person in merged if person["place"] not in ids]
        if attempt and todo:
            _lock(todo)
        for place, contact_id, differs, former in _find(todo):
            if contact_id is not None and not differs:
                ids[place] = contact_id
            elif contact_id is None and "contact_id" in merged[place]:
                raise Gone(merged[place]["contact_id"])
            elif attempt:
                merged[place]["id"] = contact_id
                merged[place]["former"] = former
        todo = [person for person in todo if person["place"] not in ids]
        if not todo:
            return ids
        if attempt:  # the first look holds no locks: most calls find everybody as they are
            ids |= _write(todo, now)
            tell_of_addresses([person["email"] for person in todo if person.get("email")], now)
            doorbell.ring()
            if len(ids) == len(merged):
                return ids
    raise KeepsBeingTaken(source)


def _sort(
    people: Sequence[NewContact], arrival: Arrival, warn: Warn | None
) -> tuple[list[NewContact], dict[int, dict[str, Apart]]]:
    """Leave people the attributes that are kept; also gives the values that are not, by place."""
    kept: list[NewContact] = []
    apart: dict[int, dict[str, Apart]] = {}
    for place, person in enumerate(people):
        if person.attributes:
            found = arrival.sort(person.attributes)
            person = person._replace(attributes=found.kept)
            if found.apart:
                apart[place] = found.apart
            for key, message in found.warnings if warn else ():
                warn(place, key, message)  # type: ignore[misc]  # there is one, else nothing to loop over
        kept.append(person)
    return kept, apart


def _keep_apart(values: dict[int, dict[str, Apart]], now: datetime, source: str) -> None:
    rows = [
        {"contact_id": contact_id, "key": key, **one._asdict()}
        for contact_id, of_person in values.items()
        for key, one in of_person.items()
    ]
    text = sql.statement("contacts/attributes/sql/keep_apart.sql")
    sql.rows(text, {"values": _ENCODE(rows).decode(), "source": source, "now": now})


def _merge(people: Sequence[NewContact]) -> tuple[list[dict[str, Any]], list[int]]:
    """Fold rows about the same person into one; also says in which of them each given row went."""
    merged: list[dict[str, Any]] = []
    by_id: dict[str, int] = {}
    by_mail: dict[str, int] = {}
    by_number: dict[int, int] = {}
    places: list[int] = []
    mails = Counter((person.email or "").strip().lower() for person in people)
    shared = shared_addresses([mail for mail, times in mails.items() if mail and times > 1])
    for person in people:
        said = {name: value for name in (*_FIELDS, "account") if (value := getattr(person, name)) is not None}
        mail = said["email"] = (said.get("email") or "").strip().lower()
        if person.email is None:
            del said["email"]
        if person.contact_id is not None:
            number = by_number.setdefault(person.contact_id, len(merged))
            if number == len(merged):
                merged.append({"contact_id": person.contact_id})
            _add(merged[number], said, person.attributes)
            places.append(number)
            continue
        place = by_id.get(person.external_id) if person.external_id else None
        if place is None and mail and (known := by_mail.get(mail)) is not None:
            ids = (person.external_id, merged[known].get("external_id"))
            if not any(ids) or (not all(ids) and mail not in shared):
                place = known
        if place is None:
            place = len(merged)
            merged.append({})
        _add(merged[place], said, person.attributes)
        if person.external_id:
            by_id[person.external_id] = place
        if mail and not (mail in shared and person.external_id):
            by_mail.setdefault(mail, place)
        places.append(place)
    for row in merged:
        row["default_language"] = language_of_country(row.get("country"))
        row["default_zone"] = zone_of_country(row.get("country")) or settings.TEAM_TIME_ZONE
    return merged, places


def _add(row: dict[str, Any], said: dict[str, Any], attributes: Mapping[str, Any] | None) -> None:
    row.update(said)
    for name, value in (attributes or {}).items():
        kept, removed = row.setdefault("attributes", {}), row.setdefault("removed", [])
        if value is None:
            kept.pop(name, None)
            removed.append(name)
        else:
            kept[name] = value
            if name in removed:
                removed.remove(name)


def _lock(people: list[dict[str, Any]]) -> None:
    """Hold the keys of these people until the commit: two calls about one new person make one row."""
    hold_keys({key for person in people for key in (person.get("external_id"), person.get("email")) if key})


def _find(people: list[dict[str, Any]]) -> list[tuple[int, int | None, bool, bool]]:
    given = {"people": Varying(_ENCODE(people).decode(), "json")}
    return planned.rows(sql.statement("contacts/profiles/sql/find.sql"), given, n=len(people))


def _write(people: list[dict[str, Any]], now: datetime) -> dict[int, int]:
    rows = [
        {name: value for name, value in person.items() if name not in NAMES} if person["former"] else person
        for person in people
    ]
    given = {"people": Varying(_ENCODE(rows).decode(), "json"), "now": now}
    return dict(planned.rows(sql.statement("contacts/profiles/sql/upsert.sql"), given, n=len(rows)))
