"""Where a person is reached in a kind of channel: the one reading of it, for verdict, claim and call."""

from django.db import migrations

# kind: email, phone, id (whoever is recognised when they come by themselves), postal (street, postal code and place of the attributes)
ADDRESS = """
CREATE FUNCTION contacts_address(c contacts_contact, kind text) RETURNS text LANGUAGE sql STABLE AS $body$
    SELECT CASE kind
        WHEN 'email' THEN lower(btrim(coalesce(c.email, '')))
        WHEN 'phone' THEN btrim(coalesce(c.phone, ''))
        WHEN 'id' THEN 'person ' || c.id
        WHEN 'postal' THEN CASE
            WHEN btrim(coalesce(c.attributes ->> 'street', '')) <> '' AND btrim(coalesce(c.attributes ->> 'postal_code', '')) <> '' AND btrim(coalesce(c.attributes ->> 'city', '')) <> ''
            THEN left(lower(concat_ws(', ', btrim(c.attributes ->> 'street'), btrim(c.attributes ->> 'postal_code') || ' ' || btrim(c.attributes ->> 'city'), nullif(c.country, ''))), 320)
            ELSE '' END
        ELSE '' END
$body$;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0012_restricted_index")]
    operations = [migrations.RunSQL(ADDRESS, "DROP FUNCTION contacts_address(contacts_contact, text)")]
