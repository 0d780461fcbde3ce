"""How long what is kept."""

from django.db import migrations

PERIODS = {
    "inactive": (1095, False),
    "runs": (1095, True),
    "verdicts": (730, True),
    "calls": (90, True),
    "refusals": (365, True),
    "triggers": (30, True),
    "offers": (1095, True),
    "events": (1095, True),
    "changes": (1095, True),
    "handovers": (1095, True),
    "devices": (400, True),
    "apart": (90, True),
    "merges": (30, True),
    "imports": (30, True),
    "arrivals": (90, True),
    "exports": (0, True),
    "mails": (90, True),
    "signups": (30, True),
    "asked": (7, True),
    "requests": (1095, True),
    "proofs": (1095, True),
}


def add_retention(apps, schema_editor):
    """Add the period of each class of data where it is missing."""
    Retention = apps.get_model("consent", "Retention")
    for slug, (days, active) in PERIODS.items():
        Retention.objects.get_or_create(slug=slug, defaults={"days": days, "active": active})


class Migration(migrations.Migration):
    dependencies = [("consent", "0006_records")]
    operations = [
        migrations.RunPython(add_retention, migrations.RunPython.noop),
    ]
