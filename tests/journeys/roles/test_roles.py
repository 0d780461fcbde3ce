"""The matrix of roles: defaults, saving, the page, and what the check of a journey says."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from contacts.models import Segment
from contacts.stages.rules import Phase
from journeys.definitions.checklist import hints
from journeys.models import ChannelRole
from journeys.roles.operations import ChangedMeanwhile, UnknownRole, save_roles
from journeys.roles.queries import as_opened, roles
from journeys.roles.rules import DEFAULTS, LANES, lane_of
from tests.flows.conftest import names, world  # noqa: F401

pytestmark = pytest.mark.django_db


def definition(phase="purchase", **step):
    return {
        "slug": "cart", "name": names("Cart"), "phase": phase, "entry": {"signal": "cart"},
        "steps": [{"key": "one", "name": names("One"), **step}, {"key": "end", "kind": "end", "name": names("End")}],
    }  # fmt: skip


def unplanned(given):
    return [
        (hint.step_key, hint.level, hint.text, hint.rule) for hint in hints(given) if "plan of channels" in hint.text
    ]


def test_every_lane_has_a_role_in_every_phase_and_a_main_channel_leads_each():
    assert set(DEFAULTS) == {(lane, phase.value) for lane in LANES for phase in Phase}
    assert all("main" in {DEFAULTS[lane, phase] for lane in LANES} for phase in Phase)
    assert roles() == DEFAULTS


@pytest.mark.parametrize(
    ("step", "lane"),
    [
        ({"kind": "send", "block": "hello"}, "email"),
        ({"kind": "send", "block": "text"}, "sms"),
        ({"kind": "send", "block": "hello", "channel": "push"}, "push"),
        ({"kind": "survey", "block": "hello"}, "email"),
        ({"kind": "audience", "list": "ads", "action": "add"}, "ads"),
        ({"kind": "audience", "list": "ads", "action": "remove"}, ""),
        ({"kind": "handover"}, "sales"),
        ({"kind": "task", "team": "service"}, "service"),
        ({"kind": "wait"}, ""),
    ],
)
def test_lane_of_a_step(step, lane):
    assert lane_of(step, {"hello": "email", "text": "sms"}) == lane


def test_check_says_which_step_uses_a_channel_that_the_phase_does_not(world):  # noqa: F811
    Segment.objects.create(slug="ads", kind="fixed", name_en="Ads", name_de="Anzeigen")
    step = {"kind": "audience", "list": "ads", "action": "add"}
    assert unplanned(definition("awareness", **step)) == []
    text = "“Ads (audiences)” is not used in the phase “Advocacy”, by the plan of channels."
    assert unplanned(definition("advocacy", **step)) == [("one", "hint", text, "/journeys/channels/")]
    with translation.override("de"):
        (found,) = [hint for hint in hints(definition("advocacy", **step)) if hint.rule]
    assert found.text == "„Anzeigen (Zielgruppen)“ wird in der Phase „Empfehlung“ laut Kanalplan nicht eingesetzt."


def test_check_follows_what_the_team_chose(world):  # noqa: F811
    step = {"kind": "send", "block": "hello"}
    assert unplanned(definition(**step)) == []
    save_roles(given={("email", "purchase"): "unused"}, opened=as_opened(roles()))
    assert len(unplanned(definition(**step))) == 1
    assert unplanned(definition("retention", **step)) == []
    save_roles(given={("email", "purchase"): "supporting"}, opened=as_opened(roles()))
    assert unplanned(definition(**step)) == []
    assert ChannelRole.objects.count() == 1


def test_check_asks_once_for_the_matrix_however_many_steps(world):  # noqa: F811
    one = definition(kind="send", block="hello")
    many = definition(kind="send", block="hello")
    many["steps"][:0] = [{"key": f"s{n}", "kind": "send", "name": names("S"), "block": "hello"} for n in range(10)]
    counted = []
    for given in (one, many):
        with CaptureQueriesContext(connection) as captured:
            hints(given)
        counted.append(sum("journeys_channelrole" in query["sql"] for query in captured))
    assert counted == [1, 1]


def test_save_refuses_the_unknown_and_what_changed_meanwhile():
    opened = as_opened(roles())
    with pytest.raises(UnknownRole):
        save_roles(given={("fax", "purchase"): "main"}, opened=opened)
    with pytest.raises(UnknownRole):
        save_roles(given={("email", "purchase"): "loud"}, opened=opened)
    save_roles(given={("sms", "purchase"): "main"}, opened=opened)
    with pytest.raises(ChangedMeanwhile):
        save_roles(given={("sms", "purchase"): "unused"}, opened=opened)
    assert roles()["sms", "purchase"] == "main"


def test_page_shows_and_saves_the_matrix(client):
    client.force_login(User.objects.create_user("maja"))
    page = client.get("/journeys/channels/")
    assert page.text.count("<select") >= 40
    opened = page.context["opened"]
    answer = client.post("/journeys/channels/", {"opened": opened, "sms-awareness": "main"})
    assert answer["Location"] == "/journeys/channels/"
    assert roles() == DEFAULTS | {("sms", "awareness"): "main"}
    late = client.post("/journeys/channels/", {"opened": opened, "sms-awareness": "unused"})
    assert late.status_code == 409
    assert "Somebody else has saved this meanwhile." in late.text
    now = late.context["opened"]
    assert client.post("/journeys/channels/", {"opened": now, "sms-awareness": "loud"}).status_code == 400
    assert roles()["sms", "awareness"] == "main"
    assert "/journeys/channels/" in client.get("/journeys/").text


def test_page_is_for_marketers(client):
    seller = User.objects.create_user("sam")
    seller.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(seller)
    assert client.get("/journeys/channels/").status_code == 403
