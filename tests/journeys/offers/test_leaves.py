"""The offer leaf: its truth, its words, what it depends on, how it is edited."""

from datetime import timedelta

import pytest

from contacts.conditions.language import compile_condition, depends_on, explain, say, validate
from contacts.conditions.names import load_names
from contacts.conditions.rows import Words, rows
from contacts.conditions.uses import named_by, uses_of
from contacts.conditions.vocabulary import advise, load_vocabulary
from contacts.models import Contact, Segment
from journeys.models import OfferGrant
from orchestrator.tick import loop
from tests.journeys.offers.conftest import NOW, OFFER_STEPS, fills_cart, journey, offer

pytestmark = pytest.mark.django_db


def who(node, now=NOW):
    for wide in (False, True):
        found = Contact.objects.filter(compile_condition(node, now=now, wide=wide))
        names = set(found.values_list("external_id", flat=True))
    return names


@pytest.fixture
def cast(world):
    spring, winter = offer(), offer("winter")
    days = timedelta(days=1)
    for name, what, state, age in (
        ("anna", spring, "open", 1),
        ("ben", spring, "accepted", 3),
        ("cem", winter, "declined", 5),
        ("dora", spring, "expired", 40),
        ("emil", None, "", 0),
    ):
        person = world.person(name)
        if what:
            answered = None if state == "open" else NOW - age * days
            OfferGrant.objects.create(
                offer=what, contact=person, state=state, granted_at=NOW - 2 * age * days, expires_at=NOW + days, answered_at=answered
            )  # fmt: skip
    return world


@pytest.mark.parametrize(
    ("node", "names"),
    [
        ({"offer": "spring"}, {"anna"}),
        ({"offer": "any"}, {"anna"}),
        ({"offer": "winter"}, set()),
        ({"offer": "spring", "state": "accepted"}, {"ben"}),
        ({"offer": "any", "state": "declined"}, {"cem"}),
        ({"offer": "spring", "state": "declined"}, set()),
        ({"offer": "any", "state": "expired"}, {"dora"}),
        ({"offer": "any", "state": "never"}, {"emil"}),
        ({"offer": "spring", "state": "never"}, {"cem", "emil"}),
        ({"offer": "any", "state": "expired", "within": "30d"}, set()),
        ({"offer": "any", "state": "expired", "within": "41d"}, {"dora"}),
        ({"offer": "spring", "state": "accepted", "within": "3d"}, set()),  # half open: three days ago is outside
        ({"offer": "spring", "state": "open", "within": "4d"}, {"anna"}),
        ({"offer": "spring", "state": "never", "within": "4d"}, {"ben", "cem", "dora", "emil"}),
        ({"not": {"offer": "any", "state": "never"}}, {"anna", "ben", "cem", "dora"}),
    ],
)
def test_truth(cast, node, names):
    assert validate(node) == []
    assert who(node) == names
    for person in Contact.objects.all():
        assert explain(node, contact_id=person.pk, now=NOW)["truth"] is (person.external_id in names)


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        ({"offer": ""}, "offer: expected a name"),
        ({"offer": 1}, "offer: expected a name"),
        ({"offer": "a", "state": "lost"}, "state: expected one of open, accepted"),
        ({"offer": "a", "state": ["open"]}, "state: expected one of open, accepted"),
        ({"offer": "a", "within": "soon"}, "within: expected a duration"),
        ({"offer": "a", "code": "x"}, "code: unknown"),
    ],
)
def test_validate_says_what_is_wrong(node, problem):
    assert str(validate(node)[0]).startswith(problem)


@pytest.mark.parametrize(
    ("node", "english", "german"),
    [
        ({"offer": "spring"}, "has the offer “Spring” open", "hat das Angebot „Frühling“ offen"),
        ({"offer": "any", "state": "accepted", "within": "90d"}, "has accepted an offer within 90 days", "hat ein Angebot angenommen innerhalb von 90 Tagen"),
        ({"not": {"offer": "spring", "state": "declined"}}, "has not declined the offer “Spring”", "hat das Angebot „Frühling“ nicht abgelehnt"),
        ({"offer": "any", "state": "never"}, "has never got an offer", "hat ein Angebot nie bekommen"),
        ({"not": {"offer": "gone", "state": "never"}}, "has got the offer “gone”", "hat das Angebot „gone“ bekommen"),
    ],
)  # fmt: skip
def test_say(node, english, german):
    offer(name_en="Spring", name_de="Frühling")
    names = load_names()
    assert (say(node, "en", names), say(node, "de", names)) == (english, german)


def test_since_is_when_it_came_to_the_state(cast):
    ben = Contact.objects.get(external_id="ben")
    found = explain({"offer": "spring", "state": "accepted"}, contact_id=ben.pk, now=NOW)
    assert found["since"] == NOW - timedelta(days=3)
    anna = Contact.objects.get(external_id="anna")
    assert explain({"offer": "spring"}, contact_id=anna.pk, now=NOW)["since"] == NOW - timedelta(days=2)


def test_depends_on_the_events_of_offers():
    found = depends_on({"offer": "spring", "state": "open", "within": "7d"})
    assert (found.events, found.timed) == (set(), True)
    assert {"offer_made", "offer_accepted", "offer_declined", "offer_expired", "offer_withdrawn"} <= found.news()


def test_unknown_offer_is_a_warning_with_a_suggestion_and_any_is_known():
    offer()
    vocabulary = load_vocabulary()
    (problem,) = advise({"offer": "sprin"}, vocabulary)
    assert 'did you mean "spring"' in str(problem)
    assert advise({"offer": "any"}, vocabulary) == []


def test_builder_offers_every_offer_and_any():
    row = next(
        row for row in rows(Words({"offer": [{"value": "spring", "label": "Spring"}]}, "en")) if row["key"] == "offer"
    )
    assert [option["value"] for option in row["parts"][0]["options"]] == ["any", "spring"]
    assert [option["value"] for option in row["parts"][1]["options"]] == [
        "open",
        "accepted",
        "declined",
        "expired",
        "never",
    ]


def test_uses_of_an_offer_and_of_what_it_names(world):
    offer(segments=["vip"], eligibility={"offer": "winter", "state": "accepted"})
    offer("winter")
    Segment.objects.create(slug="takers", condition={"offer": "spring"}, name_en="t", name_de="t")
    journey("j", OFFER_STEPS)
    assert list(named_by({"offer": "spring"})) == [("offer", "spring")]
    assert {(use.room, use.user) for use in uses_of("offer", "spring")} == {("segment", "takers"), ("journey", "j")}
    assert {(use.room, use.user) for use in uses_of("offer", "winter")} == {("offer", "spring")}
    assert {(use.room, use.user) for use in uses_of("segment", "vip")} == {("offer", "spring")}


def test_segment_over_offers_follows_an_answer_in_its_pulse_and_the_rest_in_the_next(world):
    offer(rest_days=0)
    segment = Segment.objects.create(slug="open", condition={"offer": "any"}, name_en="o", name_de="o")
    journey("j", OFFER_STEPS)
    anna = world.person("anna")
    world.later(seconds=1)
    fills_cart(world, anna)
    loop.pulse(now=world.now)
    assert segment.segmentmember_set.count() == 1
    world.does(anna, "offer_declined")
    loop.pulse(now=world.now)
    assert segment.segmentmember_set.count() == 0
    ben = world.person("ben")
    fills_cart(world, ben)
    loop.pulse(now=world.now)
    assert segment.segmentmember_set.count() == 1
    world.later(days=14)
    assert segment.segmentmember_set.count() == 0
