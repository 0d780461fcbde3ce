"""Keys are made once, shown once, and known by their digest."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from orchestrator.api.models import ApiKey
from orchestrator.api.operations import create_key, revoke_key
from orchestrator.api.queries import valid_key

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_create_key_keeps_only_prefix_and_digest():
    key = create_key(name="Shop", source="shop", now=NOW)
    row = ApiKey.objects.get()
    assert key.startswith(row.prefix)
    assert len(key) > 40
    assert (row.name, row.source, row.created_at, row.revoked_at) == ("Shop", "shop", NOW, None)


def test_revoke_key_ends_it_once():
    create_key(name="Shop", source="shop", now=NOW)
    row = ApiKey.objects.get()
    assert valid_key(row.digest) == row
    assert revoke_key(key_id=row.pk, now=NOW)
    assert not revoke_key(key_id=row.pk, now=NOW)
    assert valid_key(row.digest) is None


def test_command_create_api_key_prints_it():
    out = StringIO()
    call_command("create_api_key", "Shop", source="shop", stdout=out)
    assert out.getvalue().startswith(ApiKey.objects.get().prefix)
    with pytest.raises(ValidationError):
        call_command("create_api_key", "Shop", source="web shop", stdout=out)
