"""What the team knows about a person, as people write it; sensitive values are for those who need them."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import translation

from contacts.attributes.queries import definitions
from contacts.profiles.models import Contact
from contacts.segments.models import Segment
from reporting.explain.facts import facts
from tests.contacts.attributes.made import define

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
TIERS = [{"value": "gold", "en": "Golden", "de": "Golden (de)"}]

pytestmark = pytest.mark.django_db


def person(**attributes):
    at = dict.fromkeys(attributes, "2026-05-01T10:00:00+00:00")
    return Contact.objects.create(
        external_id="a",
        time_zone="Europe/Berlin",
        attributes=attributes,
        attributes_at=at,
        created_at=NOW,
        updated_at=NOW,
    )


def said(contact, language="en", sensitive=True):
    with translation.override(language):
        return [(fact.name, fact.value) for fact in facts(contact, definitions(), language, sensitive=sensitive)]


def test_facts_are_said_by_name_and_type_in_both_languages():
    define("vip", "yes_no")
    define("born", "date")
    define("seen", "instant")
    define("spent", "number")
    define("year", "whole")
    define("topics", "list")
    one = define("tier", "choice", choices=["gold"])
    one.choices = TIERS
    one.save()
    contact = person(
        vip=True,
        born="1990-11-20",
        seen="2026-05-01T10:00:00+00:00",
        spent=12345.5,
        year=2026,
        tier="gold",
        topics=["a", "b"],
        odd={"x": 1},
    )
    assert said(contact) == [
        ("Born", "20 Nov 1990"),
        ("Seen", "1 May 2026 12:00"),
        ("Spent", "12,345.5"),
        ("Tier", "Golden"),
        ("Topics", "a, b"),
        ("Vip", "yes"),
        ("Year", "2026"),
        ("odd x", "1"),
    ]
    german = dict(said(contact, "de"))
    assert (german["SPENT"], german["TIER"], german["VIP"]) == ("12.345,5", "Golden (de)", "ja")


def test_facts_of_a_wrong_type_are_shown_as_they_are():
    define("born", "date")
    assert said(person(born="soon")) == [("Born", "soon")]


def test_facts_that_are_sensitive_are_hidden_from_sales(client):
    define("income", "number", sensitive=True, name_en="Income", purpose="credit")
    contact = person(income=4242)
    assert said(contact, sensitive=False) == [("Income", "")]
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.get_or_create(name="Sales")[0])
    url = reverse("contact", args=[contact.pk])
    client.force_login(sales)
    page = client.get(url).content.decode()
    assert "hidden: sensitive" in page
    assert "4242" not in page
    client.force_login(User.objects.create_user("maja"))
    page = client.get(url).content.decode()
    assert "4242" in page
    assert "since 1 May 2026" in page


def test_rules_that_name_sensitive_attributes_are_not_explained_to_sales(client):
    define("income", "number", sensitive=True, purpose="credit")
    contact = person(income=4242)
    Segment.objects.create(slug="rich", name_en="Rich", name_de="Reich", condition={"attribute": "income", "gte": 4000})
    url = reverse("contact_rule", args=[contact.pk]) + "?rule=segment:rich"
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(sales)
    assert client.get(url).status_code == 404
    assert "segment:rich" not in client.get(reverse("contact", args=[contact.pk])).content.decode()
    client.force_login(User.objects.create_user("maja"))
    assert client.get(url).status_code == 200
    assert "segment:rich" in client.get(reverse("contact", args=[contact.pk])).content.decode()
