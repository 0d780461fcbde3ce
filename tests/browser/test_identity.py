"""What a marketer does with duplicates in a browser: compares two people, makes one of them, takes it back."""

import os

import pytest
from django.utils import timezone

from contacts.identity.models import Identifier, MergeProposal
from contacts.identity.operations import block_identifier
from contacts.models import Contact
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")


def shot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def propose():
    now = timezone.now()
    one, two, three, four = Contact.objects.order_by("id")[:4]
    Contact.objects.filter(pk=two.pk).update(
        external_id=None,
        phone="+49301234567",
        first_name="Lena",
        last_name="Brandt-Özdemir",
        attributes={"tier": "silver"},
    )
    Identifier.objects.create(
        kind="anonymous",
        value="0b7a3c1e-58d1-4f0a-9c3e-1d2f3a4b5c6d",
        contact=one,
        source="web",
        first_seen_at=now,
        last_seen_at=now,
    )
    MergeProposal.objects.create(first=one, second=two, kind="phone", value="+49301234567", reason="emails", at=now)
    MergeProposal.objects.create(
        first=three, second=four, kind="email", value="mail@shop.example", reason="user_ids", at=now
    )
    block_identifier(kind="email", value="shop@firm.example", why="the whole team reads it", by="Maja", now=now)
    return one, two


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": {"width": 390, "height": 844}}),
        ("phone-dark", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
    ],
)
def test_marketer_merges_two_people_and_takes_it_back(visit, name, options):
    one, two = propose()
    maja = visit(**options)
    maja.log_in()
    maja.open("/contacts/duplicates/")
    shot(maja, f"duplicates-{name}")
    assert maja.violations() == []
    assert maja.too_wide() <= 0
    card = maja.page.locator(".pair", has_text="+49301234567")
    for _ in range(2):
        with next_page(maja.page):
            card.get_by_role("link", name="Swap").click()
    with next_page(maja.page):
        card.get_by_role("button", name="Merge").click()
    maja.page.get_by_text("one person now").wait_for()
    assert Contact.objects.filter(pk__in=(one.pk, two.pk)).count() == 1
    maja.open(f"/contacts/{one.pk}/")
    shot(maja, f"identifiers-{name}")
    assert maja.violations() == []
    assert maja.too_wide() <= 0
    for path in ("blocked", "merges"):
        maja.open(f"/contacts/duplicates/{path}/")
        shot(maja, f"{path}-{name}")
        assert maja.violations() == []
        assert maja.too_wide() <= 0
    with next_page(maja.page):
        maja.page.get_by_role("button", name="Undo").click()
    maja.page.get_by_text("two people again").wait_for()
    assert Contact.objects.filter(pk__in=(one.pk, two.pk)).count() == 2
