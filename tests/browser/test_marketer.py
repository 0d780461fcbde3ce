"""What a marketer does: looks at the day, opens a journey and a contact, filters, changes language and theme."""

import re

import pytest
from playwright.sync_api import expect

from contacts.models import Contact
from journeys.models import Enrollment, Touch
from tests.browser.scene import PASSWORD
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [
    "/", "/journeys/", "/journeys/loyalty/", "/journeys/loyalty/contacts/", "/journeys/loyalty/results/", "/contacts/",
    "/contacts/{contact}/", "/segments/", "/segments/loyal-customers/?with=big-spenders", "/segments/test-panel/?q=an", "/signals/",
    "/signals/repeated-pricing/", "/signals/repeated-pricing/edit/", "/signals/listeners/", "/stages/", "/stages/active/edit/", "/find/?q=an",
]  # fmt: skip


def busy_contact():
    """Somebody who is in a journey and has touches."""
    return Enrollment.objects.filter(left_at=None, contact_id__in=Touch.objects.values("contact_id")).first().contact


def test_marketer_clicks_through_the_product(visit):
    marketer = visit()
    page = marketer.page
    marketer.open("/accounts/login/")
    page.fill("#id_username", "maja")
    page.fill("#id_password", PASSWORD)
    with next_page(page):
        page.press("#id_password", "Enter")
    assert page.locator("h1").inner_text() == "Today"
    assert page.locator(".phase-card").count() == 5
    page.wait_for_selector(".plot .main-svg")
    with next_page(page):
        page.get_by_role("link", name="Quarter").click()
    page.wait_for_url("**range=quarter")

    with next_page(page):
        page.locator("#journeys-title").locator("xpath=../..").get_by_role("link", name="Loyalty and upsell").click()
    page.wait_for_url("**/journeys/loyalty/")
    assert page.locator(".step").count() == 12  # the entry and eleven steps
    with next_page(page):
        page.get_by_role("link", name="Pause").click()
    page.wait_for_url("**/journeys/loyalty/pause/")
    with next_page(page):
        page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_url("**/journeys/loyalty/")
    expect(page.locator("[role=status]")).to_contain_text("is paused")
    with next_page(page):
        page.get_by_role("button", name="Resume").click()
    with next_page(page):
        page.get_by_role("navigation", name="Journey").get_by_role("link", name="Contacts").click()
    page.wait_for_url("**/journeys/loyalty/contacts/")

    contact = busy_contact()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(contact.external_id)
    with next_page(page):
        page.keyboard.press("Enter")
    page.wait_for_url(f"**/contacts/{contact.pk}/")
    assert contact.name in page.locator("h1").inner_text()
    page.get_by_role("link", name="Decisions", exact=True).click()
    page.wait_for_selector("#show-decisions[aria-current]")
    expect(page).to_have_url(re.compile("show=decisions$"))
    page.locator("summary", has_text="Every gate").first.click()
    expect(page.locator("table.gates >> visible=true")).to_have_count(1)
    page.go_back()
    page.wait_for_selector("#show-all[aria-current]")


def test_marketer_changes_language_and_theme(visit):
    marketer = visit()
    page = marketer.page
    marketer.log_in()
    marketer.open("/")
    page.locator(".avatar-button").click()
    with next_page(page):
        page.get_by_role("button", name="Deutsch").click()
    page.wait_for_selector("html[lang=de]")
    page.locator(".avatar-button").click()
    with next_page(page):
        page.locator("button[name=theme][value=dark]").click()
    page.wait_for_selector("html[data-bs-theme=dark]")
    marketer.open("/journeys/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.get_by_role("link", name="Treue und Zusatzverkauf", exact=True).count() == 1


def test_marketer_finds_a_contact_while_typing(visit):
    marketer = visit()
    page = marketer.page
    marketer.log_in()
    marketer.open("/contacts/")
    contact = Contact.objects.exclude(email="").first()
    page.locator("#contact-words").press_sequentially(contact.email)
    expect(page.locator("#contact-list tbody tr")).to_have_count(1)
    expect(page.locator("#contact-list")).to_contain_text(contact.name)


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}],
    ids=["wide light", "phone dark"],
)
def test_pages_are_accessible_and_fit(visit, options):
    marketer = visit(**options)
    found = {}
    marketer.open("/accounts/login/")
    found["login"] = marketer.violations(), marketer.too_wide()
    marketer.log_in()
    for path in PAGES:
        marketer.open(path.format(contact=busy_contact().pk))
        found[path] = marketer.violations(), marketer.too_wide()
    wrong = [
        f"{path}: {violations} {pixels} px too wide"
        for path, (violations, pixels) in found.items()
        if violations or pixels
    ]
    assert not wrong, "\n".join(wrong)


def test_pages_work_without_javascript(visit):
    reader = visit(java_script_enabled=False)
    reader.log_in()
    reader.open("/")
    assert reader.page.locator(".phase-card").count() == 5
    reader.open(f"/contacts/{busy_contact().pk}/")
    with next_page(reader.page):
        reader.page.get_by_role("link", name="Touches", exact=True).click()
    assert reader.page.url.endswith("show=touches")
    reader.open("/contacts/?q=lena")
    assert reader.page.locator("#contact-list tbody tr").count() > 0
