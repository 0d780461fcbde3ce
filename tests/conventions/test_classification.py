"""Every column of ours is classified, every table about people has its rules, and nothing full of an IP is kept."""

import re

import pytest
from django.apps import apps
from django.db import connection

from consent.privacy.classification import DELETE, KEEP, of_people, tables
from consent.privacy.exporting import model_of
from consent.privacy.periods import CLASSES, OTHERS
from consent.privacy.processing import record_of_processing
from consent.privacy.rules import ACTIVITIES
from tests.conventions.tree import APPS, files, short

KINDS = {"none", "identifies", "contact", "behaviour", "content", "proof", "staff", "other"}


def ours():
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in APPS and model._meta.managed
    ]


def leads_to_person(model, seen=()):
    """Whether a row belongs to a contact: by a column, or by a row that cannot be without it."""
    if model._meta.db_table == "contacts_contact":
        return True
    for field in model._meta.concrete_fields:
        if field.column in ("contact_id", "email", "address"):
            return True
        related = field.related_model
        deep = (
            isinstance(related, type)
            and related._meta.app_label in APPS
            and related not in seen
            and field.remote_field.on_delete.__name__ == "CASCADE"
        )
        if deep and leads_to_person(related, (*seen, model)):
            return True
    return False


def test_every_column_is_classified_and_nothing_else():
    wrong = {}
    for model in ours():
        table = tables().get(model._meta.db_table)
        columns = {field.column for field in model._meta.concrete_fields}
        said = set(table.columns) if table else set()
        if columns != said:
            wrong[model._meta.db_table] = sorted(columns ^ said)
    assert wrong == {}
    assert {kind for table in tables().values() for kind in table.columns.values()} <= KINDS
    assert {name for name in tables() if name.split("_")[0] in APPS} == {model._meta.db_table for model in ours()}


def test_every_table_that_leads_to_a_person_has_a_rule_for_erasure():
    led = {model._meta.db_table for model in ours() if leads_to_person(model)}
    without = {name for name in led if not tables()[name].person or tables()[name].erase not in (DELETE, KEEP)}
    assert without == set()


def test_every_table_with_data_about_people_says_whose_it_is():
    assert [name for name, table in tables().items() if table.personal and not table.person] == []


def test_what_is_kept_says_why_and_leaves_nothing_that_names_the_person():
    for table in of_people():
        if table.erase == KEEP:
            assert table.why, table.name
            # a number that leads nowhere once the person is gone may stay
            left = {c for c in table.personal if table.columns[c] != "proof" and c not in table.blank} - {"contact_id"}
            assert left == set(), table.name


def test_every_activity_and_period_is_known():
    assert {table.activity for table in tables().values()} <= set(ACTIVITIES)
    assert {table.retention for table in tables().values()} <= {*CLASSES, *OTHERS}
    assert [table.name for table in of_people() if not table.retention] == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
def test_record_of_processing_leaves_no_field_without_purpose_basis_retention_and_receivers(language):
    fields = 0
    for activity in record_of_processing(language):
        assert all(activity[key] for key in ("purpose", "legal_basis", "receivers", "name"))
        for table in activity["tables"]:
            assert table["kept"]
            assert table["erasure"]
            for field in table["fields"]:
                fields += 1
                assert field["category"]
                assert field["name"]
    assert fields == sum(len(table.columns) for table in tables().values())


@pytest.mark.django_db
def test_a_table_that_nobody_has_classified_fails(monkeypatch):
    given = dict(tables())
    given.pop("contacts_event")
    monkeypatch.setattr("tests.conventions.test_classification.tables", lambda: given)
    with pytest.raises(AssertionError):
        test_every_column_is_classified_and_nothing_else()


def test_no_column_is_made_for_an_address_of_the_network_or_a_browser():
    found = [
        f"{model._meta.db_table}.{field.column}"
        for model in ours()
        for field in model._meta.concrete_fields
        if re.search(r"(^|_)(ip|user_agent|ua)(_|$)", field.column)
        or field.get_internal_type() == "GenericIPAddressField"
    ]
    assert found == []


def test_nothing_reads_the_address_of_the_network_and_few_look_at_the_browser():
    address, browser = (
        re.compile(r"REMOTE_ADDR|X.FORWARDED.FOR", re.I),
        re.compile(r"HTTP_USER_AGENT|User-Agent|userAgent"),
    )
    assert [short(path) for path in files(".py") if address.search(path.read_text())] == []
    looks = {short(path) for path in files(".py") if browser.search(path.read_text())}
    # a machine or a person; the class of the device; its name, so that people know their browsers; the name of a program; two that say who they are themselves
    assert looks == {
        "orchestrator/channels/feedback/rules.py",
        "orchestrator/api/circumstances.py",
        "orchestrator/api/devices.py",
        "orchestrator/api/web.py",
        "orchestrator/channels/adapters/webhook.py",
        "orchestrator/demo/visitors.py",
        "orchestrator/api/snippets.py",
    }


@pytest.mark.django_db
def test_every_table_of_the_database_is_ours_or_known():
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {"django_migrations"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        assert {name for (name,) in cursor.fetchall()} - known == set()
    assert all(model_of(name) for name in tables())
