"""The screen of operations: what it shows, what its buttons do, and how few statements it takes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from journeys.models import Touch
from orchestrator.channels.throttle.operations import set_limit
from orchestrator.models import Attempt, Bucket, Stop

pytestmark = pytest.mark.django_db


@pytest.fixture
def maja(client):
    user = User.objects.create_user("maja", password="x")
    client.force_login(user)
    return client


@pytest.fixture
def trouble(world):
    now = timezone.now()
    given = {
        "proposed_at": now - timedelta(minutes=3),
        "decided_at": now - timedelta(minutes=3),
        "expires_at": now + timedelta(days=1),
    }
    for n in range(3):
        world.touch(world.person(f"Due{n}"), **given)
    world.touch(world.person("Late"), reason="rate_limited", lease_until=now + timedelta(seconds=90), **given)
    world.touch(world.person("Again"), reason="provider_unavailable", lease_until=now + timedelta(seconds=90), **given)
    world.touch(world.person("Sent"), state="sent", sent_at=now - timedelta(seconds=30), **given)
    failed = world.touch(world.person("Dora"), state="failed", reason="provider_rejected", **given)
    Attempt.objects.create(
        touch=failed, at=now, channel="email", provider="email", outcome="rejected", code="554", words="no <b>way</b>"
    )
    doubt = world.touch(
        world.person("Doubt"),
        state="unknown",
        reason="unknown_outcome",
        called_at=now,
        address="doubt@mail.example",
        **given,
    )
    return {"failed": failed, "doubt": doubt}


def test_operations_shows_queue_failures_doubts_and_dead_letters(maja, trouble):
    set_limit(kind="channel", name="email", per_second=2, most=2, now=timezone.now())
    answer = maja.get("/operations/")
    context = answer.context
    (row,) = context["rows"]
    assert (row["due"], row["rate_limited"], row["retried"], row["waiting"]) == (3, 1, 1, 5)
    assert (context["unknown"], context["dead"], context["sent"]) == (1, 1, 1)
    assert context["empty_at"] is not None
    said = answer.content.decode()
    assert "no &lt;b&gt;way&lt;/b&gt;" in said
    assert 'hx-trigger="every 5s"' in said
    fragment = maja.get("/operations/", headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="operations-live"')


def test_operations_takes_as_many_statements_for_many_as_for_few(maja, trouble, world, django_assert_num_queries):
    maja.get("/operations/")
    with django_assert_num_queries(15):
        maja.get("/operations/")
    for n in range(15):
        touch = world.touch(
            world.person(f"M{n}"),
            state="unknown",
            reason="unknown_outcome",
            called_at=timezone.now(),
            address=f"m{n}@mail.example",
        )
        Attempt.objects.create(touch=touch, at=timezone.now(), channel="email", outcome="unavailable", words=f"w{n}")
    with django_assert_num_queries(15):
        maja.get("/operations/")


def test_stop_is_asked_for_once_then_done_and_lifted(maja):
    assert "Stop all sending?" in maja.get("/operations/stop/").content.decode()
    assert not Stop.objects.exists()
    maja.post("/operations/stop/", {"channel": "", "why": "wrong prices"})
    assert "wrong prices" in maja.get("/operations/").content.decode()
    assert Stop.objects.get().by == "maja"
    maja.post("/operations/resume/", {"channel": ""})
    assert Stop.objects.get().ended_by == "maja"
    assert maja.get("/operations/stop/?channel=pigeon").status_code == 404


def test_rate_limit_is_set_changed_refused_and_taken_away(maja):
    maja.post("/operations/limits/", {"kind": "domain", "name": "Gmail.com", "per_second": "5"})
    assert Bucket.objects.values_list("name", "per_second", "most").get() == ("gmail.com", 5, 5)
    maja.post("/operations/limits/", {"kind": "domain", "name": "gmail.com", "per_second": "2", "most": "3"})
    assert Bucket.objects.values_list("per_second", "most").get() == (2, 3)
    assert maja.post("/operations/limits/", {"kind": "domain", "name": "x", "per_second": "0"}).status_code == 422
    maja.post(f"/operations/limits/{Bucket.objects.get().pk}/delete/")
    assert not Bucket.objects.exists()


def test_doubt_is_settled_by_one_click(maja, trouble):
    maja.post(f"/operations/doubts/{trouble['doubt'].pk}/arrived/")
    assert Touch.objects.get(pk=trouble["doubt"].pk).state == "sent"
    assert maja.post(f"/operations/doubts/{trouble['doubt'].pk}/again/", follow=True).status_code == 200
    assert Touch.objects.get(pk=trouble["doubt"].pk).state == "sent"


def test_dead_letters_are_listed_shown_and_tried_again(maja, trouble):
    listed = maja.get("/operations/letters/", {"kind": "touch", "code": "554", "words": "no <b>way</b>"})
    assert [row["id"] for row in listed.context["rows"]] == [trouble["failed"].pk]
    assert maja.get("/operations/letters/?words=other").context["n"] == 0
    assert maja.get("/operations/letters/?kind=%00&page=x").status_code == 200
    detail = maja.get(f"/operations/letters/touch/{trouble['failed'].pk}/")
    assert "554" in detail.content.decode()
    assert maja.get("/operations/letters/touch/1/").status_code == 404
    assert "Try 1 again?" in maja.get("/operations/letters/again/?kind=touch").content.decode()
    maja.post("/operations/letters/again/", {"kind": "touch", "words": "no <b>way</b>"})
    assert Touch.objects.get(pk=trouble["failed"].pk).state == "proposed"


def test_dead_letters_take_as_many_statements_for_many_as_for_few(maja, world, django_assert_max_num_queries):
    for n in range(30):
        world.touch(world.person(f"P{n}"), state="failed", reason="provider_rejected", decided_at=timezone.now())
    with django_assert_max_num_queries(7):
        assert maja.get("/operations/letters/").context["n"] == 30


def test_sales_and_strangers_see_nothing(client):
    assert client.get("/operations/").status_code == 302
    user = User.objects.create_user("sam", password="x")
    user.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(user)
    for path in ("/operations/", "/operations/stop/", "/operations/letters/"):
        assert client.get(path).status_code == 403
    assert client.post("/operations/stop/", {"channel": ""}).status_code == 403
    assert not Stop.objects.exists()
