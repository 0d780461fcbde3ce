"""The pages of connections: what sends, a key that is shown once, and how a key ends."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orchestrator.api.arrivals import KEPT, NewArrival, prune_arrivals, record_arrival
from orchestrator.api.models import ApiKey, Arrival
from orchestrator.api.operations import create_key
from orchestrator.api.queries import LOOKED_AT, valid_key
from orchestrator.api.rules import Problem
from tests.orchestrator.api.conftest import NOW

HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client, db):
    client.force_login(User.objects.create_user("maja", password="x"))
    return client


def arrive(source="shop", ago=timedelta(), **more):
    record_arrival(arrival=NewArrival(source, "batch", **more), now=timezone.now() - ago)


def test_pages_are_for_marketing_only(client, db):
    addresses = [reverse("connections"), reverse("connection", args=["shop"])]
    assert [client.get(address).status_code for address in addresses] == [302, 302]
    sales = User.objects.create_user("sam", password="x")
    sales.groups.add(Group.objects.create(name="Sales"))
    client.force_login(sales)
    assert [client.get(address).status_code for address in addresses] == [403, 403]


def test_connections_says_when_each_source_was_last_seen(page):
    for source, ago in (("fresh", 0.5), ("stale", 5), ("old", 50), ("never", None)):
        create_key(name=f"The {source}", source=source, now=NOW)
        if ago is not None:
            arrive(source, timedelta(hours=ago), accepted=7, rejected=1, problem=Problem("event", "expected a name"))
    rows = page.get(reverse("connections")).context["rows"]
    assert [(row["source"], row["tone"]) for row in rows] == [
        ("fresh", "green"),
        ("stale", "amber"),
        ("old", "red"),
        ("never", "red"),
    ]
    assert [(row["accepted"], row["rejected"], row["problem"]) for row in rows] == [
        (7, 1, "event: expected a name"),
        (7, 1, "event: expected a name"),
        (0, 0, "event: expected a name"),
        (0, 0, None),
    ]
    assert (
        page.get(reverse("connections"), headers=HTMX)
        .content.decode()
        .lstrip()
        .startswith('<section class="card" id="connections"')
    )


def test_connections_of_a_busy_source_says_more_than(page):
    create_key(name="Shop", source="shop", now=NOW)
    at = timezone.now()
    Arrival.objects.bulk_create(Arrival(source="shop", at=at, door="batch", accepted=2) for _ in range(LOOKED_AT + 5))
    html = page.get(reverse("connections")).content.decode()
    assert "more than 2,000" in html


def test_connections_of_many_asks_as_much_as_of_few(page):
    def statements(count):
        for n in range(count):
            create_key(name="x", source=f"{count}-{n}", now=NOW)
            arrive(f"{count}-{n}", accepted=1)
        with CaptureQueriesContext(database) as captured:
            page.get(reverse("connections"))
        return len(captured)

    page.get(reverse("connections"))
    assert statements(2) == statements(30) <= 7


@pytest.mark.parametrize(
    ("place", "public", "code"), [("server", False, "segment.analytics"), ("public", True, "anonymousId")]
)
def test_connections_post_shows_the_key_once_with_code(page, place, public, code):
    answer = page.post(reverse("connections"), {"name": " Web  shop ", "source": "Web-Shop", "place": place})
    key, row = answer.context["key"], ApiKey.objects.get()
    assert (row.name, row.source, row.public) == ("Web shop", "web-shop", public)
    html = answer.content.decode()
    assert key in html
    assert code in html
    assert "no-store" in answer["Cache-Control"]
    assert valid_key(row.digest) == row
    for address in (reverse("connections"), reverse("connection", args=["web-shop"])):
        assert key not in page.get(address).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"source": "web shop"}, {"source": ""}, {"name": ""}, {"place": "moon"}, {"name": "x" * 101}, {"source": "a\x00"}],
)
def test_connections_post_of_nonsense_says_so_and_makes_nothing(page, wrong):
    answer = page.post(reverse("connections"), {"name": "Shop", "source": "shop", "place": "server"} | wrong)
    assert answer.status_code == 200
    assert "invalid-feedback" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_connection_shows_the_last_arrivals(page):
    create_key(name="Shop", source="shop", now=NOW)
    for n in range(60):
        arrive(name=f"event-{n}", accepted=1, library="<b>x</b>")
    answer = page.get(reverse("connection", args=["shop"]))
    html = answer.content.decode()
    assert [row["name"] for row in answer.context["arrivals"]][:2] == ["event-59", "event-58"]
    assert len(answer.context["arrivals"]) == 50
    assert "<b>x</b>" not in html
    fragment = page.get(reverse("connection", args=["shop"]), headers=HTMX).content.decode()
    assert fragment.lstrip().startswith('<section class="card" id="connection"')
    assert page.get(reverse("connection", args=["nobody"])).status_code == 404


def test_connection_revoke_ends_the_key(page):
    create_key(name="Shop", source="shop", now=NOW)
    row = ApiKey.objects.get()
    address = reverse("connection_revoke", args=[row.pk])
    assert page.get(address).status_code == 405
    assert page.post(address).url == reverse("connection", args=["shop"])
    assert page.post(address).status_code == 302  # again: nothing happens
    assert valid_key(row.digest) is None
    assert "all revoked" in page.get(reverse("connections")).content.decode()
    assert page.post(reverse("connection_revoke", args=[row.pk + 1])).status_code == 404


def test_record_arrival_keeps_odd_names_of_fields_as_text(db):
    arrive(problem=Problem("properties.\udc00\x00" + "x" * 400, "expected"), rejected=1)
    assert Arrival.objects.get().problem.startswith("properties.?xxx")


def test_prune_arrivals_keeps_the_newest_of_each_source(db):
    for source, count in (("a", KEPT + 7), ("b", 3), ("c", KEPT)):
        Arrival.objects.bulk_create(Arrival(source=source, at=NOW, door="batch", name=str(n)) for n in range(count))
    assert prune_arrivals() == 7
    assert prune_arrivals() == 0
    kept = Arrival.objects.filter(source="a").order_by("id")
    assert (kept.count(), kept.first().name) == (KEPT, "7")
    assert Arrival.objects.filter(source="b").count() == 3
