"""Browsers that take push messages, and that a person is reached there."""

import django.db.models.deletion
from django.db import migrations, models

# as 0013_reach has it, and one kind more: device (a browser that takes push messages)
ADDRESS = """
CREATE OR REPLACE FUNCTION contacts_address(c contacts_contact, kind text) RETURNS text LANGUAGE sql STABLE AS $body$
    SELECT CASE kind
        WHEN 'email' THEN lower(btrim(coalesce(c.email, '')))
        WHEN 'phone' THEN btrim(coalesce(c.phone, ''))
        WHEN 'id' THEN 'person ' || c.id
        WHEN 'postal' THEN CASE
            WHEN btrim(coalesce(c.attributes ->> 'street', '')) <> '' AND btrim(coalesce(c.attributes ->> 'postal_code', '')) <> '' AND btrim(coalesce(c.attributes ->> 'city', '')) <> ''
            THEN left(lower(concat_ws(', ', btrim(c.attributes ->> 'street'), btrim(c.attributes ->> 'postal_code') || ' ' || btrim(c.attributes ->> 'city'), nullif(c.country, ''))), 320)
            ELSE '' END
        %sELSE '' END
$body$;
"""
DEVICE = """WHEN 'device' THEN contacts_devices_of(c.id)
        """
# apart, so that contacts_address is without a subquery, which Postgres writes into the statement that calls it
DEVICES = """
CREATE FUNCTION contacts_devices_of(contact bigint) RETURNS text LANGUAGE sql STABLE AS $body$
    SELECT CASE WHEN EXISTS (SELECT FROM contacts_device d WHERE d.contact_id = $1 AND d.gone_at IS NULL) THEN 'devices of ' || $1 ELSE '' END
$body$;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0014_tasks")]
    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=1000, unique=True, verbose_name="address of the push service")),
                ("p256dh", models.CharField(max_length=100, verbose_name="public key")),
                ("auth", models.CharField(max_length=40, verbose_name="secret")),
                ("label", models.CharField(blank=True, default="", max_length=100, verbose_name="browser")),
                ("created_at", models.DateTimeField(verbose_name="added")),
                ("last_ok_at", models.DateTimeField(blank=True, null=True, verbose_name="last reached")),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="gone")),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="contacts.contact", verbose_name="contact"
                    ),
                ),
            ],
            options={
                "verbose_name": "device",
                "verbose_name_plural": "devices",
                "indexes": [
                    models.Index(condition=models.Q(("gone_at__isnull", True)), fields=["contact"], name="device_live"),
                    models.Index(fields=["contact"], name="device_contact"),
                ],
            },
        ),
        migrations.RunSQL(DEVICES, "DROP FUNCTION contacts_devices_of(bigint)"),
        migrations.RunSQL(ADDRESS % DEVICE, ADDRESS % ""),
    ]
