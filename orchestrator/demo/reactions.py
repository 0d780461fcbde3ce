"""What people do in the relived past because of what they got, and what they would have done anyhow."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from orchestrator.demo import words
from orchestrator.demo.history import a_lamp
from orchestrator.demo.people import Person

CARTS, PROJECTS = "abandoned-cart", "b2b-nurture"  # journeys
OPENS, CLICKS = 0.46, 0.30  # of those who got a mail, of those who opened it
ASKED_FOR = {"planning-guide": (0.8, 0.7)}  # the same for a mail that people wait for
# of those who clicked: who does what the journey is about
FOLLOWS = {
    CARTS: 0.4,
    "onboarding": 0.35,
    "reactivation": 0.15,
    "loyalty": 0.35,
    "order-service": 0.2,
    PROJECTS: 0.5,
    "new-advocates": 0.7,
}
# what people answer to the question of a mail, by its block: answer and how often
ANSWERS: dict[str, tuple[str, Mapping[str | int, int]]] = {
    "nps-question": ("question", {10: 30, 9: 30, 8: 18, 7: 10, 5: 7, 2: 5}),
    "pause-or-goodbye": ("question", {"less": 60, "never": 40}),
}
COMES_BACK = 0.13  # of the carts that were left: ordered within two days without any reminder
Happening = tuple[str, datetime, dict[str, Any]]  # name, time, properties


class Sent(NamedTuple):
    """A touch that counts as sent."""

    touch: int
    contact_id: int
    at: datetime
    purpose: str
    journey: str
    block: str


class Carts:
    """The carts that were left, and who comes back to them by themselves."""

    def __init__(self) -> None:
        self._left: dict[int, Mapping[str, Any]] = {}
        self._credit: defaultdict[str, float] = defaultdict(lambda: 0.5)

    def note(self, number: int, name: str, properties: Mapping[str, Any]) -> None:
        """Take notice of an event: each person has one cart at most, the last one."""
        if name == "cart_updated":
            self._left[number] = properties
        elif name == "order_placed":
            self._left.pop(number, None)

    def order(self, dice: random.Random, person: Person, at: datetime) -> Iterator[Happening]:
        """Order the cart that a person left; nothing when there is none."""
        cart = self._left.pop(person.number, None)
        if cart:
            yield "checkout_started", at, {"cart_id": cart["cart_id"], "value": cart["value"]}
            yield "order_placed", at + timedelta(seconds=dice.randrange(50, 240)), ordered(cart, person)

    def come_back(self, dice: random.Random, person: Person, arm: str, entered_at: datetime) -> Iterator[Happening]:
        """Have every eighth person of each arm order without being reminded: evenly, since the holdout is small."""
        self._credit[arm] += COMES_BACK
        if self._credit[arm] >= 1:
            self._credit[arm] -= 1
            yield from self.order(dice, person, entered_at + timedelta(hours=dice.uniform(14, 44)))


def ordered(cart: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """The properties of the order of a cart."""
    same = {name: cart[name] for name in ("cart_id", "value", "items")}
    return {"order_id": f"O-{cart['cart_id'].removeprefix('C-')}", "category": person.taste, **same}


def follow(dice: random.Random, person: Person, sent: Sent, at: datetime, carts: Carts) -> Iterator[Happening]:
    """What somebody does who clicked a link: what the journey is about, or nothing more."""
    if dice.random() > FOLLOWS[sent.journey]:
        return
    if sent.block in ANSWERS:
        survey, answers = ANSWERS[sent.block]
        (answer,) = dice.choices(list(answers), list(answers.values()))
        said = {"survey": survey, "journey": sent.journey, "answer": answer, "touch": sent.touch}
        yield "survey_answered", at + timedelta(seconds=dice.randrange(10, 90)), said
    elif sent.journey == CARTS:
        yield from carts.order(dice, person, at + timedelta(minutes=dice.randrange(1, 15)))
    elif sent.journey in ("onboarding", "reactivation"):
        yield from buy(dice, person, at + timedelta(minutes=dice.randrange(2, 40)), f"m{sent.touch}")
    elif sent.journey == "loyalty" and dice.random() < 0.3:
        yield "friend_recommended", at + timedelta(minutes=dice.randrange(3, 60)), {}
    elif sent.journey in ("loyalty", "order-service"):
        yield "review_written", at + timedelta(minutes=dice.randrange(3, 60)), {"stars": dice.choice((4, 4, 5, 5, 5))}
    elif sent.journey == PROJECTS:
        yield from prices(dice, at + timedelta(hours=dice.choice((1, 3, 20, 26, 44))))


def prices(dice: random.Random, at: datetime) -> Iterator[Happening]:
    """Look at the prices for projects again and again."""
    for _ in range(dice.randrange(3, 6)):
        yield "pricing_viewed", at, {"page": "projects"}
        at += timedelta(seconds=dice.randrange(30, 200))


def buy(dice: random.Random, person: Person, at: datetime, cart_id: str) -> Iterator[Happening]:
    """One lamp, from looking to ordering."""
    category, name, price = a_lamp(dice, person)
    cart = {"cart_id": f"C-{cart_id}", "value": price, "items": 1, "product": name}
    for event, properties in (
        ("page_viewed", {"path": dice.choice(words.PATHS)}),
        ("product_viewed", {"product": name, "category": category, "price": price}),
        ("cart_updated", cart),
        ("order_placed", ordered(cart, person) | {"category": category}),
    ):
        yield event, at, properties
        at += timedelta(seconds=dice.randrange(20, 140))
