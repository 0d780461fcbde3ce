"""The daily look for people who may be one."""

import pytest

from contacts.identity.models import BlockedIdentifier, MergeProposal
from contacts.identity.operations import block_identifier, find_duplicates, refuse_proposal, unblock_identifier
from contacts.identity.rules import BadIdentifier
from contacts.models import Account
from tests.contacts.identity.made import NOW, person


def questions():
    return set(MergeProposal.objects.values_list("first__external_id", "second__external_id", "kind", "reason"))


@pytest.mark.django_db
def test_find_duplicates_asks_about_what_people_share_once():
    firm = Account.objects.create(external_id="acme", name="Acme", created_at=NOW)
    person("a1", email="same@people.example")
    person("", email="same@people.example")
    person("b1", phone="+49301234567")
    person("b2", phone="+49301234567")
    person("c1", first_name="Anna", last_name="Berg", account=firm)
    person("", first_name="anna", last_name="BERG", account=firm)
    person("", first_name="Anna", last_name="Berg")
    for n in range(3):
        person(f"i{n}", email="info@firm.example")
    for n in range(7):
        person(f"p{n}", phone="+49307777777")
    assert find_duplicates(now=NOW) == 3
    assert questions() == {
        ("a1", None, "email", "same_email"),
        ("b1", "b2", "phone", "user_ids"),
        ("c1", None, "name", "same_name"),
    }
    assert refuse_proposal(proposal_id=MergeProposal.objects.first().pk, by="mia", now=NOW)
    assert not refuse_proposal(proposal_id=MergeProposal.objects.order_by("id").first().pk, by="mia", now=NOW)
    assert find_duplicates(now=NOW) == 0


@pytest.mark.django_db
def test_block_list_is_kept_by_people():
    assert block_identifier(kind="email", value=" Shop@Firm.example ", why="shared", by="mia", now=NOW)
    assert not block_identifier(kind="email", value="shop@firm.example", why="", by="mia", now=NOW)
    row = BlockedIdentifier.objects.get(by="mia")
    assert (row.value, row.why) == ("shop@firm.example", "shared")
    assert unblock_identifier(blocked_id=row.pk)
    assert not unblock_identifier(blocked_id=row.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value"),
    [("", "x"), ("email", ""), ("email", "*"), ("x" * 51, "y"), ("email", "a\x00"), ("phone", "1" * 321)],
)
def test_block_list_refuses_nonsense(kind, value):
    with pytest.raises(BadIdentifier):
        block_identifier(kind=kind, value=value, why="", by="mia", now=NOW)
