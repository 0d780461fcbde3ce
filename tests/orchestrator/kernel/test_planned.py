"""Statements that are planned once: the same answers, one plan whatever the people and the time, and only for a few."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg.types.json import Jsonb

from contacts.models import Contact
from orchestrator.kernel import planned, sql
from orchestrator.kernel.planned import FEW, Varying
from orchestrator.kernel.scope import Scope

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Scope(contacts=(1,))
TEXT = """
SELECT id FROM contacts_contact
WHERE created_at <= %(now)s AND (%(scope)s::bigint[] IS NULL OR id = ANY (%(scope)s::bigint[])) AND first_name LIKE %(name)s
ORDER BY id
"""


def plans():
    """How often each statement that this connection has prepared ran with a plan for any values, and with one of its own."""
    return sql.rows(
        "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%%first_name%%'",
        [],
    )


@pytest.fixture
def people(db):
    made = [Contact(first_name=f"Anna{n}", created_at=NOW, updated_at=NOW) for n in range(3)]
    large = Contact(pk=2**40, first_name="Anna%", created_at=NOW, updated_at=NOW)
    return [one.pk for one in Contact.objects.bulk_create([*made, large])]


def found(ids, now=NOW, name="Anna%"):
    scope = Scope(contacts=tuple(ids))
    return [pk for (pk,) in planned.rows(TEXT, {"now": now, "scope": scope.ids(), "name": name}, scope=scope)]


def test_rows_of_a_few_people_share_one_plan_whatever_their_ids_and_the_time(people):
    with transaction.atomic():
        planned.prefer()
        assert found(people[:1]) == people[:1]
        assert found(people) == people
        assert found(people, NOW - timedelta(days=1)) == []
    ((text, generic, custom),) = plans()
    assert (generic, custom) == (3, 0)
    assert "'Anna%'" in text
    assert "IS NULL" not in text


def test_rows_of_another_constant_are_another_statement(people):
    assert found(people, name="Anna1%") == [people[1]]
    assert found(people, name="Anna2%") == [people[2]]
    assert len(plans()) == 2


def test_rows_of_a_crowd_or_of_everybody_are_planned_for_their_parameters(people):
    assert found([*people, *range(-FEW, 0)]) == people
    everybody = planned.rows(TEXT, {"now": NOW, "scope": None, "name": "Anna%"}, scope=Scope())
    assert [pk for (pk,) in everybody] == people
    assert plans() == []


def test_rows_are_counted_and_logged_like_any_other_statement(people):
    with CaptureQueriesContext(connection) as seen:
        found(people)
    assert [("first_name" in query["sql"]) for query in seen.captured_queries] == [True]


def test_other_statements_of_the_connection_are_not_prepared(people):
    found(people)
    list(Contact.objects.filter(first_name="Anna1"))
    assert [text for text, _, _ in plans() if 'contacts_contact"."id' in text] == []


@pytest.mark.django_db
def test_count_gives_the_number_of_changed_rows(people):
    text = "UPDATE contacts_contact SET first_name = %(name)s WHERE id = ANY (%(ids)s)"
    given = {"name": Varying("100% Anna", "text"), "ids": people[:2]}
    assert planned.count(text, given, scope=ANNA) == 2
    assert Contact.objects.filter(first_name="100% Anna").count() == 2


@pytest.mark.django_db
def test_rows_of_every_type_come_back_as_they_went_in():
    given = [
        "o'clock %",
        5,
        None,
        True,
        timedelta(hours=2),
        Jsonb({"a": "b%"}),
        NOW,
        uuid.UUID(int=7),
        [2**40, 1],
        ["x"],
    ]
    text = (
        "SELECT %s::text, %s::int, %s::text, %s::bool, %s::interval, (%s::jsonb) ->> 'a', "
        "%s, %s, %s, %s::text[] || ARRAY['%%']"
    )
    expected = ("o'clock %", 5, None, True, timedelta(hours=2), "b%", NOW, uuid.UUID(int=7), [2**40, 1], ["x", "%"])
    assert planned.rows(text, given, scope=ANNA) == [expected]


@pytest.mark.django_db
def test_split_tells_long_documents_apart():
    first, second = ({"a": "x" * 100, "b": end} for end in "yz")
    texts = {planned.split("SELECT %s", [Jsonb(one)])[0] for one in (first, second)}
    assert len(texts) == 2


@pytest.mark.django_db
def test_split_makes_one_parameter_of_equal_instants_and_two_of_different_ones():
    text = "SELECT %s + interval '1 day', count(*) FROM contacts_contact GROUP BY %s + interval '1 day'"
    same, bound = planned.split(text, [NOW, NOW])
    assert same.count("%(p0)s") == 2
    assert bound == {"p0": NOW}
    other, both = planned.split(text, [NOW, NOW + timedelta(1)])
    assert "%(p1)s" in other
    assert len(both) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("n", "prepared"), [(1, 1), (planned.FEW, 1), (planned.FEW + 1, 0)])
def test_rows_about_few_listed_things_are_planned_once_and_about_many_each_time(n, prepared):
    text = f"SELECT count(*), max(x::int) /* listed {n} */ FROM json_array_elements_text(%(things)s::json) x"
    given = {"things": Varying(json.dumps(list(range(n))), "json")}
    assert planned.rows(text, given, n=n) == [(n, n - 1)]
    kept = sql.rows(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%/* listed {n} */%json)%"]
    )
    assert kept == [(prepared,)]
