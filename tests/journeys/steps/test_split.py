"""Splits: stable, independent, within one percent of their weights, and the same in SQL and Python."""

import pytest
from django.db.models import F, Value

from contacts.models import Contact
from journeys.steps.split import BUCKETS, Bucket, bounds, bucket
from tests.flows.conftest import NOW


@pytest.mark.parametrize("salt", ["abandoned/test", "other/test"])
def test_bucket_spreads_within_one_percent_at_100000(salt):
    arms = [{"weight": 10}, {"weight": 30}, {"weight": 60}]
    places = [bucket(salt, n) for n in range(100_000)]
    low = 0
    for arm, high in zip(arms, bounds(arms), strict=True):
        share = sum(low <= place < high for place in places) / len(places)
        assert abs(share - arm["weight"] / 100) < 0.01
        low = high
    assert low == BUCKETS


def test_buckets_of_two_salts_are_independent():
    both = sum(bucket("a", n) < 5000 and bucket("b", n) < 5000 for n in range(100_000)) / 100_000
    assert abs(both - 0.25) < 0.01


@pytest.mark.django_db
def test_bucket_in_sql_is_the_bucket_in_python():
    Contact.objects.bulk_create([Contact(external_id=f"p{i}", created_at=NOW, updated_at=NOW) for i in range(50)])
    for pk, place in Contact.objects.annotate(place=Bucket(Value("j/s"), F("pk"))).values_list("pk", "place"):
        assert place == bucket("j/s", pk)
