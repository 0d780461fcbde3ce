"""A person asks by a link, the privacy officer carries it out, and every page of requests is clean for axe, en and de."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from consent.models import Export, Request, ServiceMail
from consent.preferences.queries import unsubscribe_token
from consent.preferences.rules import Subject
from consent.privacy import links, operations
from contacts.models import Attribute, Contact, Event
from orchestrator.kernel.access import PRIVACY_GROUP
from tests.browser.scene import PASSWORD
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
LOOKS = {
    "wide": {},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "de-DE"},
}


@pytest.fixture
def officer(scene):
    user = User.objects.create_user("pia", password=PASSWORD)
    user.groups.add(Group.objects.get_or_create(name=PRIVACY_GROUP)[0])


@pytest.fixture
def anna(scene):
    now = timezone.now()
    anna = Contact.objects.create(
        email="anna@example.com", first_name="Anna", last_name="Albers", language="en", created_at=now, updated_at=now
    )
    Attribute.objects.create(key="shoe_size", kind="text", name_en="Shoe size", name_de="Schuhgröße", created_at=now)
    Event.objects.create(
        contact=anna,
        name="hovered",
        occurred_at=now,
        received_at=now,
        source="web",
        message_id="h",
        properties={"colour": "red"},
    )
    return anna


def path(url):
    return re.sub(r"^https?://[^/]+", "", url)


def opened(anna, kind, days=0, **given):
    return operations.open_request(
        kind=kind,
        contact_id=anna.pk,
        source="mail",
        text="Please.",
        by=None,
        now=timezone.now() - timedelta(days=days),
        **given,
    )


@pytest.mark.parametrize("look", LOOKS)
def test_pages_have_no_finding(visit, officer, anna, look):
    now = timezone.now()
    numbers = {kind: opened(anna, kind, days=40 if kind == "access" else 0) for kind in Request.Kind.values}
    operations.carry_out_access(request_id=numbers["access"], send=False, by=None, now=now)
    late = opened(anna, "access", days=40)
    confirm, export = opened(anna, "erasure", confirmed=False), Export.objects.get().pk
    token = unsubscribe_token(Subject(anna.pk, 0))
    staff = [
        "/consent/requests/",
        "/consent/requests/?state=over",
        "/consent/requests/new/",
        f"/consent/requests/new/?contact={anna.pk}",
    ]
    staff += [f"/consent/requests/{number}/" for number in (*numbers.values(), late)]
    staff += ["/consent/retention/", "/consent/processing/", "/consent/unused/"]
    public = [
        f"/x/{token}/",
        "/x/nothing/",
        path(links.confirm_url(confirm)),
        path(links.export_url(export)),
        "/y/nothing/",
    ]
    guest = visit(**LOOKS[look])
    for page in public:
        found = seen(guest, page, look)
        assert found == [], page
    assert guest.context.cookies() == []
    guest = visit(**LOOKS[look])
    guest.log_in("pia")
    for page in staff:
        assert seen(guest, page, look) == [], page
    guest.open("/consent/retention/")
    with next_page(guest.page):
        guest.page.click("button[name=count]")
    assert guest.violations() == []
    guest.open(f"/consent/requests/{numbers['erasure']}/")


def seen(guest, page, look):
    guest.open(page)
    if SHOTS:
        name = re.sub(r"\W+", "-", page)[:40].strip("-")
        guest.page.screenshot(path=str(Path(SHOTS) / f"{look}-{name}.png"), full_page=True)
    found = guest.violations() + (["too wide"] if guest.too_wide() > 0 else [])
    wrong = [one for one in guest.wrong if "nothing" not in one and "404" not in one]
    guest.wrong.clear()
    return found + wrong


def test_person_asks_confirms_and_the_officer_erases(visit, officer, anna):
    guest = visit(java_script_enabled=False)
    guest.open(f"/x/{unsubscribe_token(Subject(anna.pk, 0))}/")
    guest.page.check("input[value=erasure]")
    with next_page(guest.page):
        guest.page.click("button[type=submit]")
    assert "look into your mailbox" in guest.page.inner_text("h1")
    guest.open(path(ServiceMail.objects.get().values["url"]))
    with next_page(guest.page):
        guest.page.click("button[type=submit]")
    assert "confirmed" in guest.page.inner_text("h1")
    staff = visit()
    staff.log_in("pia")
    staff.open("/consent/requests/")
    with next_page(staff.page):
        staff.page.click("table a.row-name")
    staff.page.check("input[name=sure]")
    with next_page(staff.page):
        staff.page.click("button[value=erase]")
    assert "The person is erased." in staff.page.inner_text("main")
    assert "Anna" not in staff.page.inner_text("main")
    assert not Contact.objects.filter(pk=anna.pk).exists()
    assert staff.wrong == []
    guest.open(f"/x/{unsubscribe_token(Subject(anna.pk, 0))}/")
    assert "does not work" in guest.page.inner_text("h1")
    guest.wrong[:] = [one for one in guest.wrong if "404" not in one]  # a neutral page
