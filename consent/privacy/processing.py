"""The record of processing activities (GDPR Art. 30), made of the models, their classification, the purposes and the periods."""

import csv
import io
from typing import Any, NamedTuple

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.privacy.classification import DELETE, KEEP, Table, tables
from consent.privacy.models import Retention
from consent.privacy.periods import CLASSES, OTHERS
from consent.privacy.rules import ACTIVITIES
from consent.purposes.models import Purpose
from orchestrator.kernel.fields import translated

KINDS = {
    "none": {"en": "no personal data", "de": "keine personenbezogenen Daten"},
    "identifies": {"en": "identification", "de": "Identifikation"},
    "contact": {"en": "contact data", "de": "Kontaktdaten"},
    "behaviour": {"en": "behaviour", "de": "Verhalten"},
    "content": {"en": "content", "de": "Inhalte"},
    "proof": {"en": "proof", "de": "Nachweise"},
    "staff": {"en": "about people who work here", "de": "über Menschen, die hier arbeiten"},
    "other": {"en": "about another person", "de": "über eine andere Person"},
}
ERASURES = {
    DELETE: {"en": "deleted", "de": "gelöscht"},
    KEEP: {"en": "kept as proof, without data about the person", "de": "bleibt als Nachweis, ohne Daten der Person"},
    "": {"en": "not about a person", "de": "betrifft keine Person"},
}
COLUMNS = (
    "activity", "purpose", "legal_basis", "receivers", "table", "name", "field", "field_name", "category", "kept", "erasure", "exported",
)  # fmt: skip


class Kept(NamedTuple):
    """How long something is kept, in words. days: None where no rule of ours ends it."""

    text: str
    days: int | None


def kept_texts(language: str) -> dict[str, Kept]:
    """Say for each retention class how long it is kept, one statement."""
    found = {slug: Kept(translated(dict(text), language), None) for slug, text in OTHERS.items()}
    rules = {rule.slug: rule for rule in Retention.objects.all()}
    for slug in CLASSES:
        rule = rules.get(slug)
        days = rule.days if rule and rule.active else None
        if days is None:
            text = _("until somebody deletes it: the rule is switched off")
        else:
            text = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
        found[slug] = Kept(text, days)
    return found


def record_of_processing(language: str) -> list[dict[str, Any]]:
    """Give every activity with purpose, basis, receivers, and its tables with their fields and periods."""
    kept = kept_texts(language)
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    activities = []
    for slug, activity in ACTIVITIES.items():
        mine = [table for table in tables().values() if table.activity == slug]
        activities.append(
            {
                "slug": slug,
                "name": translated(dict(activity.name), language),
                "purpose": translated(dict(activity.purpose), language),
                "legal_basis": translated(dict(activity.basis), language),
                "receivers": translated(dict(activity.receivers), language),
                "personal": any(table.personal or "staff" in table.columns.values() for table in mine),
                "tables": [_table(table, models[table.name], kept, language) for table in mine],
            }
        )
    return activities


def _table(table: Table, model: Any, kept: dict[str, Kept], language: str) -> dict[str, Any]:
    fields = [
        {
            "field": field.column,
            "name": str(field.verbose_name),
            "kind": table.columns[field.column],
            "category": translated(KINDS[table.columns[field.column]], language),
            "exported": field.column in table.exported,
        }
        for field in model._meta.concrete_fields
        if field.column in table.columns
    ]
    return {
        "table": table.name,
        "name": str(model._meta.verbose_name_plural),
        "kept": kept[table.retention].text,
        "erasure": translated(ERASURES[table.erase], language),
        "fields": fields,
        "personal": [one for one in fields if one["kind"] != "none"],
    }


def purposes_used() -> list[dict[str, Any]]:
    """The purposes that people are asked about, with their legal basis."""
    return [
        {
            "name": one.name,
            "legal_basis": one.legal_basis,
            "enforcement": one.get_enforcement_display(),
            "active": one.active,
        }
        for one in Purpose.objects.all()
    ]


def as_csv(activities: list[dict[str, Any]]) -> str:
    """Write the record as one line a field; what a spreadsheet would take for a formula gets an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for activity in activities:
        about = [activity[key] for key in ("name", "purpose", "legal_basis", "receivers")]
        for table in activity["tables"]:
            for field in table["fields"]:
                line = [table["table"], table["name"], field["field"], field["name"], field["category"], table["kept"]]
                cells = [*about, *line, table["erasure"], "yes" if field["exported"] else "no"]
                writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in map(str, cells)])
    return file.getvalue()
