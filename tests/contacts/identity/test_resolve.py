"""Whom messages are about: one person for all of their names, and nobody by the word of a stranger."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.events.models import News
from contacts.identity.models import BlockedIdentifier, Identifier, MergeProposal
from contacts.identity.operations import alias, identify_people, resolve_people
from contacts.identity.rules import BadIdentifier, Seen
from contacts.profiles.models import Contact
from tests.waiting import HUNG, ended

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
A = "0b7a3c1e-58d1-4f0a-9c3e-1d2f3a4b5c6d"
B = "9f1e2d3c-4b5a-4678-8a9b-0c1d2e3f4a5b"


def seen(*people, trusted=True, now=NOW):
    return resolve_people(people=people, now=now, source="shop", trusted=trusted)


def proposals():
    return set(MergeProposal.objects.values_list("first_id", "second_id", "kind", "reason", "state"))


@pytest.mark.django_db
def test_resolve_people_visitor_is_made_once_and_found_again():
    (first, same) = seen(Seen(anonymous_id=A), Seen(anonymous_id=A))
    assert first == same
    assert seen(Seen(anonymous_id=A)) == [first]
    person = Contact.objects.get()
    assert (person.external_id, person.email, person.language, person.time_zone) == (None, "", "de", "Europe/Berlin")
    assert Identifier.objects.values_list("kind", "value", "contact_id", "source").get() == (
        "anonymous",
        A,
        first,
        "shop",
    )
    assert News.objects.values_list("contact_id", "name").get() == (first, "profile")


@pytest.mark.django_db
def test_resolve_people_visitor_becomes_known_and_stays_the_same_contact():
    (visitor,) = seen(Seen(anonymous_id=A))
    assert seen(Seen("u1", A, "Anna@Example.com ", "+49 30 1234567")) == [visitor]
    person = Contact.objects.get()
    assert (person.external_id, person.email, person.phone) == ("u1", "anna@example.com", "+49301234567")
    assert (
        seen(Seen("u1"), Seen(email="anna@example.com"), Seen(phone="+49301234567"), Seen(anonymous_id=A))
        == [visitor] * 4
    )
    assert not MergeProposal.objects.exists()


@pytest.mark.django_db
def test_resolve_people_visitor_of_a_known_user_waits_for_the_merge_and_new_facts_go_to_the_user():
    visitor, known = seen(Seen(anonymous_id=A), Seen("u1", email="anna@example.com"))
    assert seen(Seen("u1", A)) == [known]
    assert proposals() == {(visitor, known, "anonymous", "", "due")}
    assert seen(Seen(anonymous_id=A)) == [known]


@pytest.mark.django_db
def test_resolve_people_in_one_call_is_as_in_several():
    ids = seen(Seen(anonymous_id=A), Seen(anonymous_id=B), Seen("u1", A), Seen("u1", B), Seen(anonymous_id=B))
    assert len(set(ids)) == 1
    assert Contact.objects.get().external_id == "u1"
    assert set(Identifier.objects.values_list("value", "contact_id")) == {(A, ids[0]), (B, ids[0])}


@pytest.mark.django_db
def test_resolve_people_two_user_ids_are_never_one_person():
    first, second = seen(Seen("u1", A), Seen("u2", A))
    assert first != second
    assert seen(Seen(anonymous_id=A)) == [first]
    assert proposals() == {(first, second, "anonymous", "user_ids", "open")}
    third, fourth = seen(Seen("u3", email="same@example.com"), Seen("u4", email="same@example.com"))
    assert third != fourth
    assert (third, fourth, "email", "user_ids", "open") in proposals()


@pytest.mark.django_db
def test_resolve_people_two_known_people_are_asked_about():
    user, reader = seen(Seen("u1"), Seen(email="anna@example.com"))
    assert seen(Seen("u1", email="anna@example.com")) == [user]
    assert proposals() == {(user, reader, "email", "both_known", "open")}


@pytest.mark.django_db
def test_resolve_people_two_mail_addresses_on_one_device_are_two_people():
    first, second = seen(Seen(anonymous_id=A, email="anna@example.com"), Seen(anonymous_id=A, email="ben@example.com"))
    assert first != second
    assert proposals() == {(first, second, "anonymous", "emails", "open")}


@pytest.mark.django_db
def test_resolve_people_ids_of_sources_lead_to_the_person():
    (person,) = seen(Seen("u1", ids={"crm": "4711", "email": "x"}))
    assert seen(Seen(ids={"crm": "4711"}), Seen(ids={"email": "x"})) == [person, person]
    assert set(Identifier.objects.values_list("kind", "value")) == {("crm", "4711"), ("email id", "x")}
    (other,) = seen(Seen(ids={"shop": "4711"}))
    assert other != person


@pytest.mark.django_db
def test_resolve_people_guessable_anonymous_id_leads_to_nobody_known():
    (known,) = seen(Seen("u1", "42"))
    (visitor,) = seen(Seen(anonymous_id="42"))
    assert visitor != known
    assert seen(Seen("u2", "42")) != [visitor]
    assert seen(Seen(anonymous_id="42")) == [visitor]
    assert not MergeProposal.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("nothing", ["null", "undefined", "0", "00000000-0000-0000-0000-000000000000", "NULL ", "none"])
def test_resolve_people_value_that_says_nothing_joins_nobody(nothing):
    one, other = seen(Seen(nothing, A), Seen(nothing, B))
    assert one != other
    assert not Contact.objects.exclude(external_id=None).exists()
    junk, same = seen(Seen(nothing), Seen(nothing))
    assert junk == same
    assert junk not in (one, other)
    known, third = seen(Seen("u1", nothing), Seen("u2", nothing))
    assert known != third


@pytest.mark.django_db
@pytest.mark.parametrize(
    "mail", ["info@shop.example", "test@test.de", "noreply@a.example", "Kontakt@firma.de", "x@test.de"]
)
def test_resolve_people_shared_mail_address_joins_nobody(mail):
    one, other = seen(Seen("u1", email=mail), Seen("u2", email=mail))
    assert one != other
    assert set(Contact.objects.values_list("email", flat=True)) == {mail.lower()}
    alone, same = seen(Seen(email=mail), Seen(email=mail))
    assert alone == same
    assert alone not in (one, other)
    assert not MergeProposal.objects.exists()


@pytest.mark.django_db
def test_resolve_people_mail_addresses_differ_by_tag_and_dots_not_by_case():
    ids = seen(
        Seen(email="anna.berg@example.com"), Seen(email="ANNA.BERG@Example.COM"), Seen(email="annaberg@example.com")
    )
    assert ids[0] == ids[1] != ids[2]
    assert seen(Seen(email="anna.berg+x@example.com"))[0] not in ids


@pytest.mark.django_db
def test_resolve_people_one_device_for_many_people_stays_bounded():
    ids = seen(*[Seen(f"u{n}", A) for n in range(500)])
    assert len(set(ids)) == 500
    assert MergeProposal.objects.count() == 5
    seen(*[Seen(f"u{n}", A) for n in range(500)])
    assert MergeProposal.objects.count() == 5


@pytest.mark.django_db
def test_resolve_people_a_name_that_joins_too_many_is_asked_about():
    devices = [str(uuid.UUID(int=2**127 + n * 7919)) for n in range(8)]
    seen(*[Seen(anonymous_id=device) for device in devices], Seen("shared-login"))
    for device in devices:
        seen(Seen("shared-login", device))
    assert MergeProposal.objects.filter(state="due").count() == 5
    assert MergeProposal.objects.filter(state="open", reason="many_links").count() == 3


@pytest.mark.django_db
def test_resolve_people_refused_pair_is_not_merged():
    visitor, known = seen(Seen(anonymous_id=A), Seen("u1"))
    MergeProposal.objects.create(first_id=visitor, second_id=known, kind="anonymous", value=A, state="refused", at=NOW)
    assert seen(Seen("u1", A)) == [known]
    assert MergeProposal.objects.get().state == "refused"
    assert seen(Seen(anonymous_id=A)) == [visitor]


@pytest.mark.django_db
def test_resolve_people_removed_from_the_block_list_identifies_again():
    BlockedIdentifier.objects.filter(value="info@*").delete()
    one, other = seen(Seen("u1", email="info@shop.example"), Seen(email="info@shop.example"))
    assert one == other


@pytest.mark.django_db
def test_without_proof_known_people_are_neither_changed_nor_joined():
    (known,) = seen(Seen("u1", email="anna@example.com"))
    before = Contact.objects.values().get()
    found = identify_people(
        people=[Seen("u1", A, "evil@example.com"), Seen(anonymous_id=B, email="anna@example.com"), Seen("u1")],
        now=NOW + timedelta(hours=1),
        source="web",
        trusted=False,
    )
    assert known not in [one.contact_id for one in found]
    assert len({one.contact_id for one in found}) == 3
    assert Contact.objects.values().get(pk=known) == before
    assert not Contact.objects.exclude(pk=known).exclude(external_id=None, email="").exists()
    assert {row[3:] for row in proposals()} == {("unproven", "open")}
    assert all(known in row[:2] for row in proposals())


@pytest.mark.django_db
def test_without_proof_visitor_gets_a_name_that_nobody_has_once():
    (one,) = identify_people(people=[Seen("u1", A)], now=NOW, source="web", trusted=False)
    assert one.may_change
    (again, stolen, other) = identify_people(
        people=[Seen("u1", A), Seen("u1", B), Seen("u2", A)], now=NOW, source="web", trusted=False
    )
    assert (again.contact_id, again.may_change) == (one.contact_id, False)
    assert stolen.contact_id != one.contact_id
    assert other.contact_id not in (one.contact_id, stolen.contact_id)
    assert Contact.objects.get(pk=one.contact_id).external_id == "u1"
    assert not Contact.objects.filter(external_id="u2").exists()


@pytest.mark.django_db
def test_without_proof_then_with_proof_the_visitor_is_merged():
    (known,) = seen(Seen("u1"))
    (visitor,) = seen(Seen("u1", A), trusted=False)
    assert visitor != known
    assert seen(Seen("u1", A)) == [known]
    assert proposals() == {(known, visitor, "user", "", "due")}


@pytest.mark.django_db
def test_alias_visitor_user_and_new_user_id():
    (visitor,) = seen(Seen(anonymous_id=A))
    assert alias(previous=A, user_id="u1", now=NOW, source="shop") == visitor
    assert Contact.objects.get().external_id == "u1"
    assert alias(previous="u1", user_id="new-1", now=NOW, source="shop") == visitor
    assert seen(Seen("new-1"), Seen("u1")) == [visitor, visitor]
    (other,) = seen(Seen("u2"))
    assert alias(previous="u2", user_id="u1", now=NOW, source="shop") == visitor
    assert proposals() == {(visitor, other, "previous", "user_ids", "open")}


@pytest.mark.django_db
def test_alias_without_proof_changes_nobody():
    (known, other) = seen(Seen("u1"), Seen("u2"))
    apart = alias(previous="u1", user_id="u2", now=NOW, source="web", trusted=False)
    assert apart not in (known, other)
    assert alias(previous="u1", user_id="u9", now=NOW, source="web", trusted=False) not in (known, other)
    assert not Identifier.objects.filter(kind="user").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("trusted", [True, False])
def test_resolve_people_statements_do_not_grow_with_the_people(trusted):
    def batch(start, size):
        return [
            Seen(f"u{n}", str(uuid.uuid5(uuid.NAMESPACE_URL, str(n))), f"u{n}@a.example")
            for n in range(start, start + size)
        ]

    counts = []
    for people in (batch(0, 1), batch(10, 500)):
        seen(*[one._replace(user_id=None, email=None) for one in people])
        with CaptureQueriesContext(
            connection,
        ) as new:
            seen(*people, trusted=trusted)
        with CaptureQueriesContext(connection) as known:
            seen(*people, trusted=trusted)
        counts.append((len(new), len(known)))
    assert counts[0] == counts[1]
    assert counts[0][1] == 3  # one look between the two of a savepoint


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Seen(), ""),
        (Seen(" "), ""),
        (Seen("x" * 201), "user_id"),
        (Seen(anonymous_id="x" * 321), "anonymous_id"),
        (Seen("a\x00b"), "user_id"),
        (Seen(email="a\ud800@b.de"), "email"),
        (Seen(phone="1" * 41), "phone"),
        (Seen(ids={"": "1"}), "ids"),
        (Seen(ids={"x" * 60: "1"}), "ids"),
        (Seen(ids={"crm": "a\nb"}), "ids.crm"),
    ],
)  # fmt: skip
def test_resolve_people_bad_input_names_the_field_and_writes_nothing(wrong, field):
    with pytest.raises(BadIdentifier) as caught:
        seen(Seen("u1"), wrong)
    assert caught.value.field == field
    assert not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_resolve_people_same_new_names_from_many_sides_make_one_person():
    wrong, ids, gate = [], [], threading.Barrier(8)

    def work(n):
        try:
            gate.wait(HUNG)
            for turn in range(10):
                ids.append(
                    (turn, *seen(Seen(f"u{turn}", f"{A}{turn}", f"u{turn}@a.example"), Seen(anonymous_id=f"{A}{turn}")))
                )
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    [thread.start() for thread in threads]
    ended(threads)
    assert wrong == []
    assert Contact.objects.count() == 10
    assert len(set(ids)) == 10
