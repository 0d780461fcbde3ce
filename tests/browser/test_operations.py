"""Operations: the screen with trouble on it, in two lights; somebody stops everything and lets it go again."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from journeys.models import Touch
from orchestrator.channels.throttle.operations import set_limit
from orchestrator.models import Attempt, Stop
from tests.browser.test_every_page import EVERY_LOOK, LOOKS, look_at
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def trouble(scene):
    """Messages in every state, failures in the words of providers, a limit, and what somebody stopped last week."""
    now = datetime.now(UTC)
    set_limit(kind="channel", name="email", per_second=50, most=50, now=now)
    set_limit(kind="domain", name="gmail.com", per_second=5, most=5, now=now)
    ids = list(Touch.objects.order_by("id").values_list("id", flat=True)[:12])
    given = {"decided_at": now - timedelta(minutes=7), "expires_at": now + timedelta(days=1)}
    Touch.objects.filter(pk__in=ids[:4]).update(state="approved", lease_until=None, reason="", **given)
    Touch.objects.filter(pk__in=ids[4:6]).update(state="approved", lease_until=now + timedelta(seconds=40), reason="rate_limited", **given)  # fmt: skip
    Touch.objects.filter(pk__in=ids[6:8]).update(state="unknown", reason="unknown_outcome", sent_at=None, **given)
    Touch.objects.filter(pk__in=ids[8:]).update(state="failed", reason="provider_rejected", sent_at=None, **given)
    said = (
        ("554", "5.7.1 Message refused by content policy of the recipient's organisation"),
        ("552", "5.2.2 Mailbox full"),
    )
    for n, pk in enumerate(ids[8:]):
        Attempt.objects.create(touch_id=pk, at=now, channel="email", provider="smtp", outcome="rejected", code=said[n % 2][0], words=said[n % 2][1])  # fmt: skip
    Attempt.objects.create(touch_id=ids[0], at=now, channel="email", provider="smtp", outcome="unavailable", code="451", words="4.7.1 Try again later")  # fmt: skip
    week = now - timedelta(days=7)
    Stop.objects.create(
        since=week, by="olga", why="wrong prices", ended_at=week + timedelta(minutes=9), ended_by="maja"
    )
    return ids[8]


@pytest.mark.parametrize("look", LOOKS if EVERY_LOOK else ["phone"])
def test_operations_is_accessible_and_fits(visit, trouble, look):
    maja = visit(**LOOKS[look])
    maja.log_in()
    paths = ["/operations/", "/operations/stop/", "/operations/letters/", f"/operations/letters/touch/{trouble}/"]
    assert look_at(maja, look, [*paths, "/operations/letters/again/?kind=touch"]) == []


def test_operations_everything_is_stopped_and_goes_out_again(visit, trouble):
    maja = visit(**LOOKS["wide"])
    maja.log_in()
    maja.open("/operations/")
    with next_page(maja.page):
        maja.page.get_by_role("link", name="Stop all sending").click()
    maja.page.get_by_label("Why").fill("wrong link")
    with next_page(maja.page):
        maja.page.get_by_role("button", name="Stop now").click()
    banner = maja.page.get_by_role("alert").filter(has_text="wrong link")
    banner.wait_for()
    if os.environ.get("SHOTS"):
        maja.page.screenshot(path=f"{os.environ['SHOTS']}/stopped-wide.png", full_page=True)
    assert maja.violations() == []
    with next_page(maja.page):
        banner.get_by_role("button").click()
    maja.page.get_by_role("link", name="Stop all sending").wait_for()
    assert Stop.objects.filter(ended_at=None).count() == 0
