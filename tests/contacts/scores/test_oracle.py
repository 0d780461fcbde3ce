"""The SQL agrees with the plain Python on random people and rules."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Contact, Event, EventType, Score, ScoreRule, ScoreValue
from contacts.scores import queries, rules
from contacts.scores.operations import compute_scores
from orchestrator.kernel.scope import EVERYBODY, Scope
from tests.contacts.scores.conftest import NOW, person

EVENTS = ("order_placed", "pricing_viewed", "email_opened")  # a transaction, behaviour, feedback with machines
COUNTRIES = ("DE", "AT", "")
points = st.decimals(-120, 120, places=2)
ages = st.one_of(
    st.integers(-60, 60 * 24 * 40), st.integers(0, 400).map(lambda d: d * 1440 + 600), st.just(1440 * 5)
)  # minutes; also midnights
an_event = st.fixed_dictionaries(
    {"name": st.sampled_from(EVENTS), "age": ages, "properties": st.sampled_from(({}, {"plan": "pro"}, {"plan": 3}, {"likely_machine": True}))}
)  # fmt: skip
a_person = st.fixed_dictionaries(
    {"country": st.sampled_from(COUNTRIES), "profiling": st.booleans(), "events": st.lists(an_event, max_size=12)}
)
a_rule = st.one_of(
    st.fixed_dictionaries({"points": points, "country": st.sampled_from(("DE", "AT"))}),
    st.fixed_dictionaries(
        {
            "points": points,
            "event": st.sampled_from(EVENTS),
            "pro": st.booleans(),
            "most": st.none() | st.integers(1, 3),
        }
    ),
)
a_score = st.fixed_dictionaries(
    {
        "decay": st.sampled_from(list(rules.Decay)),
        "decay_days": st.integers(1, 40),
        "rules": st.lists(a_rule, max_size=5),
    }
)


def write(people, drawn):
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="o", name_de="o")
    EventType.objects.create(slug="email_opened", kind="feedback", name_en="o", name_de="o")
    contacts = [person(f"p{i}", profiling=one["profiling"], country=one["country"]) for i, one in enumerate(people)]
    Event.objects.bulk_create(
        Event(contact=contact, name=event["name"], occurred_at=NOW - timedelta(minutes=event["age"]), received_at=NOW,
              properties=event["properties"], source="t", message_id=f"{contact.pk}-{i}")
        for contact, one in zip(contacts, people, strict=True)
        for i, event in enumerate(one["events"])
    )  # fmt: skip
    score = Score.objects.create(slug="s", axis="fit", decay=drawn["decay"], decay_days=drawn["decay_days"], name_en="s", name_de="s")  # fmt: skip
    for position, rule in enumerate(drawn["rules"]):
        where = {"where": [{"property": "plan", "is": "pro"}]} if rule.get("pro") else {}
        ScoreRule.objects.create(
            score=score, position=position, points=rule["points"], most_a_day=rule.get("most"), name_en="r", name_de="r",
            condition={"attribute": "country", "is": rule["country"]} if "country" in rule else None,
            event={"event": rule["event"], **where} if "event" in rule else None,
        )  # fmt: skip
    return contacts, score


def expected(one, drawn, score):
    """What the reference says about a drawn person."""
    saved = list(score.rules.order_by("position"))
    holds, events = set(), {}
    for rule, given_rule in zip(saved, drawn["rules"], strict=True):
        if "country" in given_rule and one["country"] == given_rule["country"]:
            holds.add(rule.pk)
        if "event" in given_rule:
            events[rule.pk] = [
                NOW - timedelta(minutes=event["age"]) for event in one["events"] if counts(event, given_rule, one)
            ]
    listed = [rules.Points(r.pk, Decimal(r.points), bool(r.event), r.most_a_day) for r in saved]
    return rules.score_person(
        listed, holds=holds, events=events, decay=score.decay, decay_days=score.decay_days, now=NOW
    )


def counts(event, rule, one):
    if event["name"] != rule["event"] or (rule["pro"] and event["properties"].get("plan") != "pro"):
        return False
    if event["name"] == "email_opened" and event["properties"].get("likely_machine"):
        return False
    return one["profiling"] or event["name"] != "pricing_viewed"


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(people=st.lists(a_person, min_size=1, max_size=8), drawn=a_score, some=st.booleans())
def test_compute_agrees_with_the_reference(people, drawn, some):

    with transaction.atomic():
        contacts, score = write(people, drawn)
        wanted = {c.pk: expected(one, drawn, score) for c, one in zip(contacts, people, strict=True)}
        scope = (
            Scope(contacts=tuple(c.pk for c in contacts), news=frozenset({"profile", *EVENTS})) if some else EVERYBODY
        )
        compute_scores(now=NOW, scope=scope)
        got = {
            row.contact_id: (row.value, [(f["rule"], f["points"], f["n"]) for f in row.factors])
            for row in ScoreValue.objects.all()
        }
        rows = {
            pk: (result.value, [(f.rule, float(f.points), f.n) for f in result.factors])
            for pk, result in wanted.items()
            if result.value or result.factors
        }
        assert got == rows
        saved = list(score.rules.order_by("position"))
        assert queries.draft_result(score, saved, contact_ids=[c.pk for c in contacts], now=NOW) == wanted
        assert Contact.objects.count() == len(people)
        transaction.set_rollback(True)
