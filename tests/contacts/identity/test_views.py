"""The screens of duplicates."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from consent.records.movers import both
from consent.records.operations import record_consent
from contacts.identity.models import BlockedIdentifier, Merge, MergeProposal
from contacts.models import Contact
from tests.contacts.identity.made import person


@pytest.fixture
def mia(client, db):
    user = User.objects.create_user("mia", password="x")
    client.force_login(user)
    return user


@pytest.fixture
def pair(db):
    now = timezone.now()
    anna = person("u1", email="anna@people.example", first_name="Anna")
    twin = person("", email="a.berg@people.example", phone="+49301234567", attributes={"<b>": "<script>"})
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="form", now=now)
    return MergeProposal.objects.create(
        first=anna, second=twin, kind="phone", value="+49301234567", reason="emails", at=now
    )


def test_duplicates_shows_both_what_is_kept_and_what_happens_to_consent(client, mia, pair):
    text = client.get(reverse("duplicates")).content.decode()
    assert "two different e-mail addresses" in text
    assert "anna@people.example" in text
    assert "a.berg@people.example" in text
    assert "goes on leading to this person" in text
    assert "then: no" in text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert f'name="survivor" value="{pair.first_id}"' in text


def test_duplicates_swap_turns_a_pair_around(client, mia, pair):
    text = client.get(reverse("duplicates") + f"?swap={pair.pk}").content.decode()
    assert f'name="survivor" value="{pair.second_id}"' in text


def test_duplicate_merge_and_undo(client, mia, pair):
    first, second = pair.first_id, pair.second_id
    answer = client.post(reverse("duplicate_merge", args=[pair.pk]), {"survivor": first}, follow=True)
    assert "one person now" in answer.content.decode()
    assert Contact.objects.get().pk == first
    done = Merge.objects.get()
    assert (done.by, done.why) == ("mia", "phone +49301234567")
    text = client.get(reverse("merges")).content.decode()
    assert "a.berg@people.example" in text
    card = client.get(reverse("contact", args=[first])).content.decode()
    assert "a.berg@people.example" in card
    assert client.get(reverse("contact", args=[second])).url == reverse("contact", args=[first])
    again = client.post(reverse("duplicate_merge", args=[pair.pk]), {"survivor": first}, follow=True)
    assert "decided this already" in again.content.decode()
    back = client.post(reverse("merge_undo", args=[done.pk]), follow=True)
    assert "two people again" in back.content.decode()
    assert Contact.objects.count() == 2
    assert "undone this already" in client.post(reverse("merge_undo", args=[done.pk]), follow=True).content.decode()


def test_duplicate_refuse(client, mia, pair):
    client.post(reverse("duplicate_refuse", args=[pair.pk]))
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == ("refused", "mia")
    assert "Nobody waits here" in client.get(reverse("duplicates")).content.decode()


def test_block_list_add_and_remove(client, mia):
    client.post(reverse("blocked_identifiers"), {"kind": "email", "value": "Shop@firm.example", "why": "shared"})
    row = BlockedIdentifier.objects.get(by="mia")
    assert row.value == "shop@firm.example"
    refused = client.post(reverse("blocked_identifiers"), {"kind": "email", "value": "*"})
    assert "more than a star" in refused.content.decode()
    client.post(reverse("blocked_remove", args=[row.pk]))
    assert not BlockedIdentifier.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("get", "/contacts/duplicates/?page=x&swap=²", {}, 200),
        ("get", "/contacts/duplicates/?page=-1&swap=99999999999999999999999", {}, 200),
        ("get", "/contacts/duplicates/merges/?page=9999", {}, 200),
        ("get", "/contacts/duplicates/blocked/?page=%00", {}, 200),
        ("post", "/contacts/duplicates/99999999999999999999/merge/", {"survivor": "x"}, 302),
        ("post", "/contacts/duplicates/99999999999999999999/refuse/", {}, 302),
        ("post", "/contacts/duplicates/merges/99999999999999999999/undo/", {}, 404),
        ("post", "/contacts/duplicates/blocked/99999999999999999999/remove/", {}, 302),
        ("post", "/contacts/duplicates/blocked/", {"kind": "x", "value": "a\x00b"}, 200),
        ("get", "/contacts/duplicates/1/merge/", {}, 405),
    ],
)
def test_bad_input_is_never_an_error(client, mia, method, path, data, status):
    assert getattr(client, method)(path, data).status_code == status


def test_duplicate_merge_of_somebody_else_is_not_found(client, mia, pair):
    other = person("u9")
    assert client.post(reverse("duplicate_merge", args=[pair.pk]), {"survivor": other.pk}).status_code == 404
    assert Contact.objects.count() == 3


def test_sales_sees_none_of_it(client, pair):
    user = User.objects.create_user("sam", password="x")
    user.groups.add(Group.objects.create(name="Sales"))
    client.force_login(user)
    for path in ("duplicates", "merges", "blocked_identifiers"):
        assert client.get(reverse(path)).status_code == 403
    for name in ("duplicate_merge", "duplicate_refuse", "merge_undo", "blocked_remove"):
        assert client.post(reverse(name, args=[pair.pk])).status_code == 403


def test_duplicates_page_asks_a_fixed_number_of_times(client, mia, pair, django_assert_max_num_queries):
    now = timezone.now() - timedelta(days=1)
    for n in range(8):
        one, two = person(f"p{n}"), person(f"q{n}")
        MergeProposal.objects.create(first=one, second=two, kind="email", value="x", reason="same_email", at=now)
    with django_assert_max_num_queries(8):
        text = client.get(reverse("duplicates")).content.decode()
    assert len(re.findall('class="card pair"', text)) == 9


def test_both_is_never_wider():
    for mine in (True, False, None):
        for theirs in (True, False, None):
            for visitor in (True, False):
                then = both(mine, theirs, visitor=visitor)
                assert then is not True or (mine is True and (theirs is True or (visitor and theirs is None)))
                assert then is False or False not in (mine, theirs)
