"""Says what the team knows about a person: each attribute by its name, its value as people write it, since when."""

from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils import formats
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.attributes.queries import Definition
from contacts.attributes.rules import Kind, fits
from contacts.profiles.models import Contact
from orchestrator.kernel.fields import translated
from reporting.explain import rules
from reporting.templatetags.figures import at_zone

GROUPED = 10_000  # below, a whole number may be a year


class Fact(NamedTuple):
    """One attribute of a person. hidden: it is sensitive, and whoever looks must not see its value."""

    name: str
    value: str
    since: datetime | None = None
    hidden: bool = False


def facts(contact: Contact, known: dict[str, Definition], language: str, *, sensitive: bool) -> list[Fact]:
    """List a person's attributes by name; those that nobody defined come last.

    sensitive: whether the values of sensitive attributes may be shown.
    """
    found, others = [], {}
    for key, value in (contact.attributes or {}).items():
        definition = known.get(key)
        if definition is None:
            others[key] = value
            continue
        hidden = definition.sensitive and not sensitive
        name = translated({"en": definition.name_en, "de": definition.name_de}, language)
        since = parse_datetime(contact.attributes_at.get(key) or "")
        found.append(
            Fact(name, "" if hidden else say_value(definition, value, language, contact.time_zone), since, hidden)
        )
    return sorted(found, key=lambda fact: fact.name.casefold()) + [
        Fact(name, text) for name, text in rules.flat(others)
    ]


def say_value(definition: Definition, value: Any, language: str, zone: str) -> str:
    """Say a value of a type in a language, instants in a zone; one that is not of the type as it is."""
    kind = Kind(definition.kind)
    if not fits(kind, value, definition.choices):
        return ", ".join(text for _name, text in rules.flat(value))
    if kind is Kind.YES_NO:
        return _("yes") if value else _("no")
    if kind is Kind.DATE:
        return formats.date_format(date.fromisoformat(value), _("j M Y"))
    if kind is Kind.INSTANT:
        return at_zone(datetime.fromisoformat(value), zone)
    if kind in (Kind.NUMBER, Kind.WHOLE):
        return str(value) if isinstance(value, int) and abs(value) < GROUPED else formats.number_format(value)
    if definition.choices:
        names = {choice["value"]: translated(choice, language) for choice in definition.choices}
        return ", ".join(names.get(one, one) for one in (value if kind is Kind.LIST else [value])) or "–"
    return ", ".join(value) if kind is Kind.LIST else value or "–"
