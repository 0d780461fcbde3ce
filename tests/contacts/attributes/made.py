"""Makes definitions for tests, in one line each."""

from datetime import UTC, datetime

from contacts.attributes.models import Attribute

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def define(key, kind="text", *, choices=(), **more):
    """Define an attribute; choices: their values."""
    listed = [{"value": value, "en": value.title(), "de": value.upper()} for value in choices]
    names = {"name_en": more.pop("name_en", key.title()), "name_de": more.pop("name_de", key.upper())}
    return Attribute.objects.create(key=key, kind=kind, choices=listed, created_at=NOW, **names, **more)
