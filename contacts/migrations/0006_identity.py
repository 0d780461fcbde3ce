"""Identity: phone numbers are looked up, merges wait for the tick, and what says nothing about a person is on the block list."""

from datetime import UTC, datetime

from django.db import migrations, models

from contacts.identity.rules import DEFAULT_BLOCKED


def add_blocked(apps, schema_editor):
    """Put the values that the product itself knows on the block list."""
    rows = apps.get_model("contacts", "BlockedIdentifier")
    rows.objects.bulk_create(
        [
            rows(kind=kind, value=value, by="default", at=datetime(2026, 11, 22, tzinfo=UTC))
            for kind, values in DEFAULT_BLOCKED.items()
            for value in values
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_time_pass")]
    operations = [
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(condition=models.Q(("phone", ""), _negated=True), fields=["phone"], name="contact_phone"),
        ),
        migrations.AlterField(
            model_name="mergeproposal",
            name="state",
            field=models.CharField(
                choices=[("open", "open"), ("due", "due"), ("refused", "two people")],
                default="open",
                max_length=7,
                verbose_name="state",
            ),
        ),
        migrations.AddIndex(
            model_name="mergeproposal",
            index=models.Index(condition=models.Q(("state", "due")), fields=["id"], name="mergeproposal_due"),
        ),
        migrations.RunPython(add_blocked, migrations.RunPython.noop),
    ]
