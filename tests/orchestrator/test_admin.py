"""Every admin page opens, asks a bounded number of statements, and lets nobody write what operations write."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import ImportPart
from orchestrator.api.models import ApiKey

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
OURS = [
    model
    for app in ("contacts", "consent", "journeys", "reporting", "orchestrator")
    for model in apps.get_app_config(app).get_models()
]
NEVER_WRITTEN = (
    "event",
    "segment",
    "segmentsize",
    "signal",
    "stage",
    "record",
    "state",
    "verdict",
    "transition",
    "refusal",
    "touch",
    "messageid",
    "news",
    "version",
    "step",
    "enrollment",
    "identifier",
    "merge",
    "mergedrow",
    "mergeproposal",
    "import",
    "importpart",
    "importreject",
    "importchange",
    "attribute",
    "apartvalue",
    "score",
    "scorerule",
    "grade",
    "scorevalue",
    "arrival",
    "hook",
    "sender",
    "senderday",
    "attempt",
    "stop",
    "bucket",
    "device",
    "letter",
    "letterbatch",
    "letterdownload",
)
ROWS = 30
STATEMENTS = 12


def value_for(field, n, made):
    if field.choices:
        choices = [choice for choice, _ in field.flatchoices]
        return choices[n % len(choices)]
    if isinstance(field, models.ForeignKey):
        known = made.get(field.related_model, [])
        return known[n % len(known)].pk if known else None
    by_type = {
        models.BooleanField: True,
        models.BinaryField: b"x",
        models.DateTimeField: NOW + timedelta(minutes=n),
        models.DateField: date(2026, 3, 1) + timedelta(days=n),
        models.TimeField: time(8),
        models.DurationField: timedelta(days=1),
        models.JSONField: {"attribute": "country", "is": "DE"},
        models.DecimalField: 1,
        models.FloatField: 1.5,
        models.BinaryField: b"anna@people.example",
        models.UUIDField: f"00000000-0000-0000-0000-{n:012}",
    }
    for kind, value in by_type.items():
        if isinstance(field, kind):
            return value
    if isinstance(field, models.IntegerField):
        return n + 1
    return f"{field.name[:4]}{n}"[: field.max_length]


@pytest.fixture
def made(db):
    """30 rows of every table of ours, parents first."""
    rows = {User: [User.objects.create_superuser("root")]}
    waiting = list(OURS)
    while waiting:
        for model in waiting:
            needs = {f.related_model for f in model._meta.fields if isinstance(f, models.ForeignKey)} - {model}
            if not any(
                need in waiting for need in needs if not (model.__name__ == "Journey" and need.__name__ == "Version")
            ):
                break
        waiting.remove(model)
        fields = [f for f in model._meta.concrete_fields if not f.auto_created and f.name != "live_version"]
        if model.__name__ in ("Limit", "QuietHours", "Purpose"):
            model.objects.all().delete()
        objects = [
            model(**{f.attname: value_for(f, n, rows) for f in fields})
            for n in range(2 if model.__name__ == "Variant" else ROWS)
        ]
        if model.__name__ == "LetterBatch":  # one is open at a time
            for batch in objects[1:]:
                batch.state = "closed"
        if model.__name__ == "Heartbeat":
            for n, part in enumerate(objects):
                part.part = f"part{n}"
        if model.__name__ == "Sender":  # one default
            for n, sender in enumerate(objects):
                sender.is_default = n == 0
        if model.__name__ == "Touch":  # made-up people agreed to nothing: the guard of the table refuses a call
            for touch in objects:
                touch.called_at, touch.state = None, touch.state.replace("sending", "sent")
        rows[model] = model.objects.bulk_create(objects)
    return rows


@pytest.fixture
def root(client, made):
    client.force_login(made[User][0])
    return client


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def test_admin_has_every_model_of_ours():
    assert [model for model in OURS if not admin.site.is_registered(model)] == []


def test_admin_pages_open_with_a_bounded_number_of_statements(root, made):
    root.get(reverse("admin:index"))
    for model in OURS:
        for path in (
            page(model, "changelist"),
            page(model, "changelist") + "?q=1",
            page(model, "change", made[model][0].pk),
        ):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                response = root.get(path)
            assert response.status_code == 200, path
            assert len(captured) <= STATEMENTS, (path, len(captured), [q["sql"][:90] for q in captured])


def test_admin_of_what_operations_write_lets_nobody_write(root, made):
    for model in OURS:
        if model._meta.model_name in NEVER_WRITTEN:
            pk = made[model][0].pk
            assert root.get(page(model, "add")).status_code == 403, model
            assert root.post(page(model, "change", pk), {}).status_code == 403, model
            assert root.post(page(model, "delete", pk), {"post": "yes"}).status_code == 403, model


def test_admin_of_api_keys_shows_no_digest_and_revokes(root, made):
    key = made[ApiKey][0]
    ApiKey.objects.update(revoked_at=None)
    for path in (page(ApiKey, "changelist"), page(ApiKey, "change", key.pk)):
        assert key.digest not in root.get(path).content.decode()
    root.post(page(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.filter(revoked_at__isnull=False).count() == 1


def test_admin_of_parts_of_files_shows_nothing_of_the_file(root, made):
    part = made[ImportPart][0]
    for path in (page(ImportPart, "changelist"), page(ImportPart, "change", part.pk)):
        html = root.get(path).content.decode()
        assert "people.example" not in html
        assert "field-content" not in html
