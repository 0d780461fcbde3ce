"""An attribute may be on its way out: its values are removed in portions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0007_light_members")]

    operations = [
        migrations.AlterField(
            model_name="attribute",
            name="state",
            field=models.CharField(
                choices=[("active", "active"), ("ignored", "ignored"), ("leaving", "being deleted")],
                default="active",
                max_length=7,
                verbose_name="state",
            ),
        ),
    ]
