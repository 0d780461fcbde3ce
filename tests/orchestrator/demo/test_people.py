"""The invented people and their history: always the same, only reserved addresses, sensible in time."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from orchestrator.demo.history import facts
from orchestrator.demo.people import companies, people

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
START = NOW - timedelta(days=548)


def invent(seed: int = 7, count: int = 600) -> tuple:
    accounts = companies(seed=seed, count=30)
    found = list(people(seed=seed, count=count, accounts=accounts, start=START, now=NOW))
    return accounts, found, [fact for person in found for fact in facts(seed=seed, person=person, now=NOW)]


def test_people_with_the_same_seed_are_the_same() -> None:
    assert invent() == invent()
    assert invent(seed=8)[1] != invent()[1]


def test_people_have_addresses_under_example_only() -> None:
    accounts, found, _ = invent()
    addresses = [person.said["email"] for person in found]
    assert all(address.endswith(".example") for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert all(account.domain is not None and account.domain.endswith(".example") for account in accounts)


def test_people_come_from_three_countries_and_agree_as_planned() -> None:
    _, found, _ = invent(count=3000)
    countries = Counter(person.said["country"] for person in found)
    assert set(countries) == {"DE", "AT", "CH"}
    assert countries["DE"] > countries["AT"] > 0
    shares = {name: sum(p.consents[name] for p in found) / len(found) for name in found[0].consents}
    assert 0.68 < shares["email_marketing"] < 0.76
    assert 0.58 < shares["profiling"] < 0.66
    assert 0.22 < shares["third_party"] < 0.30


def test_facts_lie_between_sign_up_and_now_in_order() -> None:
    _, found, history = invent()
    created = {person.number: person.created_at for person in found}
    assert all(created[fact.number] <= fact.at <= NOW for fact in history)
    assert len({fact.message_id for fact in history}) == len(history)
    assert {"account_created", "product_viewed", "cart_updated", "order_placed", "pricing_viewed"} <= {
        f.name for f in history
    }


def test_facts_of_an_order_name_the_cart_it_came_from() -> None:
    _, _, history = invent()
    carts = {(fact.number, fact.properties["cart_id"]) for fact in history if fact.name == "cart_updated"}
    orders = {(fact.number, fact.properties["cart_id"]) for fact in history if fact.name == "order_placed"}
    assert orders
    assert orders <= carts
