"""The scene of the screens, written once for a module: each test gets it back unchanged."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from tests.browser.scene import write_scene
from tests.flows.conftest import world

__all__ = ["world"]
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture(scope="module")
def scene_once(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        write_scene(now=NOW, people=30)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def scene(scene_once, db):
    """Every change of a test goes back to here: its transaction is a savepoint of the scene's."""
