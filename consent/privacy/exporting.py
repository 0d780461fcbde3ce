"""Makes what a person gets who asks for their data: a zip of data.json for machines and data.html to read."""

import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.template.loader import render_to_string
from django.utils import translation

from consent.privacy import paths
from consent.privacy.classification import Table, of_people, tables
from consent.privacy.processing import Kept, kept_texts
from consent.privacy.queries import Person
from consent.privacy.rules import ACTIVITIES
from orchestrator.kernel import sql
from orchestrator.kernel.fields import translated

MOST_SHOWN = 12_000  # rows of a table in data.html; data.json has all


def zip_of(person: Person, now: datetime) -> bytes:
    """Read everything about a person and nobody else, in a statement a table, and pack it in their language."""
    with translation.override(person.language):
        found = [_section(table, person) for table in _in_order()]
        sections = [section for section in found if section["rows"]]
        content = {
            "made_at": now.isoformat(),
            "language": person.language,
            "tables": {s["table"]: {key: s[key] for key in ("title", "why", "rows")} for s in sections},
        }
        text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
        values = {"sections": [_shown(section) for section in sections], "now": now, "language": person.language}
        page = render_to_string("consent/privacy/data.html", values)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data.json", text)
        packed.writestr("data.html", page)
    return file.getvalue()


def _in_order() -> list[Table]:
    """The tables of an export: the person first."""
    return sorted(
        (t for t in of_people() if t.exported), key=lambda t: (t.name != "contacts_contact", t.activity, t.name)
    )


def _section(table: Table, person: Person) -> dict[str, Any]:
    model, kept = model_of(table.name), kept_texts(translation.get_language() or "en")
    columns = ", ".join(f"t.{sql.identifier(name)}" for name in table.exported)
    text = (
        f"SELECT row_to_json(one)::text FROM (SELECT {columns} FROM {sql.identifier(table.name)} t"
        f" WHERE {paths.condition(table)} ORDER BY t.id) one"
    )
    rows = [json.loads(row) for (row,) in sql.rows(text, person.parameters)]
    _name_others(model, table, rows)
    return {
        "table": table.name,
        "title": str(model._meta.verbose_name_plural),
        "why": _why(table, kept),
        "columns": [(name, str(_field(model, name).verbose_name)) for name in table.exported],
        "rows": rows,
    }


def _why(table: Table, kept: dict[str, Kept]) -> dict[str, str]:
    activity = ACTIVITIES[table.activity]
    return {
        "purpose": translated(dict(activity.purpose)),
        "basis": translated(dict(activity.basis)),
        "receivers": translated(dict(activity.receivers)),
        "kept": kept[table.retention].text,
    }


def _name_others(model: type[models.Model], table: Table, rows: list[dict[str, Any]]) -> None:
    """Say the name beside the number of a journey, a segment, a purpose: one statement for each kind of thing."""
    for field in model._meta.concrete_fields:
        related = field.related_model
        if (
            field.column not in table.exported
            or not isinstance(related, type)
            or related._meta.db_table not in tables()
        ):
            continue
        if tables()[related._meta.db_table].person:
            continue
        wanted = {row[field.column] for row in rows if row[field.column] is not None}
        names = {one.pk: str(one) for one in related._default_manager.filter(pk__in=wanted)} if wanted else {}
        for row in rows:
            if row[field.column] is not None:
                row[field.column] = {"id": row[field.column], "name": names.get(row[field.column], "")}


def _shown(section: dict[str, Any]) -> dict[str, Any]:
    rows = section["rows"][:MOST_SHOWN]
    columns = [
        (name, label) for name, label in section["columns"] if any(row[name] not in (None, "", {}, []) for row in rows)
    ]
    return {
        **{key: section[key] for key in ("title", "why")},
        "count": len(section["rows"]),
        "left_out": len(section["rows"]) - len(rows),
        "labels": [label for _, label in columns],
        "rows": [[_cell(row[name]) for name, _ in columns] for row in rows],
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict) and set(value) == {"id", "name"}:
        return str(value["name"] or value["id"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@cache
def model_of(table: str) -> type[models.Model]:
    """The model of a table of ours."""
    (found,) = (model for model in apps.get_models(include_auto_created=True) if model._meta.db_table == table)
    return found


def _field(model: type[models.Model], column: str) -> Any:
    return next(field for field in model._meta.concrete_fields if field.column == column)


def columns_of(names: Iterable[str]) -> list[str]:
    """The columns of these tables, as `table.column`."""
    return [f"{name}.{field.column}" for name in names for field in model_of(name)._meta.concrete_fields]
