"""One row a person, however often and from however many sides somebody is mentioned."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from contacts.accounts.models import Account
from contacts.events.models import News
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from tests.contacts.attributes.made import define

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def upsert(*people, now=NOW):
    return upsert_contacts(people=people, now=now, source="test")


@pytest.mark.django_db
def test_upsert_contacts_new_is_made_with_zone_and_language_of_the_country():
    define("tier")
    (anna, ben, cem) = upsert(
        NewContact("a", "Anna@Example.COM ", country="CH", attributes={"tier": "gold"}),
        NewContact("b", country="US"),
        NewContact(email="cem@example.com", time_zone="Asia/Tokyo"),
    )
    a = Contact.objects.get(pk=anna)
    assert (a.external_id, a.email, a.time_zone, a.language, a.attributes) == (
        "a",
        "anna@example.com",
        "Europe/Zurich",
        "de",
        {"tier": "gold"},
    )
    assert (a.created_at, a.updated_at) == (NOW, NOW)
    b, c = Contact.objects.get(pk=ben), Contact.objects.get(pk=cem)
    assert (b.time_zone, b.language) == ("America/New_York", "en")
    assert (c.external_id, c.time_zone, c.language) == (None, "Asia/Tokyo", "de")
    assert set(News.objects.values_list("contact_id", "name")) == {(i, "profile") for i in (anna, ben, cem)}


@pytest.mark.django_db
def test_upsert_contacts_unchanged_writes_nothing():
    define("n", "whole")
    person = NewContact(
        "a", "a@example.com", phone="+49301", country="DE", account="acme", attributes={"n": 1, "x": None}
    )
    ids = upsert(person)
    News.objects.all().delete()
    assert upsert(person, now=LATER) == ids
    assert Contact.objects.get().updated_at == NOW
    assert not News.objects.exists()


@pytest.mark.django_db
def test_upsert_contacts_none_leaves_and_null_attribute_removes():
    for key, kind in (("tier", "text"), ("n", "whole"), ("m", "whole")):
        define(key, kind)
    upsert(NewContact("a", "a@example.com", first_name="Anna", attributes={"tier": "gold", "n": 1}))
    upsert(NewContact("a", last_name="Berg", attributes={"tier": None, "m": 2}), now=LATER)
    a = Contact.objects.get()
    assert (a.first_name, a.last_name, a.email, a.attributes, a.updated_at) == (
        "Anna",
        "Berg",
        "a@example.com",
        {"n": 1, "m": 2},
        LATER,
    )


@pytest.mark.django_db
def test_upsert_contacts_known_by_mail_gets_the_external_id():
    ids = upsert(NewContact(email="a@example.com"))
    assert upsert(NewContact("a", "A@example.com")) == ids
    assert Contact.objects.get().external_id == "a"


@pytest.mark.django_db
def test_upsert_contacts_two_external_ids_with_one_address_stay_two_people():
    first, second = upsert(NewContact("a", "x@example.com"), NewContact("b", "x@example.com"))
    assert first != second
    assert upsert(NewContact(email="x@example.com")) == [first]


@pytest.mark.django_db
def test_upsert_contacts_several_rows_about_one_person_are_one():
    for key in ("n", "m"):
        define(key, "whole")
    ids = upsert(
        NewContact(email="a@example.com", first_name="A"),
        NewContact("a", "a@example.com", first_name="Anna", attributes={"n": 1}),
        NewContact("a", attributes={"n": None, "m": 3}),
    )
    assert len(set(ids)) == 1
    a = Contact.objects.get()
    assert (a.external_id, a.first_name, a.attributes) == ("a", "Anna", {"m": 3})


@pytest.mark.django_db
def test_upsert_contacts_moved_to_another_country_takes_its_zone():
    upsert(NewContact("a"))
    assert Contact.objects.get().time_zone == "Europe/Berlin"
    upsert(NewContact("a", country="GB"))
    assert Contact.objects.get().time_zone == "Europe/London"


@pytest.mark.django_db
def test_upsert_contacts_account_is_made_once():
    upsert(NewContact("a", account="acme"), NewContact("b", account="acme"))
    account = Account.objects.get()
    assert (account.external_id, account.name, account.contact_set.count()) == ("acme", "acme", 2)


@pytest.mark.django_db
def test_upsert_contacts_without_any_key_makes_one_each():
    assert len(set(upsert(NewContact(phone="1"), NewContact(phone="1")))) == 2


@pytest.mark.django_db
def test_upsert_contacts_more_people_take_no_more_statements(django_assert_num_queries):
    for n in (100, 2000):
        # look, lock, look again, write, is an address of somebody erased among them, and the savepoint around it
        with django_assert_num_queries(7):
            upsert(*[NewContact(f"{n}-{i}", f"{n}-{i}@example.com") for i in range(n)])


@pytest.mark.django_db
def test_upsert_contacts_more_attributes_take_no_more_statements(django_assert_num_queries):
    define("n", "whole")
    for n in (10, 500):
        with django_assert_num_queries(7):  # and the definitions
            upsert(*[NewContact(f"{n}-{i}", attributes={"n": i}) for i in range(n)])
        with django_assert_num_queries(8):  # and the values that are kept apart
            upsert(*[NewContact(f"{n}-{i}", attributes={"n": "x", f"k{i}": 1}) for i in range(n, n * 2)])


@pytest.mark.django_db(transaction=True)
def test_upsert_contacts_sixteen_threads_same_people_make_one_row_each():
    define("i", "whole")
    people = [NewContact(f"p{i}", f"p{i}@example.com", attributes={"i": i}) for i in range(20)] + [
        NewContact(email="m@example.com")
    ]
    found, failed = [], []
    gate = threading.Barrier(16)

    def write(turn):
        try:
            gate.wait()
            order = people if turn % 2 else people[::-1]
            found.append(sorted(upsert(*order)))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(turn,)) for turn in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert failed == []
    assert Contact.objects.count() == 21
    assert len(found) == 16
    assert all(ids == found[0] for ids in found)
    assert News.objects.filter(name="profile").count() == 21


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("own", "account", "country", "expected"),
    [
        ("Asia/Tokyo", "nyc", "DE", "Asia/Tokyo"),
        (None, "nyc", "FR", "America/New_York"),
        (None, "nowhere", "FR", "Europe/Paris"),
        (None, None, "FR", "Europe/Paris"),
        (None, None, None, "Europe/Berlin"),
    ],
)
def test_zone_is_the_persons_else_the_companys_else_the_countrys_else_the_teams(own, account, country, expected):
    for external_id, land in (("nyc", "US"), ("nowhere", "")):
        Account.objects.create(external_id=external_id, name=external_id, country=land, created_at=NOW)
    person = NewContact(external_id="a", time_zone=own, account=account, country=country)
    upsert_contacts(people=[person], now=NOW, source="t")
    assert Contact.objects.get().time_zone == expected
