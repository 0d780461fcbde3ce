"""What conditions can name, and the advice on names that nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.conditions.vocabulary import advise, load_vocabulary
from contacts.models import Account, Attribute, Contact, Event, EventType, Segment, Stage

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def vocabulary():
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order", name_de="Bestellung")
    Attribute.objects.create(
        key="plan", kind="choice", name_en="Plan", name_de="Tarif", choices=[{"value": "pro"}], created_at=NOW
    )
    Attribute.objects.create(
        key="illness", kind="text", name_en="Illness", name_de="Krankheit", sensitive=True, created_at=NOW
    )
    Attribute.objects.create(
        key="noise", kind="text", name_en="Noise", name_de="Rauschen", state="ignored", created_at=NOW
    )
    Segment.objects.create(slug="fans", name_en="Fans", name_de="Fans", condition={})
    Stage.objects.create(slug="active", phase="retention", position=1, name_en="Active", name_de="Aktiv")
    account = Account.objects.create(external_id="a1", name="Nordwind", industry="retail", created_at=NOW)
    for i in range(3):
        contact = Contact.objects.create(
            external_id=f"c{i}", country="DE", account=account, created_at=NOW, updated_at=NOW,
            attributes={"plan": "pro", "illness": "flu", "loose": i, "tags": ["a", "b"], "mixed": i if i else "x"},
        )  # fmt: skip
        for name, properties in (
            ("pricing_viewed", {"plan": "pro", "n": i}),
            ("order_placed", {"value": 2.5, "o": {}}),
        ):
            at = NOW - timedelta(hours=i)
            Event.objects.create(
                contact=contact, name=name, occurred_at=at, received_at=NOW, properties=properties, source="t", message_id=f"{name}{i}"
            )  # fmt: skip
    return load_vocabulary()


def test_load_vocabulary_knows_events_defined_and_seen_with_properties_and_examples(vocabulary):
    order, pricing = vocabulary.events["order_placed"], vocabulary.events["pricing_viewed"]
    assert (order.names["de"], order.kind, order.defined, order.seen) == ("Bestellung", "transaction", True, True)
    assert (pricing.names["de"], pricing.kind, pricing.defined, pricing.seen) == (
        "pricing viewed",
        "behaviour",
        False,
        True,
    )
    assert (pricing.properties["plan"].kind, pricing.properties["plan"].examples) == ("text", ("pro",))
    assert sorted(pricing.properties["n"].examples) == [0, 1, 2]
    assert (order.properties["value"].kind, order.properties["o"].kind, order.properties["o"].examples) == (
        "number",
        "",
        (),
    )


def test_load_vocabulary_knows_attributes_with_type_and_examples_but_not_of_sensitive_ones(vocabulary):
    known = vocabulary.attributes
    assert (known["country"].column, known["country"].kind, known["country"].examples) == (True, "text", ("DE",))
    assert (known["plan"].kind, known["plan"].choices, known["plan"].examples) == (
        "choice",
        ({"value": "pro"},),
        ("pro",),
    )
    assert (known["illness"].sensitive, known["illness"].examples) == (True, ())
    assert (known["tags"].kind, known["tags"].examples, known["tags"].defined) == ("list", ("a", "b"), False)
    assert (known["loose"].kind, known["mixed"].kind, known["noise"].ignored) == ("number", "", True)
    assert known["email"].examples == ()  # nobody's address is an example
    assert vocabulary.accounts["industry"].examples == ("retail",)


def test_load_vocabulary_knows_named_things_of_every_room(vocabulary):
    assert vocabulary.of("segment") == {"fans": {"en": "Fans", "de": "Fans"}}
    assert vocabulary.of("stage")["active"]["de"] == "Aktiv"
    assert vocabulary.of("phase")["retention"]["de"] == "Bindung"
    assert "profiling" in vocabulary.of("purpose")


def test_load_vocabulary_reads_in_a_fixed_number_of_statements(django_assert_num_queries):
    with django_assert_num_queries(5):
        load_vocabulary()


@pytest.mark.parametrize(
    ("condition", "warning"),
    [
        ({"event": "pricing_view"}, 'event: nobody knows the event "pricing_view"; did you mean "pricing_viewed"?'),
        ({"all": [{"not": {"attribute": "pla", "is": "x"}}]}, 'all[0].not.attribute: nobody knows the attribute "pla"; did you mean "plan"?'),
        ({"event": "pricing_viewed", "where": [{"property": "plann", "is": "x"}]}, 'where[0].property: nobody knows the property of pricing_viewed "plann"; did you mean "plan"?'),
        ({"any": [{"segment": "fan"}]}, 'any[0].segment: nobody knows the segment "fan"; did you mean "fans"?'),
        ({"segment": "zzz"}, 'segment: nobody knows the segment "zzz"'),
        ({"consent": "email"}, 'consent: nobody knows the purpose "email"'),
        ({"attribute": "illness", "is": "flu"}, 'attribute: the attribute "illness" is sensitive: give a reason for using it'),
        ({"attribute": "noise", "is": "x"}, 'attribute: the attribute "noise" is ignored: its values are dropped on arrival'),
        ({"attribute": "plan", "in": ["pro", "por"]}, 'in: nobody knows the value of plan "por"; did you mean "pro"?'),
        ({"attribute": "orders", "between": [3, 1]}, "between: nothing lies between, the first number is the larger one"),
        ({"attribute": "loose", "gte": 1}, 'attribute: the attribute "loose" has no definition yet'),
    ],
)  # fmt: skip
def test_advise_warns_with_path_and_suggestion(vocabulary, condition, warning):
    problems = advise(condition, vocabulary)
    assert [str(problem) for problem in problems] == [warning] or str(problems[0]).startswith(warning)
    assert {problem.level for problem in problems} == {"warning"}


def test_advise_of_known_names_says_nothing(vocabulary):
    condition = {"all": [{"event": "order_placed", "where": [{"property": "value", "gte": 1}]}, {"attribute": "plan", "is": "pro"}, {"stage": "active"}]}  # fmt: skip
    assert advise(condition, vocabulary) == []
