"""The privacy officer makes a topic with a text; a marketer notes a withdrawal by phone; both find it on record."""

import os

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from consent.models import Purpose, Record, State
from contacts.models import Contact
from orchestrator.kernel.access import PRIVACY_GROUP
from tests.browser.scene import PASSWORD
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [(1440, "light", "en-GB"), (390, "dark", "de-DE")]


def fine(visitor, name, look):
    assert visitor.violations() == []
    assert visitor.too_wide() <= 0
    if folder := os.environ.get("SHOTS"):
        visitor.page.screenshot(path=f"{folder}/{name}-{look[0]}-{look[1]}-{look[2]}.png", full_page=True)


@pytest.mark.parametrize("look", LOOKS)
def test_officer_and_marketer_keep_consent(visit, look):
    officer = User.objects.create_user("paula", password=PASSWORD)
    officer.groups.add(Group.objects.get_or_create(name=PRIVACY_GROUP)[0])
    width, scheme, locale = look
    paula = visit(viewport={"width": width, "height": 844}, color_scheme=scheme, locale=locale)
    paula.log_in("paula")
    page = paula.page
    paula.open("/consent/purposes/new/")
    above = Purpose.objects.get(slug="email_marketing")
    for name, value in (
        ("slug", "books"),
        ("name_en", "Books"),
        ("name_de", "Bücher"),
        ("legal_basis", "Art. 6(1)(a)"),
    ):
        page.fill(f"#id_{name}", value)
    page.select_option("#id_parent_id", str(above.pk))
    fine(paula, "purpose-new", look)
    with next_page(page):
        page.locator("main form button[type=submit]").first.click()
    for text in ("Yes, write to me about books.", "Yes, please write to me about books."):
        page.fill("#wording_text", text)
        with next_page(page):
            page.locator("form[action$='/wordings/'] button").click()
        page.wait_for_selector(f"text={text}")
    page.locator("details summary").last.click()
    expect(page.locator("ins")).to_have_text("please ")
    fine(paula, "purpose", look)
    paula.open("/consent/purposes/")
    fine(paula, "purposes", look)

    maja = visit(viewport={"width": width, "height": 844}, color_scheme=scheme, locale=locale)
    maja.log_in()
    agreeing = State.objects.filter(purpose=above, granted=True).values("contact")
    anna = Contact.objects.filter(pk__in=agreeing).exclude(email="").first()
    maja.open(f"/contacts/{anna.pk}/")
    with next_page(maja.page):
        maja.page.locator(f"a[href='/consent/records/note/{anna.pk}/']").click()
    maja.page.select_option("#id_purpose", "email_marketing")
    fine(maja, "note", look)
    with next_page(maja.page):
        maja.page.locator("main form button[type=submit]").first.click()
    maja.page.wait_for_url(lambda url: url.endswith(f"/contacts/{anna.pk}/"))
    assert Record.objects.latest("pk").proof["by"] == "maja"
    fine(maja, "contact", look)

    paula.open("/consent/records/")
    page.fill("#id_q", anna.email)
    page.press("#id_q", "Enter")
    page.wait_for_url(lambda url: "q=" in url)
    page.wait_for_selector(f"#consent-records a[href='/contacts/{anna.pk}/']")
    expect(page.locator("#consent-records tbody tr").first).to_contain_text(
        "withdrawn" if locale == "en-GB" else "widerrufen"
    )
    fine(paula, "records", look)
    paula.open("/consent/records/chain/?look=yes")
    expect(page.locator("#chain-title")).to_contain_text(str(Record.objects.count()))
    fine(paula, "chain", look)
