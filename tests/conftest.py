"""What every test may rely on."""

from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings


def pytest_configure():
    """Hash passwords of tests cheaply: Argon2 is made to take a third of a second of processor time for each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def rows_after_a_flush(request):
    """Put back the rows of migrations, which a transactional test before has flushed (pytest-django runs those last)."""
    marker = request.node.get_closest_marker("django_db")
    wants = {"transactional_db", "live_server"} & set(request.fixturenames)
    if wants or (marker and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))):
        request.getfixturevalue("transactional_db")
        put_back_rows()


def put_back_rows():
    """Write the rows of the migrations again where they are missing."""
    import_module("consent.migrations.0002_append_only").add_purposes(apps, None)
    import_module("consent.migrations.0004_guards").complete_purposes(apps, None)
    import_module("consent.migrations.0007_privacy").add_retention(apps, None)
    import_module("contacts.migrations.0006_identity").add_blocked(apps, None)
