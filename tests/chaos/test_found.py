"""What the histories have found, in short. One that still fails is marked, strictly: whoever repairs it takes the mark away."""

import pytest

from tests.chaos import scene
from tests.chaos.doing import Doing, killed
from tests.chaos.provider import Provider

pytestmark = pytest.mark.django_db
ANNA, CEM, DORA = 0, 2, 3


@pytest.fixture
def do(settings):
    settings.EMAIL_BACKEND = "tests.chaos.provider.Provider"
    return Doing(*scene.build())


def addresses(purpose=scene.SERVICE):
    return sorted(call.address for call in Provider.calls if call.purpose == purpose)


def test_move_between_claim_and_call_is_not_written_to_where_the_person_was(do):
    do.deliver(at="before_call", what=lambda: do.move(do.people[DORA], "new@people.example"))
    assert "dora@people.example" not in addresses()


def test_bounce_after_a_complaint_stops_service_mail_too(do):
    do.suppress("dora@people.example", "complained")
    do.suppress("dora@people.example", "bounced")
    do.oracle.heard(do.now, "suppressed", channel="email", address="dora@people.example", reason="bounced")
    do.deliver()
    assert "dora@people.example" not in addresses()


@pytest.mark.xfail(
    strict=True, reason="contacts/profiles/sql/find.sql: an address from before changes nothing, whoever says so"
)
def test_move_back_to_an_address_from_before_is_kept(do):
    do.merge(do.people[CEM], do.people[DORA])
    do.move(do.people[CEM], "dora@people.example")
    assert do.oracle.world.people[do.people[CEM]].address == "dora@people.example"


def test_worker_killed_at_each_point_sends_once(do):
    """A worker dies before, at and after the call: what was called is in doubt, what was not is sent once."""
    for point in ("claimed", "before_call", "after_accept"):
        do.deliver(at=point, what=killed)
        assert do.points[point] == 1
        do.now += scene.LEASE
    do.deliver()
    do.deliver()
    assert addresses() == sorted([scene.SHARED, scene.SHARED, "cem@people.example", "dora@people.example"])
    assert max(do.sent.values()) == 1


def test_withdrawal_by_link_holds_for_everybody_with_the_address(do):
    do.follow_link(do.people[ANNA], scene.MARKETING, "one_click")
    do.deliver()
    assert scene.SHARED not in addresses(scene.MARKETING) + addresses(scene.TOPIC)
    assert addresses(scene.MARKETING) == ["cem@people.example"]
