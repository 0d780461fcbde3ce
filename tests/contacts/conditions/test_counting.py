"""How many people a condition describes: counted, estimated when that takes too long, never an error."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection

from consent.models import Suppression
from consent.records.operations import record_consent
from contacts.conditions import counting
from contacts.conditions.checking import about_runs, rounded
from contacts.conditions.counting import count_people, in_time, measure_people, projected, sample_people
from contacts.models import Contact, EventType
from orchestrator.kernel import sql
from tests.waiting import HUNG

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
GERMAN = {"attribute": "country", "is": "DE"}


def people(n, **columns):
    rows = [Contact(**columns, created_at=NOW, updated_at=NOW) for _ in range(n)]
    return Contact.objects.bulk_create(rows)


@pytest.fixture
def crowd(db):
    people(30, country="DE", email="a@people.example")
    return people(70, country="AT")


def agrees(contact):
    record_consent(contact_id=contact.pk, purpose="email_marketing", decision="granted", source="test", now=NOW)


def test_count_people_counts_those_a_condition_describes(crowd):
    found = count_people(GERMAN, now=NOW)
    assert (found.n, found.exact, found.low, found.high) == (30, True, 30, 30)
    assert count_people(None, now=NOW).n == 100


def test_measure_people_says_the_share_and_ten_of_them(crowd):
    measured = measure_people(GERMAN, now=NOW)
    assert measured.everybody == 100
    assert len(measured.ids) == 10
    assert measured.ids == measure_people(GERMAN, now=NOW).ids
    assert {one.country for one in sample_people(GERMAN, now=NOW)} == {"DE"}


def test_measure_people_in_an_empty_database_is_nobody(db):
    measured = measure_people(GERMAN, now=NOW)
    assert (measured.people.n, measured.people.exact, measured.everybody, measured.ids) == (0, True, 0, [])


def test_measure_people_says_whom_email_reaches_and_why_not_the_others(db):
    anna, ben, _cem, _dora = (people(1, country="DE", email=f"{name}@people.example")[0] for name in "abcd")
    people(2, country="DE")  # without an address
    agrees(anna)
    agrees(ben)
    Suppression.objects.create(address="b@people.example", reason="bounced", since=NOW)
    Suppression.objects.create(address="c@people.example", reason="complained", since=NOW)
    (email,) = measure_people(GERMAN, now=NOW).channels
    assert email.reach.channel == "email"
    assert email.reached.n == 1
    assert {code: number.n for code, number in email.stopped.items()} == {
        "no_address": 2,
        "suppressed": 2,
        "no_consent": 1,
    }
    assert email.reached.n + sum(number.n for number in email.stopped.values()) == 6


def test_measure_people_estimates_when_counting_takes_too_long(crowd, monkeypatch):
    monkeypatch.setattr(counting, "EXACT_SECONDS", 0)
    measured = measure_people(GERMAN, now=NOW)
    assert not measured.people.exact
    assert measured.people.low <= 30 <= measured.people.high
    assert measured.people.low < measured.people.n < measured.people.high
    assert {c.country for c in Contact.objects.filter(pk__in=measured.ids)} == {"DE"}
    assert measured.channels[0].stopped["no_consent"].n == measured.people.n


def test_measure_people_of_many_estimates_only_the_channels(crowd, monkeypatch):
    monkeypatch.setattr(counting, "KEPT", 5)
    measured = measure_people(GERMAN, now=NOW)
    assert (measured.people.n, measured.people.exact) == (30, True)
    assert measured.channels[0].stopped["no_consent"].n == 30
    assert not measured.channels[0].stopped["no_consent"].exact


def test_measure_people_without_any_time_says_so(crowd, monkeypatch):
    monkeypatch.setattr(counting, "EXACT_SECONDS", 0)
    monkeypatch.setattr(counting, "SAMPLE_SECONDS", 0)
    measured = measure_people(GERMAN, now=NOW)
    assert (measured.people.n, measured.channels, measured.ids) == (None, [], [])


def test_count_people_is_the_same_wide_and_narrow(crowd, monkeypatch):
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order", name_de="Bestellung")
    from contacts.events.operations import NewEvent, record_events

    events = [NewEvent(c.pk, "order_placed", NOW - timedelta(days=n % 20), {}, f"m{c.pk}") for n, c in enumerate(crowd)]
    record_events(events=events, source="shop", now=NOW)
    condition = {"event": "order_placed", "count": {"gte": 1}, "within": "7d"}
    exact = count_people(condition, now=NOW)
    monkeypatch.setattr(counting, "EXACT_SECONDS", 0)
    estimate = count_people(condition, now=NOW)
    assert exact.exact
    assert estimate.low <= exact.n <= estimate.high


def test_in_time_gives_up_and_leaves_nothing_behind(db):
    def slow():
        sql.rows("SELECT pg_sleep(5)")

    before = sql.rows("SHOW statement_timeout")
    assert in_time(0.05, slow) is None
    assert in_time(HUNG, lambda: sql.rows("SELECT 1")) == [(1,)]
    assert sql.rows("SHOW statement_timeout") == before
    assert sql.rows("SHOW jit") == [("on",)] or sql.rows("SHOW jit") == [("off",)]


def test_in_time_passes_other_errors_on(db):
    def wrong():
        raise OperationalError("the server went away")

    with pytest.raises(OperationalError, match="went away"):
        in_time(1, wrong)


def test_measure_people_reads_in_a_fixed_number_of_statements(crowd, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):  # three reads, each with its time-out set and put back in a savepoint
        measure_people(GERMAN, now=NOW)
    assert connection.in_atomic_block


@pytest.mark.parametrize(
    ("n", "seen", "everybody", "low", "high"),
    [(0, 1000, 1_000_000, 0, 4000), (1000, 1000, 500, 497, 500), (300, 1000, 1_000_000, 272_000, 330_000)],
)
def test_projected_has_a_margin_that_holds_the_share(n, seen, everybody, low, high):
    number = projected(n, seen, everybody)
    assert low <= number.low <= number.n <= number.high <= high


@pytest.mark.parametrize(("n", "said"), [(0, 0), (7, 7), (99, 99), (12_345, 12_000), (987_654, 990_000)])
def test_rounded_keeps_two_digits(n, said):
    assert rounded(n) == said


def test_about_runs_finds_since_and_the_key():
    assert about_runs({"all": [GERMAN, {"event": "x", "since": "entry"}]})
    assert about_runs({"not": {"event": "x", "where": [{"property": "cart_id", "is": {"run": "key"}}]}})
    assert not about_runs({"event": "x", "within": "7d", "where": [{"property": "value", "gte": 3}]})
