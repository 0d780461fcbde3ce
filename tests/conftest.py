"""What every test may rely on."""

from importlib import import_module

import pytest
from django.apps import apps


@pytest.fixture(autouse=True)
def purposes_after_a_flush(request):
    """Put back the purposes of the migration, which a transactional test before has flushed."""
    marker = request.node.get_closest_marker("django_db")
    wants = {"transactional_db", "live_server"} & set(request.fixturenames)
    if wants or (marker and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))):
        request.getfixturevalue("transactional_db")
        put_back_purposes()


def put_back_purposes():
    """Write the rows of the migration again where they are missing."""
    import_module("consent.migrations.0002_append_only").add_purposes(apps, None)
