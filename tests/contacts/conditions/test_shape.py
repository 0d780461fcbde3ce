"""Compiled conditions: one text for all values, values only as parameters, a plan for each, exact when prepared."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from contacts.conditions.language import RUN, compile_condition
from contacts.models import Contact
from journeys.models import Enrollment
from orchestrator.kernel import sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import EVERYBODY

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
# of each line: the same condition with other values
PAIRS = [
    ({"attribute": "country", "is": "DE"}, {"attribute": "country", "is": "x' OR '1'='1"}),
    ({"attribute": "country", "in": ["DE"]}, {"attribute": "country", "in": ["AT", "CH", "FR"]}),
    ({"attribute": "color", "in": ["a"]}, {"attribute": "x' --", "in": ["b", "c"]}),
    ({"attribute": "visits", "in": [1]}, {"attribute": "visits", "in": [2, 3.5]}),
    ({"attribute": "visits", "between": [1, 2]}, {"attribute": "other", "between": [-1, 10**9]}),
    ({"attribute": "tags", "contains": "a"}, {"attribute": "tags", "contains": '"%_\\'}),
    ({"attribute": "born", "before": "2026-01-01"}, {"attribute": "born", "before": "1970-12-31"}),
    ({"attribute": "born", "after": "-30d"}, {"attribute": "born", "after": "+52w"}),
    ({"attribute": "born", "within": {"days": 3, "of": "today"}}, {"attribute": "b", "within": {"days": 9, "of": "today"}}),
    ({"attribute": "born", "within": {"days": 3, "of": "today", "yearly": True}}, {"attribute": "b", "within": {"days": 9, "of": "today", "yearly": True}}),
    ({"attribute": "created_at", "after": "-30d"}, {"attribute": "created_at", "after": "-1w"}),
    ({"account": "industry", "contains": "a"}, {"account": "industry", "contains": "%"}),
    ({"event": "a", "count": {"gte": 3}, "within": "7d"}, {"event": "b' --", "count": {"gte": 12}, "within": "1h"}),
    ({"event": "a", "count": {"lte": 3}}, {"event": "b", "count": {"lte": 12}}),
    ({"event": "a", "sum": {"property": "p", "gte": 3}}, {"event": "b", "sum": {"property": "q' --", "gte": 99.5}}),
    ({"event": "a", "max": {"property": "p", "gte": 3}}, {"event": "b", "max": {"property": "q' --", "gte": 99.5}}),
    ({"event": "a", "last": {"property": "p", "is": "x"}}, {"event": "b", "last": {"property": "q' --", "is": "y"}}),
    ({"event": "a", "where": [{"property": "p", "is": 1}]}, {"event": "b", "where": [{"property": "q", "is": 2}]}),
    ({"segment": "a", "for": "7d"}, {"segment": "b", "for": "1h"}),
    ({"signal": "a", "within": "7d"}, {"signal": "b", "within": "1h"}),
    ({"signal": "a"}, {"signal": "b"}),
    ({"stage": "a", "for": "7d"}, {"stage": "b' --", "for": "1h"}),
    ({"phase": "retention", "within": "7d"}, {"phase": "purchase", "within": "1h"}),
    ({"context": "weekday", "in": ["mon"]}, {"context": "weekday", "in": ["sat", "sun"]}),
    ({"context": "hour", "between": [8, 9]}, {"context": "hour", "between": [10, 20]}),
    ({"context": "season", "in": ["winter"]}, {"context": "season", "in": ["spring", "summer"]}),
    ({"consent": "a"}, {"consent": "b' --"}),
    ({"consent": "a", "is": "withdrawn", "for": "7d"}, {"consent": "b", "is": "refused", "for": "1h"}),
    ({"handover": "won", "within": "7d"}, {"handover": "lost", "within": "1h"}),
    ({"journey": "a", "state": "goal", "within": "7d"}, {"journey": "b' --", "state": "goal", "within": "1h"}),
    ({"touch": {"channel": "email", "step": "a"}, "state": "clicked", "count": {"gte": 2}, "within": "30d"}, {"touch": {"channel": "sms", "step": "b' --"}, "state": "opened", "count": {"gte": 5}, "within": "1d"}),
    ({"all": [{"stage": "a"}, {"not": {"event": "a", "within": "7d"}}]}, {"all": [{"stage": "b"}, {"not": {"event": "c", "within": "9d"}}]}),
]  # fmt: skip


def compiled(condition, *, wide=False, positive=True, now=NOW):
    expression = compile_condition(condition, now=now, positive=positive, wide=wide)
    people = Contact.objects.filter(expression) if positive else Contact.objects.annotate(t=expression)
    return sql.compiled(people.order_by().values("pk", *([] if positive else ["t"])))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_compiled_text_is_the_same_for_other_values_and_has_a_plan(one, other):
    for wide in (False, True):
        for positive in (False, True):
            text, params = compiled(one, wide=wide, positive=positive)
            again, others = compiled(other, wide=wide, positive=positive)
            assert text == again
            assert len(params) == len(others)
            assert "x'" not in again
            assert "--" not in again
            with connection.cursor() as cursor:
                for values in (params, others):
                    cursor.execute("EXPLAIN " + text, values)
                    assert cursor.fetchall()


@pytest.mark.parametrize("condition", [one for one, _ in PAIRS])
def test_compiled_for_runs_has_a_plan(condition):
    run = compile_condition(condition, now=NOW, subject=RUN, positive=False)
    part = sql.compiled(Enrollment.objects.annotate(t=run).order_by().values("pk", "t"))
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + part.text, part.params)
        assert cursor.fetchall()


@pytest.mark.parametrize("condition", [one for one, _ in PAIRS])
def test_prepared_condition_is_the_one_compiled_for_now(condition):
    """Every instant moves with the time, and nothing else does."""

    def build(at, ids):
        return Contact.objects.filter(compile_condition(condition, now=at, wide=ids is None)).order_by().values("pk")

    for now in (NOW, NOW + timedelta(days=200, hours=7)):
        part = prepared(("shape", json.dumps(condition)), now=now, scope=EVERYBODY, build=build)
        assert part == compiled(condition, wide=True, now=now)
