"""What sales and marketing see and do on the handover screens."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.handover import operations, queries
from contacts.handover.operations import Lead, open_handovers
from contacts.models import Contact, Handover

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client, sales):
    client.force_login(sales)
    with time_machine.travel(NOW + timedelta(hours=5), tick=False):
        yield client


def act(client, lead, action, data=None, **more):
    return client.post(reverse("handover_act", args=[lead.pk, action]), data or {}, **more)


def test_handover_queue_of_a_stranger_asks_for_the_login(client, db):
    assert client.get(reverse("handover_queue")).status_code == 302


def test_handover_queue_shows_the_clock_and_the_counts(page, anna, pricing):
    lead = Lead(
        anna.pk, "inside-sales", timedelta(hours=4), "nurture", None, queries.snapshots([anna.pk], NOW)[anna.pk]
    )
    open_handovers(leads=[lead], now=NOW)
    html = page.get(reverse("handover_queue")).content.decode()
    assert "Anna Amsel" in html
    assert "Looked at prices" in html
    assert "overdue for" in html
    assert page.get(reverse("handover_queue"), {"tab": "conversation"}).context["tabs"][0]["count"] == 1
    assert page.get(reverse("handover_queue"), {"tab": "nonsense"}).status_code == 404
    assert page.get(reverse("handover_queue"), headers=HTMX).content.decode().lstrip().startswith("<section id=")


def test_handover_queue_of_many_asks_as_much_as_of_few(page, db):
    def statements(count):
        people = Contact.objects.bulk_create(
            Contact(external_id=f"{count}-{n}", created_at=NOW, updated_at=NOW) for n in range(count)
        )
        open_handovers(leads=[Lead(person.pk, "t", timedelta(hours=1)) for person in people], now=NOW)
        with CaptureQueriesContext(connection) as captured:
            page.get(reverse("handover_queue"))
        return len(captured)

    page.get(reverse("handover_queue"))
    assert statements(2) == statements(40) <= 7


def test_handover_detail_shows_why_now(page, anna, pricing):
    opened = open_handovers(
        leads=[Lead(anna.pk, "inside-sales", timedelta(hours=4), "", None, queries.snapshots([anna.pk], NOW)[anna.pk])],
        now=NOW,
    )
    html = page.get(reverse("handover_detail", args=[opened[anna.pk]])).content.decode()
    for text in (
        "Begin with",
        "Looked at prices",
        "“pricing viewed” 3 times",
        "Order placed",
        "Acme",
        "Nothing was sent before the handover.",
    ):
        assert text in html


def test_handover_act_without_javascript_goes_back_to_the_lead(page, lead, kim):
    answer = act(page, lead, "accept", {"note": "calls"})
    assert answer.url == reverse("handover_detail", args=[lead.pk])
    lead.refresh_from_db()
    assert (lead.state, lead.owner) == ("accepted", kim)
    html = page.get(answer.url).content.decode()
    assert "The lead is yours" in html
    assert "Won" in html


def test_handover_act_by_htmx_answers_the_fragment(page, lead):
    html = act(page, lead, "reject", {"reason": "no_need"}, headers=HTMX).content.decode()
    assert html.lstrip().startswith('<section id="handover-detail"')
    assert "has no need" in html


def test_handover_act_without_a_reason_says_so_and_changes_nothing(page, lead):
    html = act(page, lead, "reject", {"reason": ""}).content.decode()
    assert "This field is required" in html
    lead.refresh_from_db()
    assert lead.state == "waiting"


def test_handover_act_on_a_lead_that_a_colleague_has_says_who(page, lead, robin):
    operations.accept(handover_id=lead.pk, owner=robin, by="Robin Roth", now=NOW)
    html = act(page, lead, "accept", headers=HTMX).content.decode()
    assert "A colleague was faster" in html
    assert "Robin Roth" in html
    assert Handover.objects.get().owner == robin


def test_handover_act_wins_with_a_value(page, lead):
    act(page, lead, "accept")
    assert act(page, lead, "win", {"value": "-1", "currency": "EUR"}).status_code == 200
    act(page, lead, "win", {"value": "900", "currency": "EUR"})
    assert Handover.objects.get().snapshot["deal"] == {"value": "900", "currency": "EUR"}


@pytest.mark.parametrize(("action", "status"), [("nonsense", 404), ("accept", 404)])
def test_handover_act_on_what_is_not_there_answers_404(page, db, action, status):
    for handover_id in (999, 10**30):
        assert page.post(reverse("handover_act", args=[handover_id, action])).status_code == status
        assert page.get(reverse("handover_detail", args=[handover_id])).status_code == 404


def test_handover_act_by_get_is_refused(page, lead):
    assert page.get(reverse("handover_act", args=[lead.pk, "accept"])).status_code == 405
    assert User.objects.count() == 1


def test_handover_act_of_marketing_is_refused_and_not_offered(client, lead, robin):
    client.force_login(robin)
    html = client.get(reverse("handover_detail", args=[lead.pk])).content.decode()
    assert "Your answer" not in html
    assert act(client, lead, "accept").status_code == 403
    assert Handover.objects.get().state == "waiting"
