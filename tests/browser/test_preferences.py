"""What people do without a login: leave, choose, sign up, confirm. Without JavaScript, by keyboard, on a small phone."""

import hashlib
import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from playwright.sync_api import expect

from consent.models import Purpose, ServiceMail, State, Wording
from consent.preferences.form_editing import save_form
from consent.preferences.queries import unsubscribe_token
from consent.preferences.rules import Subject
from consent.records.operations import record_consent
from contacts.models import Contact
from journeys.models import Touch
from tests.browser.waiting import next_page
from tests.sizes import looks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SMALL = {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False}
TEXTS = {
    "email_marketing": ("I want news by e-mail.", "Ich möchte Neuigkeiten."),
    "profiling": ("Use it.", "Nutzen Sie es."),
}


@pytest.fixture
def anna(scene):
    """Somebody who got a mail, and agreed to two things whose words are there."""
    now = datetime.now(UTC)
    for slug, said in TEXTS.items():
        for language, text in zip(("en", "de"), said, strict=True):
            Wording.objects.create(
                purpose=Purpose.objects.get(slug=slug), language=language, version=1, text=text,
                digest=hashlib.sha256(text.encode()).hexdigest(), created_at=now,
            )  # fmt: skip
    ids = list(Purpose.objects.filter(slug__in=TEXTS).order_by("pk").values_list("pk", flat=True))
    given = {"name_en": "News", "name_de": "Neues", "intro_en": "Hello", "intro_de": "Hallo", "active": True}
    save_form(slug="news", given=given, fields=["first_name", "last_name", "country"], purposes=ids, now=now)
    touch = Touch.objects.filter(state="sent").select_related("contact").first()
    contact = touch.contact
    Contact.objects.filter(pk=contact.pk).update(email="anna@mail.example", language="en")
    for slug in TEXTS:
        record_consent(contact_id=contact.pk, purpose=slug, decision="granted", source="form", now=now)
    return contact.pk, unsubscribe_token(Subject(contact.pk, touch.pk))


def granted(contact_id):
    return dict(
        State.objects.filter(contact_id=contact_id, purpose__slug__in=TEXTS).values_list("purpose__slug", "granted")
    )


@pytest.mark.parametrize("way", ["u", "p"])
def test_from_the_footer_link_to_done_in_one_press_by_keyboard_without_javascript(visit, anna, way):
    contact_id, token = anna
    visitor = visit(**SMALL)
    visitor.open(f"/{way}/{token}/")  # the click on the link in the mail
    page = visitor.page
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.locator("button:focus").count():
            break
    expect(page.locator("button:focus")).to_have_count(1)
    assert page.locator("input[type=text], input[type=email], input[type=password], textarea, [required]").count() == 0
    with next_page(page):
        page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    gone = granted(contact_id)
    assert gone == ({"email_marketing": False, "profiling": True} if way == "u" else dict.fromkeys(TEXTS, False))


def test_preferences_untick_pause_and_less_without_javascript(visit, anna):
    contact_id, token = anna
    page = (visitor := visit(**SMALL)).page
    visitor.open(f"/p/{token}/")
    page.get_by_label("Less often").check()
    page.get_by_label("Hear nothing from us for").select_option("2w")
    page.locator("input[name=agree][value=profiling]").uncheck()
    with next_page(page):
        page.get_by_role("button", name="Save").click()
    page.wait_for_selector("[role=status]")
    assert granted(contact_id) == {"email_marketing": True, "profiling": False}
    assert page.get_by_label("Less often").is_checked()
    assert "You hear nothing from us until" in page.locator("main").inner_text()


def test_sign_up_and_confirm_without_javascript(visit, anna):
    page = (visitor := visit(**SMALL)).page
    visitor.open("/f/news/?lang=de")
    page.get_by_label("E-Mail-Adresse").fill("neu@mail.example")
    page.locator("input[type=checkbox]").first.check()
    with next_page(page):
        page.get_by_role("button", name="Anmelden").click()
    page.wait_for_selector("[role=status]")
    assert not Contact.objects.filter(email="neu@mail.example").exists()
    visitor.open(ServiceMail.objects.get(address="neu@mail.example").values["url"].removeprefix(settings.PUBLIC_URL))
    with next_page(page):
        page.get_by_role("button", name="Bestätigen").click()
    page.wait_for_selector("[role=status]")
    assert granted(Contact.objects.get(email="neu@mail.example").pk) == {"email_marketing": True}


def public_paths(token):
    return [f"/{kind}/{token}/" for kind in ("u", "p", "w")] + ["/f/news/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_public_pages_keep_nothing_ask_nobody_fit_and_are_accessible(visit, anna, scheme):
    _, token = anna
    for width in (320, 1440):
        visitor = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
        for path in public_paths(token):
            for language in ("en", "de"):
                visitor.open(f"{path}?lang={language}")  # `visit` fails for every request to a stranger
                assert visitor.page.locator("html").get_attribute("lang") == language
                assert visitor.too_wide() <= 0, (path, width)
                assert width not in looks([320], 1440) or visitor.violations() == [], path
                assert visitor.page.evaluate("localStorage.length + sessionStorage.length") == 0
                assert visitor.page.evaluate("indexedDB.databases().then(found => found.length)") == 0
                assert not re.search("<script", visitor.page.content().split("<body")[0])
        assert visitor.context.cookies() == []


def test_staff_pages_of_sign_up_forms_make_one_and_are_accessible(visit, anna):
    visitor = visit()
    visitor.log_in()
    page = visitor.page
    visitor.open("/consent/forms/new/")
    assert visitor.violations() == []
    page.fill("#id_name_en", "Lamps")
    page.fill("#id_name_de", "Leuchten")
    page.select_option("#id_purpose_1", index=1)
    with next_page(page):
        page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/consent/forms/lamps/")
    assert visitor.violations() == []
    assert "/f/lamps/" in page.locator("#form-link").inner_text()
    visitor.open("/consent/forms/")
    assert visitor.violations() == []
    assert page.get_by_role("link", name="Lamps", exact=True).count() == 1
    narrow = visit(viewport={"width": 390, "height": 844}, color_scheme="dark")
    narrow.log_in()
    for path in ("/consent/forms/", "/consent/forms/news/", "/consent/forms/news/edit/"):
        narrow.open(path)
        assert narrow.too_wide() <= 0, path
        assert narrow.violations() == [], path
