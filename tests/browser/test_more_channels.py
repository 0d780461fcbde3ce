"""Audiences, channels by phase and tasks in a browser: made, looked at, answered; in two lights."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from contacts.models import Contact, Segment, Task
from contacts.tasks.operations import Filled, NewTask, fill_tasks, open_tasks
from orchestrator.channels.audiences.models import Audience, AudienceBatch, AudienceMember, AudienceRun
from tests.browser.waiting import next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
LOOKS = {
    "wide": {},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "de-DE"},
}


def shot(visitor, name):
    if SHOTS:
        visitor.page.screenshot(path=f"{SHOTS}/audiences-{name}.png", full_page=True)


def a_past(now):
    """An audience at Meta with a good run and one that failed in part."""
    one = Audience.objects.get(slug="buyers-at-meta")
    out = {"no_consent": 1_204, "withdrawn": 87, "suppressed": 12}
    for hours, state, added, failed, words in (
        (30, "done", 18_220, 0, ""),
        (2, "partly", 40, 312, "400: Invalid parameter (code 100)"),
    ):
        at = now - timedelta(hours=hours)
        run = AudienceRun.objects.create(
            audience=one,
            started_at=at,
            finished_at=at,
            state=state,
            added=added,
            removed=7,
            failed=failed,
            kept_out=out,
        )
        AudienceBatch.objects.create(
            run=run, kind="add", number=1, state="failed" if words else "done", size=failed or added, words=words, at=at
        )
    AudienceMember.objects.create(audience=one, state="gone", reason="withdrawn", since=now)
    Audience.objects.filter(pk=one.pk).update(
        members=18_246, kept_out=out, failures=1, last_run_at=now, next_at=now + timedelta(minutes=2)
    )


@pytest.mark.parametrize("look", LOOKS)
def test_marketer_makes_an_audience_and_sees_what_became_of_it(visit, look):
    Segment.objects.create(slug="ads", kind="fixed", name_en="Ads after purchase", name_de="Anzeigen nach dem Kauf")
    maja = visit(**LOOKS[look])
    maja.log_in()
    page = maja.page
    maja.open("/audiences/new/")
    page.fill("#id_name_en", "Buyers at Meta")
    page.fill("#id_name_de", "Käufer bei Meta")
    page.select_option("#id_people", label="Ads after purchase" if look == "wide" else "Anzeigen nach dem Kauf")
    page.select_option("#id_destination", "meta")
    assert maja.violations() == []
    assert maja.too_wide() <= 0
    shot(maja, f"edit-{look}")
    with next_page(page):
        page.click(".definition button.btn-primary")
    assert "error" not in page.url
    page.fill("#id_remote_list", "23850000000000077")
    with next_page(page):
        page.click(".definition button.btn-primary")
    page.wait_for_url("**/audiences/buyers-at-meta/")
    a_past(datetime.now(UTC))
    for path, name in (("/audiences/", "list"), ("/audiences/buyers-at-meta/", "one")):
        maja.open(path)
        assert maja.violations() == []
        assert maja.too_wide() <= 0
        shot(maja, f"{name}-{look}")
    with next_page(page):
        page.click("form[action$='/run/'] button")
    assert Audience.objects.get().next_at <= datetime.now(UTC)


@pytest.mark.parametrize("look", LOOKS)
def test_marketer_chooses_the_channels_of_a_phase(visit, look):
    maja = visit(**LOOKS[look])
    maja.log_in()
    maja.open("/journeys/channels/")
    assert maja.violations() == []
    assert maja.too_wide() <= 0
    maja.page.select_option("select[name='sms-awareness']", "supporting")
    shot(maja, f"roles-{look}")
    with next_page(maja.page):
        maja.page.click("main button[type=submit]")
    assert maja.page.locator("select[name='sms-awareness']").input_value() == "supporting"


@pytest.mark.parametrize("look", LOOKS)
def test_sales_takes_a_task_and_says_what_came_of_it(visit, look):
    now = datetime.now(UTC)
    titles = ("Call about the open quote", "Ask whether the delivery was complete", "Congratulate on the first year")
    people = Contact.objects.order_by("pk")[:3]
    for n, (person, title) in enumerate(zip(people, titles, strict=True)):
        team = ("sales", "service", "sales")[n]
        new = NewTask(person.pk, team, title, "", now + timedelta(days=n - 1), queue="inside", journey_slug="loyalty")
        task_id = open_tasks(tasks=[new], now=now)[person.pk]
        fill_tasks(
            texts={task_id: Filled(title, "The quote of May is still open.\n\nAsk for the delivery date.")}, now=now
        )
    sven = visit(**LOOKS[look])
    sven.log_in("sven")
    sven.open("/tasks/")
    assert sven.violations() == []
    assert sven.too_wide() <= 0
    shot(sven, f"tasks-{look}")
    with next_page(sven.page):
        sven.page.click(f"text={titles[0]}")
    with next_page(sven.page):
        sven.page.click("form[action$='/take/'] button")
    assert sven.violations() == []
    assert sven.too_wide() <= 0
    shot(sven, f"task-{look}")
    sven.page.select_option("#done-outcome", "successful")
    with next_page(sven.page):
        sven.page.click("form[action$='/done/'] button")
    sven.page.wait_for_url("**/tasks/")
    assert Task.objects.get(title=titles[0]).outcome == "successful"
