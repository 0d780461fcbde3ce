"""The compiler agrees with a second reading in plain Python: random conditions over random people, missing values included."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.models import Purpose, Record, State
from contacts.conditions.language import compile_condition, explain, validate
from contacts.models import (
    Account,
    Attribute,
    Contact,
    Event,
    EventType,
    Segment,
    SegmentMember,
    Signal,
    SignalFiring,
    Stage,
)
from journeys.models import Offer, OfferGrant
from tests.contacts.conditions import reference
from tests.sizes import size

NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # already tomorrow in Berlin, still today in New York
PEOPLE = 200
CONDITIONS = size(600, 2_000)
KINDS = {"visits": "whole", "revenue": "number", "plan": "text", "vip": "yes_no", "birthday": "date", "tags": "list"}
EVENTS = ("page_viewed", "order_placed", "email_opened", "never_described")
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
HOLDS = {"hot": 24, "cold": 240}


def people():
    """200 people, half of what could be known about each missing."""
    dice = random.Random(7)
    maybe = lambda value, odds=0.6: value if dice.random() < odds else None  # noqa: E731
    found = []
    for n in range(PEOPLE):
        attributes = {
            "visits": maybe(dice.choice([0, 1, 5, 5, 7, -2])),
            "revenue": maybe(dice.choice([0, 0.5, 99.9, 100, 100.5])),
            "plan": maybe(dice.choice(["pro", "Pro", "free", "50%_off", ""])),
            "vip": maybe(dice.random() < 0.5),
            "birthday": maybe(dice.choice(["1990-11-22", "1988-02-29", "2000-12-24", "1970-01-01", "1999-11-20"])),
            "tags": maybe(dice.choice([[], ["a"], ["a", "b"], ["pro"]])),
        }
        events = [
            (
                dice.choice(EVENTS),
                # on the edges of windows as well as inside and outside of them, and in the future
                NOW - dice.choice([timedelta(hours=h) for h in (-1, 0, 1, 23, 24, 25, 167, 168, 169, 1000)]) - timedelta(seconds=i),
                {k: v for k, v in {"value": maybe(dice.choice([1, 2.5, 10, "10", True])), "plan": maybe(dice.choice(["pro", "free"])), "likely_machine": maybe(dice.random() < 0.5, 0.3)}.items() if v is not None},
            )
            for i in range(dice.randrange(7))
        ]  # fmt: skip
        found.append(
            {
                **dict.fromkeys(reference.COLUMNS, ""),
                "external_id": f"p{n}", "email": maybe(f"p{n}@x.example") or "", "country": maybe(dice.choice(["DE", "AT", "FR"])) or "",
                "language": dice.choice(["en", "de"]), "job_title": maybe(dice.choice(["Buyer", "CEO 100%"])) or "", "time_zone": dice.choice(ZONES),
                "created_at": NOW - timedelta(hours=dice.choice([1, 24, 100, 1000])), "stage_since": maybe(NOW - timedelta(hours=dice.choice([1, 30]))),
                "attributes": {k: v for k, v in attributes.items() if v is not None}, "kinds": KINDS, "events": events,
                "account": maybe({"name": dice.choice(["Nord", "Süd"]), "industry": maybe("retail") or "", "domain": "", "country": "DE"}),
                "consents": {p for p in ("profiling", "email_marketing") if dice.random() < 0.6},
                "segments": {s for s in ("big", "new") if dice.random() < 0.5},
                "firings": [(dice.choice(["hot", "cold"]), NOW - timedelta(hours=dice.choice([0, 1, 24, 48, 240]))) for _ in range(dice.randrange(3))],
                "holds": HOLDS, "stage": maybe(dice.choice(["lead", "active"])), "phase": None,
            }
        )  # fmt: skip
        found[-1]["offers"] = offers_of(random.Random(n))
        found[-1]["phase"] = {"lead": "consideration", "active": "retention", None: None}[found[-1]["stage"]]
    return found


def offers_of(dice):
    """What one person was offered, at most one of it open: offer, state, when made, when answered."""
    ages = [timedelta(hours=h) for h in (-1, 0, 1, 24, 25, 168, 1000)]
    states = dice.sample(["open", "accepted", "declined", "expired", "expired"], dice.randrange(4))
    return [
        (dice.choice(["spring", "winter"]), state, NOW - dice.choice(ages), None if state == "open" else NOW - dice.choice(ages))
        for state in states
    ]  # fmt: skip


def stored(cast):
    """The same people in the database; their ids in order."""
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="o", name_de="o")
    EventType.objects.create(slug="email_opened", kind="feedback", name_en="e", name_de="e")
    EventType.objects.create(slug="page_viewed", kind="behaviour", name_en="p", name_de="p")
    for key, kind in KINDS.items():
        Attribute.objects.create(key=key, kind=kind, name_en=key, name_de=key, created_at=NOW)
    stages = {
        slug: Stage.objects.create(slug=slug, phase=phase, position=i, name_en=slug, name_de=slug)
        for i, (slug, phase) in enumerate((("lead", "consideration"), ("active", "retention")))
    }
    segments = {
        s: Segment.objects.create(slug=s, condition={"segment": s}, name_en=s, name_de=s) for s in ("big", "new")
    }
    signals = {
        s: Signal.objects.create(slug=s, kind="behaviour", condition={"segment": "big"}, cooldown=timedelta(1), holds_for=timedelta(hours=h), name_en=s, name_de=s)
        for s, h in HOLDS.items()
    }  # fmt: skip
    purposes = {p.slug: p for p in Purpose.objects.all()}
    offers = {
        s: Offer.objects.create(slug=s, kind="gift", created_at=NOW, name_en=s, name_de=s) for s in ("spring", "winter")
    }
    ids = []
    for n, one in enumerate(cast):
        company = (
            Account.objects.create(external_id=f"a{n}", created_at=NOW, **one["account"]) if one["account"] else None
        )
        contact = Contact.objects.create(
            **{column: one[column] for column in reference.COLUMNS}, account=company, stage=stages.get(one["stage"]), stage_since=one["stage_since"],
            attributes=one["attributes"], created_at=one["created_at"], updated_at=NOW,
        )  # fmt: skip
        ids.append(contact.pk)
        Event.objects.bulk_create(
            Event(contact=contact, name=name, occurred_at=at, received_at=NOW, properties=bag, source="t", message_id=f"{n}-{i}")
            for i, (name, at, bag) in enumerate(one["events"])
        )  # fmt: skip
        for slug in one["consents"]:
            said = Record.objects.create(
                contact=contact, purpose=purposes[slug], decision="granted", at=NOW, source="t"
            )
            State.objects.create(contact=contact, purpose=purposes[slug], granted=True, since=NOW, record=said)
        OfferGrant.objects.bulk_create(
            OfferGrant(
                offer=offers[s], contact=contact, state=state, granted_at=made, answered_at=answered, expires_at=NOW
            )
            for s, state, made, answered in one["offers"]
        )
        SegmentMember.objects.bulk_create(
            SegmentMember(segment=segments[s], contact=contact, since=NOW) for s in one["segments"]
        )
        SignalFiring.objects.bulk_create(
            SignalFiring(signal=signals[s], contact=contact, fired_at=at) for s, at in one["firings"]
        )
    return ids


def one_of(key, values, **fixed):
    return st.sampled_from(values).map(lambda value: {**fixed, key: value})


NUMBERS = st.sampled_from([-3, 0, 1, 2.5, 5, 7, 100, 100.5])
NUMBER = st.one_of(
    *[NUMBERS.map(lambda n, o=o: {o: n}) for o in ("is", "is_not", "lt", "lte", "gt", "gte")],
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: {"between": list(pair)}),
    st.lists(NUMBERS, min_size=1, max_size=3).map(lambda many: {"in": many}),
    st.booleans().map(lambda known: {"is_set": known}),
)
TEXTS = st.sampled_from(["pro", "Pro", "free", "DE", "AT", "Buyer", "%", "_", "50%_off", "p1", "retail", "a"])
TEXT = st.one_of(
    *[TEXTS.map(lambda text, o=o: {o: text}) for o in ("is", "is_not", "contains", "starts_with")],
    st.lists(TEXTS, min_size=1, max_size=3).map(lambda many: {"in": many}),
    st.booleans().map(lambda known: {"is_set": known}),
)
TRUTH = st.one_of(st.booleans().map(lambda b: {"is": b}), st.booleans().map(lambda b: {"is_not": b}))
DAY = st.one_of(
    one_of("before", ["2026-11-21", "1990-01-01", "-30d", "-1d", "+2d"]),
    one_of("after", ["2026-11-21", "1990-01-01", "-30d", "-1d", "+2d"]),
    st.tuples(st.integers(0, 40), st.booleans()).map(
        lambda pair: {"within": {"days": pair[0], "of": "today", **({"yearly": True} if pair[1] else {})}}
    ),
    st.booleans().map(lambda known: {"is_set": known}),
)
LIST = st.one_of(one_of("contains", ["a", "b", "pro", "x"]), st.just({"in": ["b", "x"]}), st.booleans().map(lambda k: {"is_set": k}))  # fmt: skip
WINDOW = st.one_of(st.just({}), one_of("within", ["1h", "24h", "1d", "7d", "1w", "6mo"]))
WHERE = st.one_of(
    st.just({}),
    NUMBER.map(lambda c: {"where": [{"property": "value", **c}]}),
    TEXT.map(lambda c: {"where": [{"property": "plan", **c}]}),
)
COUNT = st.one_of(
    st.just({}),
    st.tuples(st.sampled_from(["is", "lte", "gt", "gte"]), st.integers(0, 4)).map(lambda p: {"count": {p[0]: p[1]}}),
    st.integers(1, 4).map(lambda n: {"count": {"lt": n}}),
    st.tuples(st.sampled_from(["sum", "min", "max"]), NUMBER.filter(lambda c: "is_set" not in c)).map(
        lambda p: {p[0]: {"property": "value", **p[1]}}
    ),
    TEXT.map(lambda c: {"last": {"property": "plan", **c}}),
)


def merged(*parts):
    return {key: value for part in parts for key, value in part.items()}


LEAF = st.one_of(
    st.tuples(one_of("attribute", ["visits", "revenue"]), NUMBER).map(lambda p: merged(*p)),
    st.tuples(one_of("attribute", ["plan", "country", "email", "job_title", "language"]), TEXT).map(
        lambda p: merged(*p)
    ),
    st.tuples(st.just({"attribute": "vip"}), TRUTH).map(lambda p: merged(*p)),
    st.tuples(one_of("attribute", ["birthday", "created_at", "stage_since"]), DAY).map(lambda p: merged(*p)),
    st.tuples(st.just({"attribute": "tags"}), LIST).map(lambda p: merged(*p)),
    st.tuples(one_of("account", ["name", "industry", "country"]), TEXT).map(lambda p: merged(*p)),
    st.tuples(one_of("event", EVENTS), COUNT, WINDOW, WHERE).map(lambda p: merged(*p)),
    st.tuples(one_of("event", EVENTS), COUNT, WINDOW, WHERE).map(lambda p: merged(*p)),
    one_of("segment", ["big", "new", "none"]),
    st.tuples(one_of("signal", list(HOLDS)), WINDOW).map(lambda p: merged(*p)),
    one_of("stage", ["lead", "active", "other"]),
    one_of("phase", ["consideration", "retention"]),
    one_of("consent", ["profiling", "email_marketing"]),
    st.tuples(
        one_of("offer", ["spring", "winter", "any", "gone"]),
        st.one_of(st.just({}), one_of("state", ["open", "accepted", "declined", "expired", "never"])),
        WINDOW,
    ).map(lambda p: merged(*p)),
)
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)


@pytest.fixture
def cast(db):
    who = people()
    return list(zip(stored(who), who, strict=True))


def test_compiler_agrees_with_the_second_reading_on_random_conditions(cast):
    looked = {True: 0, False: 0, None: 0}

    @settings(
        max_examples=CONDITIONS, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(CONDITION)
    def agree(condition):
        assert [p for p in validate(condition) if p.level == "error"] == [], condition
        expected = {pk: reference.truth(condition, person, NOW) for pk, person in cast}
        exact = compile_condition(condition, now=NOW, positive=False)
        said = dict(Contact.objects.annotate(truth=exact).values_list("pk", "truth"))
        wrong = {pk: (expected[pk], said[pk]) for pk in expected if expected[pk] is not said[pk]}
        assert not wrong, (condition, wrong)
        holds = {pk for pk, one in expected.items() if one}
        for wide in (False, True):  # two ways for one answer: row by row, and grouped for everybody
            quick = Contact.objects.filter(compile_condition(condition, now=NOW, wide=wide))
            assert set(quick.values_list("pk", flat=True)) == holds, (condition, wide)
        for one in expected.values():
            looked[one] += 1

    agree()
    assert min(looked.values()) > PEOPLE * CONDITIONS // 20, looked  # all three answers were really asked for
    print(f"{CONDITIONS} conditions x {PEOPLE} people agree: {looked}")


def test_explanation_agrees_with_the_second_reading(cast):
    @settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(CONDITION, st.integers(0, PEOPLE - 1))
    def agree(condition, place):
        contact_id, person = cast[place]
        tree = explain(condition, contact_id=contact_id, now=NOW)
        assert tree["truth"] is reference.truth(condition, person, NOW), (condition, person)

    agree()
