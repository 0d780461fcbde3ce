"""What scores come to in the database: quotas, decay, consent, differences, when they are computed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, Event, ScoreValue
from contacts.scores.operations import compute_scores
from orchestrator.kernel.scope import EVERYBODY, Scope
from tests.contacts.scores.conftest import NOW, agree, happened, person, score, value

pytestmark = pytest.mark.django_db
TIME = Scope(timed=True, news=frozenset())
VIEWED = {"event": {"event": "pricing_viewed"}, "points": 5}
IN_GERMANY = {"condition": {"attribute": "country", "is": "DE"}, "points": 30}


def compute(now=NOW, scope=EVERYBODY):
    return compute_scores(now=now, scope=scope)


def test_compute_counts_conditions_once_and_events_each():
    anna, ben = person("anna", country="DE"), person("ben")
    happened(anna, "pricing_viewed", 0, 1, 1)
    score("engagement", VIEWED, IN_GERMANY)
    assert compute() == {"score:engagement", "grade"}
    assert value(anna) == (45, {"Rule 1": (30, 1), "Rule 0": (15, 3)})
    assert value(ben) is None


def test_compute_counts_at_most_so_many_a_utc_day():
    anna = person()
    happened(anna, "pricing_viewed", *[timedelta(hours=h) for h in (1, 2, 3, 9, 11, 12)])  # 4 today, 2 yesterday
    score("engagement", VIEWED | {"most_a_day": 3})
    compute()
    assert value(anna) == (25, {"Rule 0": (25, 5)})


@pytest.mark.parametrize(
    ("age", "decay", "expected"),
    [
        (0, "linear", 50), (5, "linear", 25), (9, "linear", 5), (10, "linear", None), (11, "linear", None),
        (0, "half_life", 50), (10, "half_life", 25), (20, "half_life", 13), (99, "half_life", 0), (100, "half_life", None),
        (364, "none", 50), (365, "none", None),
    ],
)  # fmt: skip
def test_compute_lets_points_decay_by_whole_days(age, decay, expected):
    anna = person()
    happened(anna, "pricing_viewed", age)
    score("engagement", VIEWED | {"points": 50}, decay=decay, decay_days=10)
    compute()
    assert (value(anna) or [None])[0] == expected


def test_compute_ignores_what_is_yet_to_come():
    anna = person()
    happened(anna, "pricing_viewed", timedelta(minutes=-1))
    score("engagement", VIEWED)
    compute()
    assert value(anna) is None


def test_compute_with_negative_points_stops_at_0_and_keeps_the_factors():
    anna = person(country="DE")
    happened(anna, "email_complained", 0)
    score("engagement", IN_GERMANY, {"event": {"event": "email_complained"}, "points": -40})
    compute()
    assert value(anna) == (0, {"Rule 1": (-40, 1), "Rule 0": (30, 1)})


def test_compute_stops_at_100():
    anna = person(country="DE")
    score("engagement", IN_GERMANY | {"points": 99.5}, IN_GERMANY | {"points": 7})
    compute()
    assert value(anna)[0] == 100


def test_compute_filters_events_by_property():
    anna = person()
    happened(anna, "product_viewed", 0, 1, category="outdoor")
    happened(anna, "product_viewed", 0, category="indoor")
    outdoor = {"event": "product_viewed", "where": [{"property": "category", "is": "outdoor"}]}
    score("engagement", {"event": outdoor, "points": 4})
    compute()
    assert value(anna) == (8, {"Rule 0": (8, 2)})


def test_compute_counts_no_clicks_of_machines():
    anna = person()
    happened(anna, "email_clicked", 0, likely_machine=True)
    happened(anna, "email_clicked", 0, likely_machine=False)
    happened(anna, "email_clicked", 0)
    score("engagement", {"event": {"event": "email_clicked"}, "points": 4})
    compute()
    assert value(anna) == (8, {"Rule 0": (8, 2)})


def test_compute_without_profiling_consent_counts_contracts_only(order_placed):
    ben = person("ben", profiling=False)
    happened(ben, "order_placed", 0)
    happened(ben, "pricing_viewed", 0)
    happened(ben, "email_clicked", 0)  # nobody described it: behaviour
    rules = [{"event": {"event": name}, "points": 5} for name in ("order_placed", "pricing_viewed", "email_clicked")]
    score("engagement", *rules, {"condition": {"not": {"event": "pricing_viewed"}}, "points": 50})
    compute()
    assert value(ben) == (5, {"Rule 0": (5, 1)})


def test_compute_after_a_withdrawal_takes_the_points_of_behaviour_away(order_placed):
    anna = person()
    happened(anna, "order_placed", 0)
    happened(anna, "pricing_viewed", 0)
    score("engagement", {"event": {"event": "order_placed"}, "points": 10}, VIEWED)
    compute()
    assert value(anna)[0] == 15
    agree(anna, granted=False)
    later = NOW + timedelta(minutes=1)
    assert "score:engagement" in compute(later, Scope(contacts=(anna.pk,), news=frozenset({"consent"})))
    assert value(anna) == (10, {"Rule 0": (10, 1)})


def test_compute_twice_writes_only_what_differs():
    anna, ben = person("anna", country="DE"), person("ben", country="DE")
    score("engagement", IN_GERMANY, VIEWED)
    compute()
    rows = set(ScoreValue.objects.values_list("contact", "value", "since"))
    later = NOW + timedelta(hours=1)
    assert compute(later) == set()
    assert set(ScoreValue.objects.values_list("contact", "value", "since")) == rows
    happened(ben, "pricing_viewed", 0)
    assert compute(later) == {"score:engagement", "grade"}
    assert ScoreValue.objects.get(contact=anna).since == NOW
    assert ScoreValue.objects.get(contact=ben).since == later


def test_compute_of_other_factors_with_the_same_value_keeps_since():
    anna = person(country="DE")
    score("engagement", IN_GERMANY, {"condition": {"attribute": "country", "is": "FR"}, "points": 30})
    compute()
    Contact.objects.update(country="FR")
    assert compute(NOW + timedelta(hours=1)) == set()
    row = ScoreValue.objects.get(contact=anna)
    assert (row.value, row.since) == (30, NOW)
    assert value(anna)[1] == {"Rule 1": (30, 1)}


def test_compute_takes_rows_away_that_came_to_nothing():
    anna = person(country="DE")
    made = score("engagement", IN_GERMANY)
    compute()
    Contact.objects.update(country="")
    assert compute(NOW) == {"score:engagement", "grade"}
    assert value(anna) is None
    made.rules.all().delete()
    assert compute(NOW) == set()


def test_compute_for_some_touches_nobody_else():
    anna, ben = person("anna", country="DE"), person("ben", country="DE")
    made = score("engagement", IN_GERMANY)
    compute(scope=Scope(contacts=(anna.pk,), news=frozenset({"profile"})))
    assert (value(anna)[0], value(ben)) == (30, None)
    made.refresh_from_db()
    assert made.computed_at is None
    Contact.objects.update(country="")
    compute(scope=Scope(contacts=(ben.pk,), news=frozenset({"profile"})))
    assert value(anna)[0] == 30


def test_compute_with_other_news_costs_nothing():
    person(country="DE")
    made = score("engagement", IN_GERMANY, VIEWED)
    compute()
    with CaptureQueriesContext(connection) as asked:
        assert compute(scope=Scope(contacts=(1,), news=frozenset({"order_placed"})), now=NOW) == set()
    assert len(asked) == 2  # the scores and their rules
    assert made.slug == "engagement"


@pytest.mark.parametrize(
    ("rule", "minutes", "computed"),
    [
        (VIEWED, 60, False),
        (VIEWED, 14 * 60 - 1, False),
        (VIEWED, 14 * 60, True),  # midnight UTC
        (IN_GERMANY, 24 * 60, False),
        ({"condition": {"event": "pricing_viewed", "within": "2h"}, "points": 1}, 59, False),
        ({"condition": {"event": "pricing_viewed", "within": "2h"}, "points": 1}, 60, True),
    ],
)
def test_compute_by_time_happens_once_a_day_or_an_hour(rule, minutes, computed):
    made = score("engagement", rule)
    compute()
    compute(NOW + timedelta(minutes=minutes), TIME)
    made.refresh_from_db()
    assert (made.computed_at > NOW) is computed


def test_compute_of_a_score_that_names_another_comes_after_it():
    anna = person(country="DE")
    score("a-total", {"condition": {"score": "z-fit", "gte": 20}, "points": 10})
    score("z-fit", IN_GERMANY, axis="fit")
    assert compute() == {"score:a-total", "score:z-fit", "grade"}
    assert value(anna, "a-total")[0] == 10


@pytest.mark.parametrize("scope", [EVERYBODY, "pulse"])
def test_compute_over_10_and_1000_people_issues_the_same_statements(scope):
    score("engagement", IN_GERMANY, VIEWED, {"event": {"event": "page_viewed"}, "points": 1, "most_a_day": 2})
    score("fit", IN_GERMANY, axis="fit")
    counts = []
    for n in (10, 1000):
        first = Contact.objects.count()
        people = Contact.objects.bulk_create(
            Contact(external_id=f"c{first + i}", country="DE", created_at=NOW, updated_at=NOW) for i in range(n)
        )
        Event.objects.bulk_create(
            Event(contact=p, name="page_viewed", occurred_at=NOW, received_at=NOW, source="t", message_id=f"m{p.pk}")
            for p in people
        )
        news = frozenset({"profile", "page_viewed"})
        here = scope if scope is EVERYBODY else Scope(contacts=tuple(p.pk for p in people), news=news)
        with CaptureQueriesContext(connection) as asked:
            compute(scope=here)
        counts.append(sum("ANALYZE" not in one["sql"] and "pg_class" not in one["sql"] for one in asked))
    assert counts[0] == counts[1]
    assert ScoreValue.objects.count() == 2020
