"""A marketer finds a key that nobody defined, adopts it, ignores another, and sees the value with the person."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from tests.browser.waiting import next_page, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1440, 390])
def test_marketer_adopts_and_ignores_keys(visit, width):
    person = Contact.objects.exclude(external_id=None).first()
    given = [NewContact(person.external_id, attributes={"shoe size": 42, "internal row": 7})]
    upsert_contacts(people=given, now=datetime.now(UTC), source="crm")
    marketer = visit(viewport={"width": width, "height": 844})
    marketer.log_in()
    marketer.open("/contacts/attributes/")
    assert marketer.violations() == []
    assert marketer.too_wide() <= 0
    page = marketer.page
    page.fill("#attribute-words", "shoe")
    expect(page.locator("#kept-apart code")).to_have_text(["shoe size"])
    settled(page)
    with next_page(page):
        page.get_by_role("link", name="Adopt shoe size").click()
    assert (page.input_value("#id_key"), page.input_value("#id_kind")) == ("shoe size", "whole")
    assert marketer.violations() == []
    with next_page(page):
        page.get_by_role("button", name="Adopt").click()
    expect(page.get_by_text("1 person has a value")).to_be_visible()
    with next_page(page):
        page.get_by_role("button", name="Ignore internal row").click()
    expect(page.get_by_text("is ignored from now on")).to_be_visible()
    marketer.open(f"/contacts/{person.pk}/")
    card = page.locator("section", has=page.locator("#attributes-title")).inner_text()
    assert "Shoe size" in card
    assert "42" in card
    assert "internal" not in card
