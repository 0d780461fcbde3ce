"""Who a visitor is, by the rules by which facts find their person, and nobody is made."""

from datetime import UTC, datetime

import pytest

from contacts.identity.operations import identify_people
from contacts.identity.rules import Seen
from contacts.identity.visitors import visitor_of
from contacts.models import Contact, Identifier

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
RANDOM, OTHER, GUESSABLE = "7f9c2ba4-e88f-4827-96a5-3b2d8d1f0a11", "0b2c2ba4-e88f-4827-96a5-3b2d8d1f0a99", "visitor-1"


def identified(trusted=True, **named):
    return identify_people(people=[Seen(**named)], now=NOW, source="shop", trusted=trusted)[0].contact_id


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("value", [RANDOM, GUESSABLE])
def test_visitor_is_whom_the_facts_of_the_browser_land_on(trusted, value):
    there = identified(trusted=trusted, anonymous_id=value)
    assert visitor_of(Seen(anonymous_id=value), trusted=trusted) == there


@pytest.mark.parametrize(
    ("named", "trusted", "found"),
    [
        ({"user_id": "u1"}, True, True),
        ({"user_id": "u1"}, False, False),
        ({"anonymous_id": RANDOM}, True, True),
        ({"anonymous_id": RANDOM}, False, True),
        ({"anonymous_id": RANDOM, "user_id": "u1"}, False, True),
        ({"anonymous_id": RANDOM, "user_id": "u2"}, False, False),
        ({"anonymous_id": OTHER, "user_id": "u1"}, False, False),
        ({"anonymous_id": OTHER, "user_id": "u1"}, True, True),
        ({"anonymous_id": OTHER}, True, False),
        ({"user_id": "u2"}, True, False),
    ],
)
def test_known_person_is_found_by_proof_or_by_what_nobody_can_guess(named, trusted, found):
    anna = identified(user_id="u1", anonymous_id=RANDOM, email="anna@mail.example")
    before = Contact.objects.count(), Identifier.objects.count()
    assert visitor_of(Seen(**named), trusted=trusted) == (anna if found else None)
    assert (Contact.objects.count(), Identifier.objects.count()) == before


def test_known_person_is_not_found_by_an_id_that_can_be_guessed():
    anna = identified(user_id="u1")
    Identifier.objects.create(kind="anonymous", value=GUESSABLE, contact_id=anna, first_seen_at=NOW, last_seen_at=NOW)
    assert visitor_of(Seen(anonymous_id=GUESSABLE), trusted=False) is None
    assert visitor_of(Seen(anonymous_id=GUESSABLE), trusted=True) == anna
