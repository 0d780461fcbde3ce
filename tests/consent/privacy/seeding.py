"""A person with one row in every table about people, and a unique token in every column that can hold one.

Made by introspection, so that a new table or column is seeded, and looked for, without anybody thinking of it.
"""

import uuid
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from consent.privacy.classification import of_people, tables
from consent.privacy.exporting import model_of
from contacts.models import Contact

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
PLAIN = {
    models.DateTimeField: NOW, models.DateField: NOW.date(), models.TimeField: time(9), models.DurationField: timedelta(days=1),
    models.DecimalField: Decimal(1), models.BooleanField: True,
}  # fmt: skip


class Seeder:
    """Makes the rows of one person; definitions (journeys, purposes ...) are shared through `world`."""

    def __init__(self, tag, world):
        self.tag, self.world, self.mine = tag, world, {}
        self.tokens = {}  # table.column -> token
        self.email = f"canary-email-{tag}@example.com"
        self.stranger = world.setdefault("stranger", None) or self._stranger()
        self.contact = None

    def _stranger(self):
        self.world["stranger"] = Contact.objects.create(email="stranger@example.com", created_at=NOW, updated_at=NOW)
        return self.world["stranger"]

    def everything(self):
        """One row in each table about people."""
        for table in reversed(of_people()):
            self.row(model_of(table.name))
        return self.contact

    def row(self, model):
        """The row of a table, made once: of the person, or a definition that everybody shares."""
        name = model._meta.db_table
        personal = (name in tables() and bool(tables()[name].person)) or name == "contacts_import"
        kept = self.mine if personal else self.world
        if name not in kept:
            values = {
                f.attname if f.is_relation else f.name: self.value(name, f)
                for f in model._meta.concrete_fields
                if self.wanted(name, f)
            }
            kept[name] = model._default_manager.create(**values)
            if name == "contacts_contact":
                self.contact = kept[name]
        return kept[name]

    def wanted(self, table, field):
        if field.primary_key:
            return not isinstance(field, models.AutoField)
        if f"{table}.{field.column}" in (
            "consent_record.previous", "consent_record.proof_digest", "consent_record.digest", "contacts_contact.restricted_at",
            "journeys_enrollment.left_at", "journeys_journey.live_version_id", "consent_purpose.parent_id", "contacts_merge.undone_at",
            "journeys_touch.called_at",  # nobody agreed to be written to: the guard of the table refuses it
        ):  # fmt: skip
            return False
        if f"{table}.{field.column}" in (
            "django_admin_log.content_type_id",
            "journeys_offercode.grant_id",
            "orchestrator_audience.people_id",
        ):
            return True
        return (
            not field.is_relation
            or not field.null
            or (table in tables() and tables()[table].columns.get(field.column) in ("identifies", "behaviour", "proof"))
        )

    def value(self, table, field):
        special = self.special(f"{table}.{field.column}")
        if special is not None:
            return special
        kind = (
            tables()[table].columns.get(field.column, "none")
            if table in tables() and tables()[table].person
            else "none"
        )
        if field.is_relation:
            if field.related_model is Contact:
                return self.row(Contact).pk
            return self.row(field.related_model).pk
        token = f"canary-{table}-{field.column}-{self.tag}"
        if kind in ("identifies", "contact", "behaviour", "content", "proof", "other") and not field.choices:
            if isinstance(field, models.JSONField):
                return {"said": self.note(table, field, token)}
            if isinstance(field, models.BinaryField):
                return self.note(table, field, token).encode()
            if isinstance(field, models.CharField | models.TextField) and (field.max_length or 999) >= len(token):
                return self.note(table, field, token)
            if isinstance(field, models.CharField | models.TextField) and (field.max_length or 999) >= 20:
                return self.note(table, field, f"canary{abs(hash(token)) % 10**12}")
        return self.plain(field)

    def note(self, table, field, token):
        self.tokens[f"{table}.{field.column}"] = token
        return token

    def special(self, place):
        number = 10**9 + int.from_bytes(self.tag.encode(), "big") % 10**6
        given = {
            "contacts_contact.email": self.email,
            "contacts_contact.language": "de",
            "contacts_contact.country": "DE",
            "contacts_contact.stage_id": None,
            "contacts_contact.account_id": None,
            "consent_signup.email": self.email,
            "consent_servicemail.address": self.email,
            "consent_suppression.address": self.email,
            "contacts_import.state": "done",
            "contacts_importpart.number": number,
            "contacts_importreject.cells": ["canary-cell-" + self.tag, self.email],
            "journeys_step.position": 0,
            "orchestrator_audiencemember.state": "gone",
            "contacts_merge.loser_id": number,
        }
        if place in given:
            if given[place] is not None and "canary" in str(given[place]):
                self.tokens[place] = given[place] if isinstance(given[place], str) else given[place][0]
            if given[place] is None and place.endswith("stage_id"):
                return self.world.setdefault("stage", self.row(model_of("contacts_stage"))).pk
            if given[place] is None:
                return self.row(model_of("contacts_account")).pk
            return given[place]
        if place.endswith(".contact_id"):
            return self.row(Contact).pk
        if place == "contacts_importpart.content":
            return f"email\n{self.email}\n".encode()
        if place == "contacts_mergeproposal.second_id":
            return max(self.row(Contact).pk, self.stranger.pk)
        if place == "contacts_mergeproposal.first_id":
            return min(self.row(Contact).pk, self.stranger.pk)
        if place == "contacts_merge.survivor_id":
            return self.row(Contact).pk
        if place == "django_admin_log.object_id":
            return str(self.row(Contact).pk)
        if place == "django_admin_log.content_type_id":
            return ContentType.objects.get_for_model(Contact).pk
        return None

    def plain(self, field):
        if field.has_default():
            return field.get_default()
        if field.choices:
            return field.choices[0][0]
        for kind, value in PLAIN.items():
            if (isinstance(field, kind) and type(field) is not models.DateField) or type(field) is kind:
                return value
        if isinstance(field, models.UUIDField):
            return uuid.uuid4()
        if isinstance(field, models.JSONField):
            return {}
        if isinstance(field, models.BinaryField):
            return b""
        if isinstance(field, models.CharField | models.TextField):
            return f"{field.column}{len(self.world)}"[-(field.max_length or 50) :]
        return 1


def dump():
    """The whole database as text, as COPY gives it."""
    parts = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') AND n.nspname = 'public'"
        )
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            with cursor.copy(f"COPY (SELECT * FROM {name}) TO STDOUT") as copy:
                parts += [name, *(bytes(part).decode(errors="replace") for part in copy)]
    return "\n".join(parts)
