"""May we? One rule said twice, about one person in Python and about many in SQL: both agree in every case."""

from datetime import UTC, datetime
from itertools import product

import pytest

from consent.models import Purpose, Record, State
from consent.records.operations import record_consent
from consent.records.queries import allowed_among, consents_of
from contacts.conditions.language import compile_condition
from contacts.models import Contact
from tests.sizes import size

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
WORDS = (
    None,
    ("granted", "consent"),
    ("granted", "existing_customer"),
    ("refused", "consent"),
    ("withdrawn", "consent"),
)
RULES = tuple(product((True, False), ("opt_in", "opt_out", "none"), (True, False)))  # active, enforcement, existing
EVERY = size(4, 1)  # each case with another word in a test run


def person(n, **more):
    return Contact(email=f"p{n}@mail.example", created_at=NOW, updated_at=NOW, **more)


def purpose(slug, **more):
    notices = {"similar_goods": "books", "notice_en": "n", "notice_de": "n"}
    return Purpose.objects.create(slug=slug, name_en=slug.title(), name_de=slug, **{**notices, **more})


def by_rule(contact, slug):
    return next((one.refused for one in consents_of(contact.pk) if one.purpose == slug), "unlisted")


@pytest.mark.parametrize("word_above", WORDS)
def test_allowed_in_every_case_agrees_with_the_rule_about_one(word_above):
    """12 kinds of parents x 12 kinds of topics would be many: each kind is asked alone, and as a topic of each other kind."""
    people = Contact.objects.bulk_create(
        [person(n, restricted_at=NOW if n % 2 else None) for n in range(2 * len(WORDS))]
    )
    above = purpose("above")
    topic = purpose("topic", parent=above)
    for n, contact in enumerate(people):
        for about, word in ((above, word_above), (topic, WORDS[n // 2])):
            if word:
                decision, basis = word
                spoken = "existing_customer" if basis == "existing_customer" else decision
                record = Record.objects.create(contact=contact, purpose=about, decision=spoken, at=NOW, source="x")
                State.objects.create(
                    contact=contact, purpose=about, granted=decision == "granted", basis=basis, since=NOW, record=record
                )
    seen = set()
    kinds = [(above, topic) for above in RULES for topic in RULES if above[2] or topic[2]]
    for of_above, of_topic in kinds[WORDS.index(word_above) % EVERY :: EVERY]:
        for slug, (active, enforcement, existing) in (("above", of_above), ("topic", of_topic)):
            Purpose.objects.filter(slug=slug).update(active=active, enforcement=enforcement, existing_customer=existing)
        many = allowed_among([contact.pk for contact in people], "topic")
        leaf = set(
            Contact.objects.filter(compile_condition({"consent": "topic"}, now=NOW)).values_list("pk", flat=True)
        )
        assert leaf == many
        if of_topic[1] == "none" or not of_topic[0]:
            continue  # not listed: nobody can agree to it
        for contact in people:
            refused = by_rule(contact, "topic")
            assert (contact.pk in many) == (refused == ""), (of_above, of_topic, contact.restricted_at, refused)
            seen.add(refused)
    assert seen >= {"restricted", "no_consent"}


def test_opt_out_is_allowed_until_somebody_objects():
    purpose("news", enforcement="opt_out")
    anna, ben = Contact.objects.bulk_create([person(1), person(2)])
    record_consent(contact_id=ben.pk, purpose="news", decision="withdrawn", source="page", now=NOW)
    assert allowed_among([anna.pk, ben.pk], "news") == {anna.pk}
    assert by_rule(ben, "news") == "unsubscribed"


def test_a_topic_needs_its_parent():
    purpose("books", parent=Purpose.objects.get(slug="email_marketing"))
    (anna,) = Contact.objects.bulk_create([person(1)])
    record_consent(contact_id=anna.pk, purpose="books", decision="granted", source="page", now=NOW)
    assert allowed_among([anna.pk], "books") == set()
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="page", now=NOW)
    assert allowed_among([anna.pk], "books") == {anna.pk}
    listed = [(one.purpose, one.topic_of) for one in consents_of(anna.pk)]
    assert listed.index(("books", "email_marketing")) == listed.index(("email_marketing", "")) + 1


def test_what_is_switched_off_or_unknown_is_allowed_to_nobody():
    (anna,) = Contact.objects.bulk_create([person(1)])
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="page", now=NOW)
    Purpose.objects.filter(slug="email_marketing").update(active=False)
    assert allowed_among([anna.pk], "email_marketing") == allowed_among([anna.pk], "nothing") == set()
    assert by_rule(anna, "email_marketing") == "no_consent"


def test_restricted_data_are_used_for_the_contract_alone():
    (anna,) = Contact.objects.bulk_create([person(1, restricted_at=NOW)])
    for slug in ("email_marketing", "profiling"):
        record_consent(contact_id=anna.pk, purpose=slug, decision="granted", source="page", now=NOW)
        assert allowed_among([anna.pk], slug) == set()
    assert allowed_among([anna.pk], "service") == {anna.pk}


def test_behaviour_of_restricted_people_is_unknown():
    from contacts.events.operations import NewEvent, record_events

    anna, ben = Contact.objects.bulk_create([person(1), person(2, restricted_at=NOW)])
    for contact in (anna, ben):
        record_consent(contact_id=contact.pk, purpose="profiling", decision="granted", source="page", now=NOW)
    events = [NewEvent(c.pk, "viewed", NOW, {}, f"v{c.pk}") for c in (anna, ben)]
    record_events(events=events, source="web", now=NOW)
    seen = Contact.objects.filter(compile_condition({"event": "viewed"}, now=NOW))
    assert set(seen.values_list("pk", flat=True)) == {anna.pk}
