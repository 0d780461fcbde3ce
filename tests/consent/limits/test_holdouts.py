"""Groups held out: drawn once, newcomers and twins with them, and refused at the door of journeys."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from consent.limits.operations import HoldoutGone, create_holdout, draw_members, end_holdout
from consent.limits.queries import holdout_sizes, holdouts_of
from consent.models import Holdout, HoldoutMember
from contacts.models import Contact
from journeys.steps.split import bucket

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def people(n, first=0, email="p{}@people.example"):
    return Contact.objects.bulk_create(
        [
            Contact(external_id=f"p{i}", email=email.format(i), created_at=NOW, updated_at=NOW)
            for i in range(first, first + n)
        ]
    )


def hold_out(slug="all", share="0.02", **more):
    given = {"journey": "", "walks": True} | more
    return create_holdout(slug=slug, names={"en": slug, "de": slug}, share=Decimal(share), now=NOW, **given)


def members(holdout):
    return set(HoldoutMember.objects.filter(holdout=holdout).values_list("contact_id", flat=True))


def test_create_holdout_draws_about_its_share():
    everybody = people(5_000)
    holdout, n = hold_out(share="0.1")
    assert n == len(members(holdout))
    # the dice are the ids, which are others in each run: the hash that splits throw as well says who it is
    assert members(holdout) == {one.pk for one in everybody if bucket("holdout:all", one.pk) < 1_000}
    assert 300 <= n <= 700  # 500 expected, 21 a standard deviation
    assert holdout.buckets == 1_000


def test_draw_members_a_second_time_changes_nobody():
    people(500)
    holdout, n = hold_out(share="0.2")
    before = members(holdout)
    assert draw_members(holdout_id=holdout.pk, now=NOW + timedelta(days=9)) == 0
    assert (members(holdout), n) == (before, len(before))
    assert set(HoldoutMember.objects.values_list("since", flat=True)) == {NOW}


def test_holdout_takes_in_newcomers_as_it_would_have_drawn_them():
    people(300)
    holdout, n = hold_out(share="0.3")
    people(300, first=300)
    assert len(members(holdout)) > n
    before = members(holdout)
    assert draw_members(holdout_id=holdout.pk, now=NOW) == 0
    assert members(holdout) == before


def test_create_holdout_with_twins_holds_out_all_or_none_of_them():
    people(300)
    people(300, first=300, email="shared{}@people.example")
    Contact.objects.bulk_create(
        [
            Contact(external_id=f"t{i}", email=f"shared{i}@people.example", created_at=NOW, updated_at=NOW)
            for i in range(300, 600)
        ]
    )
    holdout, _ = hold_out(share="0.3")
    assert_alike(holdout)
    assert 0.15 < len(members(holdout)) / 900 < 0.45  # 7 standard deviations


def test_holdout_newcomer_with_the_address_of_a_member_is_a_member():
    people(200)
    holdout, _ = hold_out(share="0.3")
    Contact.objects.bulk_create(
        [
            Contact(external_id=f"n{i}", email=f"p{i % 200}@people.example", created_at=NOW, updated_at=NOW)
            for i in range(400)
        ]
    )
    assert_alike(holdout)


def test_holdout_changed_address_follows_the_member_who_has_it():
    people(100)
    holdout, _ = hold_out(share="0.3")
    inside = Contact.objects.filter(pk__in=members(holdout)).first()
    outside = Contact.objects.exclude(pk__in=members(holdout)).first()
    Contact.objects.filter(pk=outside.pk).update(email=inside.email)
    assert outside.pk in members(holdout)


def test_holdout_people_without_address_are_no_twins():
    people(200, email="")
    _, n = hold_out(share="0.3")
    assert 15 < n < 105  # 7 standard deviations


def test_end_holdout_keeps_who_was_in_and_holds_nobody_out():
    people(50)
    holdout, n = hold_out(share="1")
    assert end_holdout(pk=holdout.pk) == n == 50
    assert holdouts_of(Contact.objects.first().pk) == []
    people(5, first=50)
    assert len(members(holdout)) == 50
    with pytest.raises(HoldoutGone):
        end_holdout(pk=holdout.pk)


def test_holdout_sizes_of_a_journey_are_its_own_and_the_global_one():
    people(10)
    hold_out("all", "1")
    hold_out("mine", "1", journey="cart")
    hold_out("other", "1", journey="nurture")
    assert {(row.slug, n) for row, n in holdout_sizes(journey="cart")} == {("all", 10), ("mine", 10)}
    assert Holdout.objects.count() == 3


def assert_alike(holdout):
    """Nobody is held out while somebody with the same address is not."""
    inside, seen = members(holdout), {}
    for pk, email in Contact.objects.values_list("pk", "email"):
        assert seen.setdefault(email, pk in inside) == (pk in inside), email
