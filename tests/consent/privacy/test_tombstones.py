"""After a restore whoever was erased is erased again, and a silent address is silent again."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from consent.models import Suppression, Tombstone
from consent.privacy import operations
from consent.privacy.tombstones import BadLine, apply_tombstones, read_lines, tombstone_lines
from contacts.models import Contact
from tests.consent.privacy.seeding import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def person(email, at=NOW, **given):
    return Contact.objects.create(email=email, created_at=at, updated_at=at, **given)


def test_restored_people_are_erased_again_and_others_stay(tmp_path):
    anna, visitor, ben = person("anna@example.com"), person(""), person("ben@example.com")
    for one in (anna, visitor):
        operations.erase_contact(contact_id=one.pk, why="test", now=LATER)
    call_command("tombstones", "write", str(tmp_path / "stones"))
    Tombstone.objects.all().delete()
    # the backup of before: the same people under the same numbers, and Anna once more under another
    person("anna@example.com", pk=anna.pk), person("", pk=visitor.pk), person("Anna@Example.com".lower())
    call_command("tombstones", "apply", str(tmp_path / "stones"))
    assert list(Contact.objects.all()) == [ben]
    assert Tombstone.objects.filter(channel="email", at=LATER).exists()


def test_who_came_back_of_their_own_stays_but_a_silent_address_is_silent():
    anna = person("anna@example.com")
    Suppression.objects.create(address="anna@example.com", reason="objected", since=NOW)
    operations.erase_contact(contact_id=anna.pk, why="test", now=LATER)
    stones = read_lines("\n".join(tombstone_lines()))
    back = person("anna@example.com", at=LATER + timedelta(days=1))
    assert apply_tombstones(stones=stones, now=LATER) == (0, 1)
    assert apply_tombstones(stones=stones, now=LATER) == (0, 0)
    assert Contact.objects.get() == back
    assert Suppression.objects.get().reason == "objected"


def test_file_says_nothing_that_can_be_read():
    anna = person("anna@example.com")
    operations.erase_contact(contact_id=anna.pk, why="test", now=LATER)
    assert "anna" not in "".join(tombstone_lines())


def test_broken_file_changes_nothing():
    person("anna@example.com")
    for text in ("x", "{}", '{"channel": "email", "digest": "1", "reason": "erased", "at": "yesterday"}'):
        with pytest.raises(BadLine):
            read_lines(text)


@pytest.mark.django_db(transaction=True)
def test_each_erasure_is_noted_outside_of_the_database_when_it_is_committed(tmp_path, settings):
    settings.TOMBSTONE_FILE = str(tmp_path / "stones")
    anna = person("anna@example.com")
    operations.erase_contact(contact_id=anna.pk, why="test", now=LATER)
    lines = [json.loads(line) for line in (tmp_path / "stones").read_text().splitlines()]
    assert {line["channel"] for line in lines} == {"contact", "email"}
