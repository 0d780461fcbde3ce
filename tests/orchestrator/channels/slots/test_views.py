"""The pages of slots: what marketers see and do, and how many questions they ask the database."""

import pytest
from django.contrib.auth.models import Group, User

from orchestrator.channels.slots import counts
from orchestrator.channels.slots.models import Slot
from orchestrator.channels.slots.operations import save_slot
from orchestrator.kernel.access import SALES_GROUP
from tests.orchestrator.channels.slots.conftest import NOW

pytestmark = pytest.mark.django_db
GIVEN = {"name_en": "Cart hint", "name_de": "Hinweis im Korb", "kind": "hint", "place": "app", "active": "on"}


@pytest.fixture
def maja(client, site, time_machine):
    time_machine.move_to(NOW)
    client.force_login(User.objects.create_user("maja"))
    return client


def test_list_shows_counts_of_the_last_days(maja, site):
    for what in ("asked", "asked", "shown", "clicked"):
        counts.note(what, slot=site.slot.pk, answer="touch", journey=site.world.journey.pk, now=NOW)
    counts.write_down()
    body = maja.get("/channels/slots/").content.decode()
    assert "Teaser at home" in body
    assert "100" in body  # per cent of those who saw it clicked
    page = maja.get("/channels/slots/home-teaser/").content.decode()
    assert "Abandoned cart" in page
    assert "Look around." in page
    assert "Schauen Sie sich um." in page
    assert "data-slot=&quot;home-teaser&quot;" in page


def test_list_asks_as_much_for_many_slots(maja, django_assert_num_queries):
    for n in range(5):
        save_slot(slot_id=None, given={"slug": f"s{n}", "name_en": f"S{n}", "name_de": f"S{n}"}, now=NOW)
    with django_assert_num_queries(6):  # session, user, role, slots, counts, hand-overs in the menu
        assert maja.get("/channels/slots/").status_code == 200


def test_slot_is_made_changed_and_deleted(maja, site):
    assert maja.get("/channels/slots/new/").status_code == 200
    fallback = site.slot.fallback_id
    made = maja.post("/channels/slots/new/", GIVEN | {"fallback": fallback})
    assert made["Location"] == "/channels/slots/cart-hint/"
    slot = Slot.objects.get(slug="cart-hint")
    assert (slot.kind, slot.place, slot.active, slot.fallback_texts["en"]["title"]) == ("hint", "app", True, "Welcome")
    maja.post("/channels/slots/cart-hint/edit/", GIVEN | {"name_en": "Other", "active": "", "fallback": ""})
    slot.refresh_from_db()
    assert (slot.name_en, slot.active, slot.fallback_texts) == ("Other", False, {})
    assert maja.post("/channels/slots/cart-hint/delete/")["Location"] == "/channels/slots/"
    assert not Slot.objects.filter(slug="cart-hint").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name_en": ""}, "name_en"),
        ({"kind": "banner"}, "kind"),
        ({"slug": "new"}, "slug"),
        ({"slug": "home-teaser"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"fallback": "999999999"}, "fallback"),
        ({"fallback": "\x00"}, "fallback"),
        ({"name_en": "!!!", "slug": ""}, "slug"),
        ({"name_de": "x" * 10_000}, "name_de"),
        ({"name_en": "a\x00b"}, "name_en"),
    ],
)
def test_form_says_what_is_wrong(maja, wrong, field):
    response = maja.post("/channels/slots/new/", GIVEN | wrong)
    assert response.status_code == 200
    assert field in response.context["form"].errors


def test_pages_are_for_marketing(client, site):
    assert client.get("/channels/slots/").status_code == 302
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.create(name=SALES_GROUP))
    client.force_login(sales)
    for path in ("", "new/", "home-teaser/", "home-teaser/edit/"):
        assert client.get(f"/channels/slots/{path}").status_code == 403
    assert client.post("/channels/slots/home-teaser/delete/").status_code == 403


def test_unknown_slot_is_not_found(maja):
    assert maja.get("/channels/slots/nothing/").status_code == 404


def test_deleting_is_posted(maja):
    assert maja.get("/channels/slots/home-teaser/delete/").status_code == 405
