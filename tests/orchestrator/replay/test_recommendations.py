"""What is bought together in 75,000 lines of real baskets, equal to a plain count over the file."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime
from itertools import permutations

import pytest

from orchestrator.channels.slots.models import ProductPair, SeenProduct
from orchestrator.channels.slots.recommending import MOST_IN_ORDER, count_products
from tests.orchestrator.replay.test_real_logs import data, replay

pytestmark = [pytest.mark.replay, pytest.mark.django_db]
MAPPING = """
source: complete-journey-baskets
contact:
  external_id: "household-{household_id}"
event:
  name: order_placed
  occurred_at: {column: transaction_timestamp, format: "%Y-%m-%d %H:%M:%S", zone: UTC}
  message_id: [household_id, basket_id, product_id, transaction_timestamp]
  properties:
    product_id: {column: product_id}
    basket_id: {column: basket_id}
events:
  order_placed: {kind: transaction, name: {en: Order placed, de: Bestellt}}
consent: [profiling]
defaults: {language: en, country: US, time_zone: UTC}
"""


def test_pairs_of_real_baskets_equal_a_plain_count(tmp_path):
    path = data("complete_journey/transactions_sample.csv.gz")
    (tmp_path / "baskets.yaml").write_text(MAPPING)
    replay(path, str(tmp_path / "baskets.yaml"), step=86_400 * 400, most=86_400 * 400)
    now = datetime(2017, 12, 31, tzinfo=UTC)
    counted = count_products(now=now)
    baskets: dict[tuple[str, str], set[str]] = {}
    with gzip.open(path, "rt") as file:
        for line in csv.DictReader(file):
            if "2016-12-31" < line["transaction_timestamp"] <= "2017-12-31":
                baskets.setdefault((line["household_id"], line["basket_id"]), set()).add(line["product_id"])
    single = Counter(key for keys in baskets.values() for key in keys)
    pairs = Counter(
        pair for keys in baskets.values() if 2 <= len(keys) <= MOST_IN_ORDER for pair in permutations(sorted(keys), 2)
    )
    lifted = {
        pair: n * len(baskets) / (single[pair[0]] * single[pair[1]])
        for pair, n in pairs.items()
        if n >= 3 and n * len(baskets) > single[pair[0]] * single[pair[1]]
    }
    print("real baskets:", counted, "of", len(single), "products")
    assert counted.baskets == len(baskets)
    found = {(pair.product, pair.other): pair for pair in ProductPair.objects.all()}
    assert len(found) == counted.pairs
    assert found.keys() <= lifted.keys()
    assert all(found[pair].together == pairs[pair] for pair in found)
    assert all(abs(found[pair].lift - lifted[pair]) < 1e-9 for pair in found)
    kept = Counter(product for product, _ in lifted)
    assert counted.pairs == sum(min(n, 10) for n in kept.values())


def test_views_of_a_real_shop_are_recommended_until_they_are_bought():
    path = data("rees46/" + next(p.name for p in data("rees46").iterdir() if p.name.endswith(".gz")))
    replay(path, "rees46", step=86_400, most=86_400)
    counted = count_products(now=datetime(2019, 10, 2, tzinfo=UTC))
    looked: dict[str, dict[str, bool]] = {}
    with gzip.open(path, "rt") as file:
        for line in csv.DictReader(file):
            if line["user_session"]:
                of_person = looked.setdefault(line["user_id"], {})
                of_person[line["product_id"]] = (
                    of_person.get(line["product_id"], False) or line["event_type"] == "purchase"
                )
    print("real views:", counted, len(looked), "people")
    assert SeenProduct.objects.filter(bought=True).count() <= sum(sum(one.values()) for one in looked.values())
    assert counted.seen == SeenProduct.objects.count()
    assert counted.seen == sum(min(20, len(one)) for one in looked.values())
