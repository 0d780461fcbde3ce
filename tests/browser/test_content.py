"""What people do with content in a browser: write a block, look at it as a person, have it approved, and it is sent."""

import io
import os
import re

import pytest
from django.contrib.auth.models import User
from PIL import Image
from playwright.sync_api import expect

from contacts.models import Contact
from journeys.models import Block, Journey
from tests.browser.scene import PASSWORD
from tests.browser.waiting import next_page, settled
from tests.sizes import looks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")


def shot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def put_in(page, what):
    """Wait for a part that the editor puts in, and until its buttons are those of HTMX again."""
    expect(page.locator(what)).to_be_visible()
    settled(page)


def test_marketer_writes_a_block_and_another_person_approves_it(visit):
    User.objects.create_user("otto", password=PASSWORD, first_name="Otto")
    anna = Contact.objects.filter(language="en").exclude(email="").first()
    maja = visit()
    maja.log_in()
    page = maja.page
    maja.open("/content/")
    with next_page(page):
        page.get_by_role("link", name="New block").click()
    page.fill("#id_name_en", "Lamp care")
    page.select_option("#id_phase", "retention")
    page.select_option("#id_purpose", "service")
    with next_page(page):
        page.get_by_role("button", name="Create and write the text").click()
    page.wait_for_url("**/content/lamp-care/edit/**")
    assert maja.violations() == []
    page.fill("#text-subject", "Your lamp, {{ contact.first_name }}")
    page.fill("#look-as", anna.email)
    expect(page.locator(".inbox-line")).to_contain_text(f"Your lamp, {anna.first_name}")
    page.click("#add-heading")
    put_in(page, "#part-1 input[data-text]")
    page.locator("#part-1 input[data-text]").fill("Care for your lamp")
    page.click("#add-text")
    put_in(page, "#part-2 textarea")
    page.locator("#part-2 textarea").fill("Hello ")
    page.locator(".values summary").click()
    page.locator("#part-2 textarea").press("End")
    page.get_by_role("button", name="First name").click()
    expect(page.locator("#part-2 textarea")).to_have_value(re.compile('default: "…"'))
    page.click("#up-2")
    expect(page.locator(".mail-parts > li").first.locator("textarea")).to_have_count(1)
    expect(page.frame_locator(".frame iframe").locator("h1")).to_have_text("Care for your lamp")
    expect(page.locator("#editor")).to_contain_text("may be missing")
    shot(maja, "editor")
    assert maja.violations() == []
    page.fill("#text-subject", 'Your lamp, {{ contact.first_name | default: "friend" }}')
    page.click("#save-draft")
    expect(page.locator(".saved")).to_be_visible()
    settled(page)
    with next_page(page):
        page.get_by_role("button", name="Save and go to the approval").click()
    page.wait_for_url("**/content/lamp-care/?show=draft**")
    page.fill("#review-note", "Please look")
    with next_page(page):
        page.get_by_role("button", name="Ask for approval").click()
    expect(page.locator("[role=status]").first).to_contain_text("waits for another person")
    assert page.get_by_role("button", name="Approve").count() == 0
    otto = visit()
    otto.log_in("otto")
    otto.open("/content/?state=waiting")
    with next_page(otto.page):
        otto.page.get_by_role("link", name="Lamp care").click()
    expect(otto.page.locator(".note")).to_have_text("Please look")
    shot(otto, "review")
    assert otto.violations() == []
    with next_page(otto.page):
        otto.page.get_by_role("button", name="Approve").click()
    expect(otto.page.locator("h1")).to_contain_text("approved · v1")
    made = Block.objects.get(slug="lamp-care")
    assert (made.state, made.version, made.variants.get().subject[:9]) == ("approved", 1, "Your lamp")


@pytest.mark.parametrize(("theme", "width"), looks([("light", 1440), ("dark", 390)], ("dark", 1440), ("light", 390)))
def test_pages_of_content_fit_and_are_accessible(visit, width, theme):
    maja = visit(viewport={"width": width, "height": 900}, color_scheme=theme)
    maja.log_in()
    journey = Journey.objects.order_by("slug").first()
    slug = Block.objects.order_by("slug").first().slug
    pages = {
        "library": "/content/",
        "block": f"/content/{slug}/?dark=1&language=en",
        "edit": f"/content/{slug}/edit/?language=en",
        "basics": f"/content/{slug}/basics/",
        "versions": f"/content/{slug}/versions/",
        "version": f"/content/{slug}/versions/1/",
        "pictures": "/content/pictures/",
        "coverage": f"/journeys/{journey.slug}/content/",
        "coverage-all": f"/journeys/{journey.slug}/content/?all=1",
    }
    for name, path in pages.items():
        maja.open(path)
        maja.all_there()
        shot(maja, f"{name}-{width}-{theme}")
        assert maja.too_wide() == 0, name
        assert maja.violations() == [], name


def test_two_people_write_one_text_and_nothing_is_lost(visit):
    slug = Block.objects.filter(state="approved").order_by("slug").first().slug
    User.objects.create_user("otto", password=PASSWORD, first_name="Otto")
    maja, otto = visit(), visit()
    maja.log_in()
    otto.log_in("otto")
    for person in (maja, otto):
        person.open(f"/content/{slug}/edit/?language=en")
    maja.page.fill("#text-subject", "Subject of Maja")
    maja.page.click("#save-draft")
    expect(maja.page.locator(".saved")).to_be_visible()
    otto.page.fill("#text-subject", "Subject of Otto")
    otto.page.click("#save-draft")
    expect(otto.page.locator(".conflict")).to_contain_text("Maja Lindner saved another text")
    expect(otto.page.locator(".conflict .line-out")).to_contain_text(["Subject of Maja"])
    expect(otto.page.locator("#text-subject")).to_have_value("Subject of Otto")
    shot(otto, "conflict")
    assert otto.violations() == []
    otto.page.click("text=Save mine")
    expect(otto.page.locator(".saved")).to_be_visible()
    assert Block.objects.get(slug=slug).revisions.get(state="draft").variants[-1]["subject"] == "Subject of Otto"
    assert [wrong for wrong in otto.wrong if "409" not in wrong] == []
    otto.wrong.clear()  # the answer that says no


def test_text_with_a_picture_is_put_together_by_keyboard_and_looked_at(visit):
    slug = Block.objects.filter(state="approved").order_by("slug").first().slug
    maja = visit()
    maja.log_in()
    page = maja.page
    maja.open("/content/pictures/")
    out = io.BytesIO()
    Image.new("RGB", (900, 500), "#2b6cb0").save(out, "PNG")
    page.set_input_files("#id_file", [{"name": "lamp.png", "mimeType": "image/png", "buffer": out.getvalue()}])
    page.fill("#id_alt_en", "A blue lamp")
    page.fill("#id_alt_de", "Eine blaue Leuchte")
    with next_page(page):
        page.get_by_role("button", name="Take in").click()
    expect(page.locator(".picture img")).to_have_attribute("alt", "A blue lamp")
    assert maja.violations() == []
    maja.open(f"/content/{slug}/edit/?language=en")
    page.get_by_role("button", name="Put it together from parts").press("Enter")
    put_in(page, "#add-image")
    page.locator("#add-image").press("Enter")
    put_in(page, ".picker")
    page.locator(".picker-choice input").first.press("Space")
    expect(page.locator(".picker-choice input").first).to_be_checked()
    page.locator("#up-2").press("Enter")
    expect(page.locator(".mail-parts > li").first.locator(".picker")).to_be_visible()
    expect(page.locator("#down-2")).to_be_enabled()
    settled(page)
    frame = page.frame_locator(".frame iframe")
    expect(frame.locator("img[alt='A blue lamp']")).to_be_visible()
    expect(frame.locator("img[alt='A blue lamp']")).to_have_js_property("naturalWidth", 900)
    page.check("input[name=dark]")
    expect(page.locator(".frame-dark")).to_be_visible()
    expect(frame.locator("body")).to_have_css("background-color", "rgb(17, 24, 39)")
    page.check("input[name=phone]")
    expect(page.locator(".frame-phone")).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 1400})
    shot(maja, "editor-parts")
    assert maja.violations() == []


def test_editor_works_without_javascript(visit):
    slug = Block.objects.filter(state="approved").order_by("slug").first().slug
    reader = visit(java_script_enabled=False)
    reader.log_in()
    page = reader.page
    reader.open(f"/content/{slug}/edit/?language=en")
    with next_page(page):
        page.click("text=Put it together from parts")
    with next_page(page):
        page.click("#add-button")
    page.fill("#text-2", "Go")
    page.fill("#url-2", "https://shop.example/")
    with next_page(page):
        page.click("#up-2")
    expect(page.locator(".mail-parts > li").first.locator("#url-2")).to_have_value("https://shop.example/")
    page.fill("#text-subject", "Another subject")
    with next_page(page):
        page.get_by_role("button", name="Preview").click()
    expect(page.locator(".inbox-line")).to_contain_text("Another subject")
    expect(page.frame_locator(".frame iframe").get_by_text("Go", exact=True)).to_have_count(1)
