"""What people did: visits, carts and orders of one invented person, from a fixed seed."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from orchestrator.demo import words
from orchestrator.demo.people import Person

# days between visits, share of visits with a cart, share of carts that are ordered
HABITS = {
    "browser": (34, 0.10, 0.30),
    "buyer": (27, 0.24, 0.62),
    "regular": (17, 0.36, 0.74),
    "project": (24, 0.05, 0.5),
}
EVENING = (7, 9, 12, 13, 17, 18, 18, 19, 19, 20, 20, 21)  # hours (UTC) in which people shop
SHARE_OF_VISITS = {"support": 0.03, "guide": 0.22, "prices": 0.4, "consultation": 0.04}


class Fact(NamedTuple):
    """Something that happened: an event of a person, who is known by number."""

    at: datetime
    number: int
    message_id: str  # before what has no order: facts are compared
    name: str
    properties: dict[str, Any]


def facts(*, seed: int, person: Person, now: datetime) -> list[Fact]:
    """Everything a person did until now, in order. The same seed gives the same facts."""
    dice = random.Random(f"{seed}:history:{person.number}")
    found = [("account_created", person.created_at, {"channel": dice.choice(("shop", "shop", "store"))})]
    if person.consents["email_marketing"]:
        found.append(("newsletter_subscribed", person.created_at + timedelta(minutes=2), {}))
    every, _, _ = HABITS[person.kind]
    at = person.created_at + timedelta(minutes=5)
    visit_number = 0
    while at < min(now, person.quiet_from):
        visit_number += 1
        found += visit(dice, person, at, f"{person.number}-{visit_number}")
        at += timedelta(days=dice.expovariate(1 / every))
        at = max(at.replace(hour=dice.choice(EVENING), minute=dice.randrange(60)), found[-1][1] + timedelta(hours=1))
    found = sorted((f for f in found if f[1] <= now), key=lambda fact: fact[1])
    return [
        Fact(when, person.number, f"h-{person.number}-{n}", name, what) for n, (name, when, what) in enumerate(found)
    ]


def visit(
    dice: random.Random, person: Person, at: datetime, cart_id: str
) -> list[tuple[str, datetime, dict[str, Any]]]:
    """One visit of a person that begins at a time: name, time and properties of each event."""
    found: list[tuple[str, datetime, dict[str, Any]]] = []
    clock = at

    def add(name: str, **properties: Any) -> None:
        nonlocal clock
        found.append((name, clock, properties))
        clock += timedelta(seconds=dice.randrange(15, 150))

    _, cart_share, order_share = HABITS[person.kind]
    add("page_viewed", path=dice.choice(words.PATHS))
    wanted = [a_lamp(dice, person) for _ in range(dice.randrange(0, 4))]
    for category, product, price in wanted:
        add("product_viewed", product=product, category=category, price=price)
    if person.kind == "project":
        for name, properties in _project(dice):
            add(name, **properties)
    if wanted and dice.random() < cart_share * 1.3:
        chosen = wanted[: dice.randrange(1, len(wanted) + 1)]
        value = sum(price for _, _, price in chosen)
        add("cart_updated", cart_id=f"C-{cart_id}", value=value, items=len(chosen), product=chosen[0][1])
        if dice.random() < order_share + 0.15:
            add("checkout_started", cart_id=f"C-{cart_id}", value=value)
        if dice.random() < order_share:
            add(
                "order_placed",
                order_id=f"O-{cart_id}",
                cart_id=f"C-{cart_id}",
                value=value,
                items=len(chosen),
                category=chosen[0][0],
            )
            found += _afterwards(dice, person, clock)
    return found


def a_lamp(dice: random.Random, person: Person) -> tuple[str, str, int]:
    """A lamp that somebody looks at: category, name and price."""
    category = person.taste if dice.random() < 0.65 else dice.choice(words.CATEGORIES)
    name, price = dice.choice(words.PRODUCTS[category])
    return category, name, price


def _project(dice: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    if dice.random() < SHARE_OF_VISITS["guide"]:
        yield "whitepaper_downloaded", {"title": "Light for working and staying"}
    if dice.random() < SHARE_OF_VISITS["prices"]:
        for _ in range(dice.randrange(1, 5)):
            yield "pricing_viewed", {"page": "projects"}
    if dice.random() < SHARE_OF_VISITS["consultation"]:
        yield "demo_requested", {"topic": "lighting plan"}


def _afterwards(dice: random.Random, person: Person, at: datetime) -> Iterator[tuple[str, datetime, dict[str, Any]]]:
    """What an order may bring in the following days: a question, a review, a recommendation."""
    if dice.random() < SHARE_OF_VISITS["support"] * 2:
        for _ in range(dice.randrange(1, 3)):
            at += timedelta(hours=dice.randrange(20, 70))
            yield "support_contacted", at, {"topic": dice.choice(words.TOPICS)}
    if dice.random() < (0.22 if person.kind == "regular" else 0.06):
        yield "review_written", at + timedelta(days=dice.randrange(5, 14)), {"stars": dice.choice((3, 4, 5, 5, 5))}
    if person.kind == "regular" and dice.random() < 0.07:
        yield "friend_recommended", at + timedelta(days=dice.randrange(6, 20)), {}
