"""The pages: who may see them, how many statements they cost, numbers that add up."""

from datetime import timedelta
from statistics import median

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, Event
from journeys.enrollments.numbers import entries, median_stays, numbers_by_step
from journeys.models import Block, Enrollment, Journey, Step, Transition
from orchestrator.models import Verdict
from reporting.explain import queries, rules
from tests.browser.scene import _run

PAGES = {
    "/": 17,
    "/journeys/": 11,  # drafts, kept views, collisions, what was sent: one statement each for all journeys
    "/contacts/": 8,
    "/segments/": 19,  # uses: texts that are sent, texts in the making, offers, audiences, and what names a purpose
    "/segments/loyal-customers/": 23,
    "/signals/": 18,
    "/signals/order-placed/": 20,
    "/signals/listeners/": 19,
    "/stages/": 20,
    "/journeys/loyalty/": 36,  # with everything that the check list looks up, and who is held out
}
MARKETING = [
    "/",
    "/journeys/",
    "/journeys/loyalty/",
    "/journeys/loyalty/contacts/",
    "/journeys/loyalty/results/",
    "/segments/",
    "/segments/new/",
    "/segments/loyal-customers/",
    "/segments/loyal-customers/?with=big-spenders",
    "/segments/loyal-customers/edit/",
    "/signals/",
    "/signals/new/",
    "/signals/order-placed/",
    "/signals/order-placed/edit/",
    "/signals/listeners/",
    "/stages/",
    "/stages/new/",
    "/stages/active/edit/",
]


@pytest.fixture
def marketer(client, scene):
    client.force_login(User.objects.get(username="maja"))
    return client


def cost(client, url):
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


@pytest.mark.parametrize("url", PAGES)
def test_page_query_count_is_pinned(marketer, url):
    assert cost(marketer, url) <= PAGES[url]


@pytest.mark.parametrize(
    "url",
    ["/", "/journeys/", "/contacts/", "/segments/", "/signals/", "/segments/loyal-customers/", "/signals/listeners/", "/stages/",
     "/journeys/loyalty/", "/contacts/{contact}/"],
)  # fmt: skip
def test_page_query_count_does_not_grow_with_people(marketer, url, now):
    import random

    contact = Enrollment.objects.filter(left_at=None).first().contact
    url = url.format(contact=contact.pk)
    before = cost(marketer, url)
    new = Contact.objects.bulk_create(
        Contact(external_id=f"N{n}", email=f"n{n}@example.org", stage=contact.stage, created_at=now, updated_at=now)
        for n in range(30)
    )
    dice = random.Random(1)
    for one in new:
        _run(dice, Journey.objects.get(slug="loyalty"), one, now)
    Event.objects.bulk_create(
        Event(
            contact=contact,
            name="product_viewed",
            occurred_at=now - timedelta(hours=n),
            received_at=now,
            source="t",
            message_id=str(n),
        )
        for n in range(30)
    )
    assert cost(marketer, url) <= before


@pytest.mark.parametrize("url", [*MARKETING, "/contacts/", "/find/?q=an"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_page_opens_in_both_languages(marketer, url, language):
    marketer.cookies["django_language"] = language
    answer = marketer.get(url)
    assert answer.status_code == 200
    assert f'<html lang="{language}"'.encode() in answer.content


@pytest.mark.parametrize("url", MARKETING[1:])
def test_page_of_marketing_is_closed_to_sales(client, scene, url):
    client.force_login(User.objects.get(username="sven"))
    assert client.get(url).status_code == 403


def test_sales_start_at_the_handover_queue(client, scene):
    client.force_login(User.objects.get(username="sven"))
    assert client.get("/").url == "/handover/"
    assert client.get("/contacts/").status_code == 200


@pytest.mark.parametrize("url", [*MARKETING, "/contacts/", "/contacts/1/"])
def test_page_sends_strangers_to_the_login(client, db, url):
    assert client.get(url).url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    "url",
    ["/contacts/999999999/", "/contacts/99999999999999999999/", "/journeys/none/", "/contacts/{}/?show=x", "/contacts/{}/?after=x",
     "/contacts/{}/?after=2026-13-45,event,1", "/contacts/{}/?after=2026-01-01,event,1"],
)  # fmt: skip
def test_page_of_nothing_is_404(marketer, url):
    assert marketer.get(url.format(Contact.objects.first().pk)).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/contacts/?q=%00&stage=%00&before=99999999999999999999",
        "/find/?q=%00",
        "/?range=x",
        "/journeys/loyalty/contacts/?step=%00&page=x",
    ],
)
def test_page_with_odd_input_opens(marketer, url):
    assert marketer.get(url).status_code == 200


def test_fragments_come_to_htmx_alone(marketer):
    page, fragment = marketer.get("/").content, marketer.get("/", headers={"HX-Request": "true"}).content
    assert b"<html" in page
    assert b"<html" not in fragment
    assert b'id="numbers"' in fragment


def test_numbers_add_up_at_every_step(scene):
    for journey in Journey.objects.all():
        for step_id, n in numbers_by_step(journey_id=journey.pk).items():
            assert n.arrived == n.moved_on + n.left_here + n.here, Step.objects.get(pk=step_id)


def test_timeline_pages_hold_everything_once_and_in_order(scene, now):
    for contact in Contact.objects.all()[:8]:
        seen, after, more = [], None, True
        while more:
            lines, more = queries.timeline(contact.pk, now=now, after=after)
            seen += [(line.at, line.kind, line.id) for line in lines]
            after = seen[-1] if seen else None
        assert seen == sorted(set(seen), reverse=True)
        events = Event.objects.filter(contact=contact).count()
        assert sum(kind == "event" for _, kind, _ in seen) == events


@pytest.mark.parametrize("shown", rules.FILTERS)
def test_timeline_filter_shows_its_kinds_only(scene, now, shown):
    for contact in Contact.objects.all()[:10]:
        lines, _more = queries.timeline(contact.pk, now=now, kinds=rules.FILTERS[shown])
        assert {line.kind for line in lines} <= set(rules.FILTERS[shown])


def test_pause_and_resume_change_the_state(marketer):
    marketer.post("/journeys/loyalty/pause/")
    assert Journey.objects.get(slug="loyalty").state == "paused"
    marketer.post("/journeys/loyalty/resume/")
    assert Journey.objects.get(slug="loyalty").state == "live"
    assert "Pause" in marketer.get("/journeys/loyalty/pause/").content.decode()  # asks how, changes nothing
    assert Journey.objects.get(slug="loyalty").state == "live"


def test_theme_choice_is_remembered_and_goes_back_to_our_pages_only(marketer):
    answer = marketer.post("/accounts/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert answer.url == "/"
    assert b'data-bs-theme="dark"' in marketer.get("/").content


def test_contact_page_links_journeys_for_marketing_only(client, scene):
    contact = Enrollment.objects.filter(left_at=None).first().contact
    for name, linked in (("maja", True), ("sven", False)):
        client.force_login(User.objects.get(username=name))
        assert ('href="/journeys/' in client.get(f"/contacts/{contact.pk}/").content.decode()) is linked


def test_contact_page_leads_marketing_to_putting_somebody_into_a_journey(client, scene):
    contact = Contact.objects.first()
    page, asked = f"/contacts/{contact.pk}/", f"/contacts/{contact.pk}/why/?journey=loyalty&put_in=yes"
    client.force_login(User.objects.get(username="maja"))
    assert 'name="put_in"' in client.get(page).content.decode()
    answer = client.get(asked)
    assert answer.url == f"/journeys/loyalty/people/?contact={contact.pk}"
    assert f">\n{contact.pk}</textarea>" in client.get(answer.url).content.decode()
    client.force_login(User.objects.get(username="sven"))
    assert 'name="put_in"' not in client.get(page).content.decode()
    assert client.get(asked).url == f"/contacts/{contact.pk}/why/loyalty/"


def test_contact_page_says_names_and_gates_and_no_short_names(marketer):
    contact = Verdict.objects.first().contact
    html = marketer.get(f"/contacts/{contact.pk}/").content.decode()
    assert "“2 e-mails in 7 days”: 2 of 2 used" in html
    assert "“Project prices viewed” 4 times" in html
    assert "pricing_viewed" not in html


def test_flow_begins_with_the_entry_and_says_names(marketer):
    html = marketer.get("/journeys/abandoned-cart/").content.decode()
    assert "Enters when signal “Cart filled” fires, and “Order placed” not once within 12 hours" in html
    assert "9 steps, 2 decisions: explained in about a minute." in html
    assert "“Reminder: your cart is waiting”, within 1 day or not at all" in html


def test_head_says_how_much_of_the_content_is_there(marketer):
    assert '<span class="muted ms-1">4/4</span>' in marketer.get("/journeys/loyalty/").content.decode()
    Block.objects.filter(slug="garden-light").update(state="draft")
    assert '<span class="muted ms-1">3/4</span>' in marketer.get("/journeys/loyalty/content/").content.decode()


def test_flow_shows_warnings_of_the_check(marketer):
    assert "nobody will know whether this journey works" in marketer.get("/journeys/order-service/").content.decode()


def test_entries_and_stays_follow_the_transitions(scene, now):
    journey = Journey.objects.get(slug="loyalty")
    runs = Enrollment.objects.filter(journey=journey)
    counted = entries(journey_id=journey.pk, since=now - timedelta(days=3))
    assert counted == (runs.count(), runs.filter(entered_at__gte=now - timedelta(days=3)).count())
    steps = list(journey.live_version.steps.values_list("pk", flat=True))
    stays = median_stays(journey_id=journey.pk, step_ids=steps, since=now - timedelta(days=400))
    moves = {(move.enrollment_id, move.seq): move for move in Transition.objects.filter(journey=journey)}
    for step_id, stay in stays.items():
        lasted = [
            move.at - moves[move.enrollment_id, move.seq - 1].at
            for move in moves.values()
            if move.from_step_id == step_id and move.to_step_id
        ]
        assert abs(stay - median(lasted)) < timedelta(seconds=1)
    assert stays
