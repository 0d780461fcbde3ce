"""What every test may rely on."""

import gc
from importlib import import_module

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string
from hypothesis.internal.conjecture import providers

from tests.waiting import GIVES_UP_AFTER, HUNG, OF_THE_PRODUCT

# the same examples in every run, and a slow machine is no counterexample
hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests")
# it also draws constants out of the source of modules that are loaded by now: other ones in each order of the tests
providers._get_local_constants = lambda: providers._local_constants


def pytest_configure():
    """Hash passwords of tests cheaply: Argon2 is made to take a third of a second of processor time for each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    settings.WHITENOISE_AUTOREFRESH = True  # each new Client would look through all static files
    settings.EMAIL_TIMEOUT = HUNG
    settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = HUNG


def pytest_collection_finish():
    """What collecting all tests left in memory is not looked at again by each collection of garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def patience():
    """Nothing is given up in a test because the machine is slow: see tests.waiting."""
    with pytest.MonkeyPatch.context() as patch:
        for one in GIVES_UP_AFTER:
            OF_THE_PRODUCT[one] = import_string(one)
            patch.setattr(one, HUNG)
        patch.setattr("orchestrator.channels.webhooks.ANSWER_WITHIN", f"{HUNG:.0f}s")
        yield


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
