"""Who is restricted is found without reading everybody."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("contacts", "0011_restricted")]
    operations = [
        migrations.AddIndex(
            "contact",
            models.Index(fields=["id"], name="contact_restricted", condition=Q(restricted_at__isnull=False)),
        ),
    ]
