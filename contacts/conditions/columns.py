"""The columns of people and companies that conditions may name, with their types and names."""

from contacts.attributes.rules import Kind
from contacts.conditions.names import spaced
from orchestrator.kernel.fields import translated

TEXT_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "language",
    "country",
    "time_zone",
    "job_title",
    "external_id",
)
INSTANT_COLUMNS = ("created_at", "updated_at", "stage_since")
ACCOUNT_COLUMNS = ("name", "domain", "industry", "country")
COLUMN_KINDS = {
    **dict.fromkeys(TEXT_COLUMNS, Kind.TEXT),
    **dict.fromkeys(INSTANT_COLUMNS, Kind.INSTANT),
}
COLUMN_NAMES = {
    "email": {"en": "e-mail", "de": "E-Mail"},
    "phone": {"en": "phone", "de": "Telefon"},
    "first_name": {"en": "first name", "de": "Vorname"},
    "last_name": {"en": "last name", "de": "Nachname"},
    "language": {"en": "language", "de": "Sprache"},
    "country": {"en": "country", "de": "Land"},
    "time_zone": {"en": "time zone", "de": "Zeitzone"},
    "job_title": {"en": "job title", "de": "Position"},
    "external_id": {"en": "own id", "de": "eigene Kennung"},
    "created_at": {"en": "day of creation", "de": "Tag der Anlage"},
    "updated_at": {"en": "day of the last change", "de": "Tag der letzten Änderung"},
    "stage_since": {"en": "day of the last stage", "de": "Tag der letzten Stufe"},
    "name": {"en": "name", "de": "Name"},
    "domain": {"en": "domain", "de": "Domain"},
    "industry": {"en": "industry", "de": "Branche"},
}


def column_name(column: str, language: str) -> str:
    """Say the name of a column or of the team's own attribute."""
    return translated(COLUMN_NAMES.get(column), language) or spaced(column)
