"""Data goes when its time is over: what the dry run counts is what goes, and after ten years nothing is left over."""

from datetime import timedelta

import pytest

from consent.models import Record, Request, Retention, State
from consent.privacy import expiring
from consent.privacy.classification import tables
from consent.privacy.periods import CLASSES, OTHERS
from consent.privacy.retaining import RULES, conditions
from consent.records.operations import record_consent
from contacts.models import Contact, Event
from journeys.models import Enrollment, Touch
from orchestrator.kernel import sql
from tests.consent.privacy.seeding import NOW, Seeder

pytestmark = pytest.mark.django_db
YEARS = NOW + timedelta(days=3653)


@pytest.fixture
def everybody():
    """Two people with a row in every table, of whom one has left their journey and taken back their consent."""
    world = {}
    seeders = [Seeder("anna", world), Seeder("ben", world)]
    for seeder in seeders:
        seeder.everything()
    Enrollment.objects.update(left_at=NOW)
    for seeder in seeders:
        say(seeder.contact, world["consent_purpose"].slug, "withdrawn", NOW)
    return seeders


def switch_on(**days):
    for slug in days:
        assert Retention.objects.filter(slug=slug).update(active=True, days=days[slug])


def test_every_class_has_a_rule_and_every_table_a_class():
    assert set(RULES) == set(CLASSES) == set(Retention.objects.values_list("slug", flat=True))
    assert {table.retention for table in tables().values()} <= {*CLASSES, *OTHERS}


def test_nothing_goes_before_its_time(everybody):
    assert expiring.dry_run(now=NOW) == expiring.dry_run(now=NOW, days={}) == expiring.expire(now=NOW) == {}
    assert Event.objects.count() == Contact.objects.filter(email__startswith="canary").count() == 2


def test_after_ten_years_the_dry_run_counts_what_goes_and_nothing_is_left_over(everybody):
    switch_on(inactive=1095)
    Request.objects.update(state="done", done_at=NOW)
    sql.rows("UPDATE contacts_handover SET closed_at = %s", [NOW])
    foreseen = expiring.dry_run(now=YEARS)
    assert foreseen["inactive"] == {"contacts_contact": 3}
    done = expiring.expire(now=YEARS)
    assert done == foreseen
    assert expiring.dry_run(now=YEARS) == {}
    assert not Contact.objects.exists()


def test_without_erasing_inactive_people_every_class_counts_what_goes(everybody):
    Request.objects.update(state="done", done_at=NOW)
    sql.rows("UPDATE contacts_handover SET closed_at = %s", [NOW])
    foreseen = expiring.dry_run(now=YEARS)
    assert foreseen["runs"]["journeys_touch"] == 2
    assert foreseen["events"]["contacts_event"] == 2
    assert foreseen["proofs"]["consent_record"] == 4
    assert expiring.expire(now=YEARS) == foreseen
    assert expiring.dry_run(now=YEARS) == {}
    assert Contact.objects.filter(email__startswith="canary").count() == 2
    assert not Touch.objects.exists()


@pytest.mark.parametrize(("age", "kept"), [(364, 1), (366, 0)])
def test_refusals_go_after_a_year(everybody, age, kept):
    everybody[1].mine["journeys_refusal"].delete()
    now = NOW + timedelta(days=age)
    assert expiring.dry_run(now=now).get("refusals", {}).get("journeys_refusal", 0) == 1 - kept


def anna():
    return Contact.objects.create(email="anna@example.com", created_at=NOW, updated_at=NOW)


def say(contact, purpose, decision, at):
    return record_consent(contact_id=contact.pk, purpose=purpose, decision=decision, source="form", now=at)


def test_proof_of_a_consent_that_holds_stays_for_ever():
    say(anna(), "profiling", "granted", NOW)
    expiring.expire(now=YEARS)
    assert Record.objects.count() == State.objects.count() == 1


def test_proof_goes_as_a_whole_chain_three_years_after_the_withdrawal():
    contact = anna()
    say(contact, "profiling", "granted", NOW)
    say(contact, "email_marketing", "granted", NOW)
    say(contact, "profiling", "withdrawn", NOW + timedelta(days=10))
    say(contact, "email_marketing", "withdrawn", NOW + timedelta(days=400))
    expiring.expire(now=NOW + timedelta(days=1200))
    assert Record.objects.count() == 4
    expiring.expire(now=NOW + timedelta(days=400 + 1096))
    assert not Record.objects.exists()
    assert not State.objects.exists()


def test_objection_to_what_is_allowed_until_somebody_objects_is_never_forgotten():
    from consent.models import Purpose

    Purpose.objects.filter(slug="profiling").update(enforcement="opt_out")
    say(anna(), "profiling", "refused", NOW)
    expiring.expire(now=YEARS)
    assert State.objects.get().granted is False


def test_expire_in_portions_takes_everything(monkeypatch):
    contact = anna()
    sql.rows(
        "INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)"
        " SELECT %s, 'x', %s, %s, '{}', 'web', 'm' || n FROM generate_series(1, 25) n",
        [contact.pk, NOW, NOW],
    )
    monkeypatch.setattr(expiring, "PORTION", 10)
    assert expiring.expire(now=YEARS)["events"] == {"contacts_event": 25}


def test_conditions_name_each_table_that_leads_to_a_run():
    assert {due.table for due in conditions("runs")} >= {
        "journeys_transition", "journeys_touch", "orchestrator_verdict", "orchestrator_link", "journeys_webhookcall", "journeys_offerdecision",
    }  # fmt: skip
