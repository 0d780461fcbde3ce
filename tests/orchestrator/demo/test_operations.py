"""The demo company in a database, small: whole, with a past in which the journeys ran, and nothing sent."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core import mail

from consent.preferences.models import SignupForm
from consent.privacy.models import Request
from consent.purposes.models import Wording
from consent.records.models import Record, State
from contacts.events.models import Event, News
from contacts.profiles.models import Contact
from journeys.enrollments.models import Enrollment, Touch, Transition
from orchestrator.arbiter.models import Verdict
from orchestrator.demo.config import Config
from orchestrator.demo.logins import LOGINS
from orchestrator.demo.operations import BrokenOff, NotEmpty, is_loaded, load_company, renew_key
from orchestrator.kernel.access import Role, role_of
from reporting.kpis.models import DailyValue
from tests.conftest import put_back_rows

NOW = datetime(2026, 3, 10, 21, 30, tzinfo=UTC)
SMALL = replace(Config(), contacts=120, companies=12, history_days=120, lived_days=14)


def silent(text: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def loaded(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """One small company for the tests of this file, taken away by the rollback of its transaction."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        put_back_rows()
        load_company(config=SMALL, now=NOW, say=silent)
        yield
        transaction.set_rollback(True)


def test_load_company_makes_people_consents_and_history(loaded: None) -> None:
    assert Contact.objects.count() == SMALL.contacts
    assert State.objects.filter(granted=True).exists()
    assert Event.objects.filter(occurred_at__gt=NOW).count() == 0
    assert Event.objects.filter(name="order_placed").exists()
    assert Contact.objects.filter(attributes__orders_count__gte=1, attributes__lifetime_value__gt=0).exists()
    assert not Contact.objects.filter(stage=None).exists()


def test_load_company_lets_the_journeys_run_in_the_past(loaded: None) -> None:
    assert Enrollment.objects.filter(left_at=None).exists()
    assert Enrollment.objects.filter(reason="goal").exists()
    assert Transition.objects.filter(at__gt=NOW).count() == 0
    assert Verdict.objects.filter(outcome="approved").exists()
    assert Verdict.objects.filter(outcome="suppressed").exists()
    assert DailyValue.objects.exists()


def test_load_company_sends_nothing_and_leaves_no_news(loaded: None) -> None:
    assert mail.outbox == []
    assert Touch.objects.filter(state="approved").count() == 0
    assert Touch.objects.filter(state="sent", sent_at__lte=NOW).exists()
    assert News.objects.count() == 0


def test_load_company_makes_logins_with_their_roles(loaded: None) -> None:
    for name, password, _ in LOGINS:
        assert len(password) >= 12
        user = authenticate(username=name, password=password)
        assert user is not None
        assert role_of(user) == {"sales": Role.SALES, "privacy": Role.PRIVACY}.get(name, Role.MARKETING)
        assert user.is_superuser == (name == "admin")


def test_is_loaded_after_loading_is_true(loaded: None) -> None:
    assert is_loaded()


def test_renew_key_ends_the_old_one(db: Any) -> None:
    from orchestrator.api.models import ApiKey

    assert renew_key(now=NOW) != renew_key(now=NOW)
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_is_loaded_in_an_empty_database_is_false(db: Any) -> None:
    assert not is_loaded()


def test_is_loaded_with_others_in_the_database_refuses(db: Any) -> None:
    Contact.objects.create(external_id="somebody", created_at=NOW, updated_at=NOW)
    with pytest.raises(NotEmpty):
        is_loaded()


def test_is_loaded_after_a_broken_load_says_so(db: Any) -> None:
    Contact.objects.create(external_id="NL-00001", created_at=NOW, updated_at=NOW)
    with pytest.raises(BrokenOff):
        is_loaded()


def test_config_keeps_everything_in_one_folder() -> None:
    config = replace(Config(), folder=Path("/somewhere"))
    assert {config.inbox.parent, config.logs.parent, config.key_file.parent} == {Path("/somewhere")}


def test_load_company_leaves_no_page_of_consent_empty(loaded: None) -> None:
    """Everybody said what they said under a text that is there; a form asks about a topic; requests of every kind came in."""
    texts = {wording.name for wording in Wording.objects.select_related("purpose")}
    assert set(Record.objects.filter(source="sign-up form").values_list("wording", flat=True)) <= texts
    asked = SignupForm.objects.get(slug="newsletter").choices.values_list("purpose__slug", "purpose__parent__slug")
    assert ("living_ideas", "email_marketing") in asked
    assert set(Request.objects.values_list("kind", flat=True)) == set(Request.Kind.values)
    assert Request.objects.filter(state=Request.State.DONE).exists()
