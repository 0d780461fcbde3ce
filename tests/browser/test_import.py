"""A marketer imports the leads of a real CRM through the pages; the conditions then find what the file says."""

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from consent.records.models import State
from contacts.conditions.language import compile_condition
from contacts.models import Attribute, Contact, Import, Segment
from orchestrator.tick import tasks
from tests.browser.waiting import next_page

LEADS = Path(__file__).resolve().parents[3] / "shared" / "data" / "leads_xeducation" / "Leads.csv.gz"
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def count(condition):
    from django.utils import timezone

    return (
        Contact.objects.filter(compile_condition(condition, now=timezone.now()))
        .filter(external_id__contains="-")
        .count()
    )


def choose(marketer, path):
    marketer.open("/contacts/import/")
    marketer.page.set_input_files("input[type=file]", path)
    with next_page(marketer.page):
        marketer.page.get_by_role("button", name="Upload and look at it").click()
    marketer.page.wait_for_url(re.compile(r"/contacts/import/\d+/"))


@pytest.mark.replay
def test_leads_of_a_crm_come_in_and_conditions_find_them(visit, tmp_path):
    if not LEADS.exists():
        pytest.skip("the real data is not beside the project: no leads_xeducation/Leads.csv.gz")
    file = tmp_path / "Leads.csv"
    file.write_bytes(gzip.decompress(LEADS.read_bytes()))
    Contact.objects.filter(external_id__contains="-").update(external_id=None)  # the scene has ids of this form
    Segment.objects.create(slug="leads", kind="fixed", name_en="Leads", name_de="Leads")
    marketer = visit()
    page = marketer.page
    marketer.log_in()
    choose(marketer, file)

    assert page.get_by_label("Prospect ID goes to", exact=True).input_value() == "external_id"
    assert page.get_by_label("Do Not Email goes to", exact=True).input_value() == "objection:email_marketing"
    assert page.get_by_label("Country goes to", exact=True).input_value() == "country"
    assert page.get_by_label("TotalVisits goes to", exact=True).input_value() == "new"
    assert page.get_by_label("Type of the new attribute for TotalVisits", exact=True).input_value() == "whole"
    page.get_by_label("Put everybody onto a list").select_option("leads")
    page.get_by_label("Source", exact=True).fill("crm")
    with next_page(page):
        page.get_by_role("button", name="Show what would happen").click()
    expect(page.locator("#preview")).to_contain_text("Of all 9,240 rows")
    expect(page.locator("#preview")).to_contain_text("9,240 new")
    expect(page.locator("#preview")).to_contain_text("yes 734, no 0")
    assert not Contact.objects.filter(attributes__has_key="total_visits").exists()

    with next_page(page):
        page.get_by_role("button", name="Start the import").click()
    expect(page.locator("#import-progress")).to_contain_text("waiting")
    tasks.import_people()
    expect(page.locator("#import-progress")).to_contain_text("9,240 of 9,240 rows")
    expect(page.locator("#import-progress")).to_contain_text("done")
    job = Import.objects.get()
    assert (job.made_count, job.rejected_count, job.state) == (9_240, 0, "done")

    assert Attribute.objects.get(key="total_visits").kind == "whole"
    visits = {"attribute": "total_visits", "gte": 5}
    assert count(visits) == 2_413
    assert count({"not": visits}) == 6_690
    assert count({"not": {"attribute": "total_visits", "is_set": True}}) == 137
    leads = {"segment": "leads"}
    assert count(leads) == 9_240
    refused = State.objects.filter(purpose__slug="email_marketing", granted=False, record__source="crm")
    assert refused.count() == 734
    assert set(refused.values_list("record__decision", flat=True)) == {"refused"}
    assert count({"all": [leads, {"consent": "email_marketing"}]}) == 0

    choose(marketer, file)
    expect(page.locator(".import-alert").first).to_contain_text("imported the same file")
    page.get_by_label("Source", exact=True).fill("crm")
    with next_page(page):
        page.get_by_role("button", name="Start the import").click()
    tasks.import_people()
    expect(page.locator("#import-progress")).to_contain_text("9,240 of 9,240 rows")
    again = Import.objects.first()
    assert (again.made_count, again.changed_count, again.same_count) == (0, 0, 9_240)

    marketer.open(f"/contacts/import/{job.pk}/")
    page.get_by_text("Undo the whole import").click()
    with next_page(page):
        page.get_by_role("button", name="Undo now").click()
    tasks.import_people()
    expect(page.locator("#import-progress")).to_contain_text("Undone on")
    assert count(leads) == 0
    assert not Contact.objects.filter(attributes__has_key="total_visits").exists()


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}],
    ids=["wide light", "phone dark"],
)
def test_import_pages_are_accessible_and_fit(visit, options, tmp_path):
    marketer = visit(**options)
    page = marketer.page
    file = tmp_path / "people.csv"
    file.write_text(
        "E-Mail;Vorname;Nachname;Land;Umsatz;Newsletter;Seit\n"
        + "".join(f"p{n}@example.com;Jörg{n};Weiß;Österreich;1.234,{n};ja;03/04/2026\n" for n in range(30))
        + "not an address;X;Y;Atlantis;zehn;vielleicht;31.02.2026\n",
        encoding="cp1252",
    )
    found = {}

    def look(name):
        found[name] = marketer.violations(), marketer.too_wide()
        if folder := __import__("os").environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)

    marketer.log_in()
    marketer.open("/contacts/import/")
    look("list")
    page.set_input_files("input[type=file]", file)
    with next_page(page):
        page.get_by_role("button", name="Upload and look at it").click()
    page.wait_for_url(re.compile(r"/contacts/import/\d+/"))
    with next_page(page):
        page.get_by_role("button", name="Start the import").click()
    expect(page.locator("[role=alert]").first).to_contain_text("Something is missing")
    look("plan-errors")
    page.get_by_label("Dates with slashes").select_option("day")
    with next_page(page):
        page.get_by_role("button", name="Show what would happen").click()
    expect(page.locator("#preview")).to_contain_text("Of all 31 rows")
    look("preview")
    with next_page(page):
        page.get_by_role("button", name="Start the import").click()
    tasks.import_people()
    expect(page.locator("#import-progress")).to_contain_text("done")
    look("done")
    wrong = {name: one for name, one in found.items() if one[0] or one[1]}
    assert wrong == {}
