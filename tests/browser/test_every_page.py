"""Every page of journeys, content, offers and consent: no finding of axe, not too wide, nothing in the console; in two lights."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from consent.limits.models import Limit
from consent.preferences.queries import unsubscribe_token
from consent.preferences.rules import Subject
from consent.privacy import links
from consent.privacy.asking import ask
from consent.privacy.models import Request
from consent.purposes.models import Purpose
from journeys.canvas.changes import insert
from journeys.canvas.drafts import draft_of, edit_draft
from journeys.canvas.places import Place
from journeys.definitions.operations import import_journey
from journeys.models import Block, Enrollment, Journey, Touch
from journeys.offers.queries import decline_url
from journeys.steps.registry import kind_names
from journeys.surveys.queries import survey_url
from orchestrator.arbiter.models import Verdict
from orchestrator.demo.consent import write_consent_texts, write_requests
from tests.browser.test_offers import a_past
from tests.sizes import EVERY_LOOK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
LOOKS = {
    "wide": {},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "de-DE"},
}
SLUG = "loyalty"
AREAS = {
    "journeys": [
        "/", "/journeys/", "/journeys/?state=draft", "/journeys/new/", "/journeys/{slug}/", "/journeys/{slug}/?people=1",
        "/journeys/{slug}/prose/", "/journeys/{slug}/results/", "/journeys/{slug}/conditions/", "/journeys/{slug}/collisions/",
        "/journeys/{slug}/collisions/?draft", "/journeys/{slug}/contacts/", "/journeys/{slug}/contacts/?state=left", "/journeys/{slug}/people/",
    ],
    "versions": [
        "/journeys/{slug}/publish/", "/journeys/{slug}/versions/", "/journeys/{slug}/compare/?a=1&b=2", "/journeys/{slug}/pause/",
        "/journeys/{slug}/archive/",
    ],
    "content": [
        "/content/", "/content/?q=nobody-writes-this", "/content/new/", "/content/{block}/", "/content/{block}/?dark=1&language=en",
        "/content/{block}/basics/", "/content/{block}/edit/?language=en", "/content/{block}/versions/", "/content/{block}/versions/1/",
        "/content/pictures/", "/journeys/{slug}/content/", "/journeys/{slug}/content/?all=1",
    ],
    "offers": [
        "/offers/", "/offers/new/", "/offers/spring-voucher/", "/offers/talk/", "/offers/spring-voucher/edit/", "/offers/conflicts/", "{no}",
        "{survey}", "/s/nothing/",
    ],
    "gallery": [
        "/journeys/templates/", "/journeys/templates/abandoned-cart/", "/journeys/templates/b2b-nurture/", "/journeys/import/",
    ],
    "consent": [
        "/consent/", "/consent/?q=person1", "/consent/purposes/", "/consent/purposes/new/", "/consent/purposes/{purpose}/", "/consent/records/",
        "/consent/records/chain/?look=yes", "/consent/records/note/{contact}/", "/consent/forms/", "/consent/forms/new/",
        "/consent/forms/newsletter/", "/consent/forms/newsletter/edit/",
    ],
    "privacy": [
        "/consent/requests/", "/consent/requests/?state=over", "/consent/requests/new/?contact={contact}", "/consent/requests/{erasure}/",
        "/consent/requests/{correction}/", "/consent/retention/", "/consent/processing/", "/consent/unused/",
    ],
    "rules": [
        "/consent/rules/", "/consent/rules/limits/new/", "/consent/rules/limits/{limit}/", "/consent/rules/quiet/new/", "/consent/rules/rests/new/",
        "/consent/rules/holdouts/new/", "/consent/rules/priorities/", "/consent/rules/priorities/{slug}/",
        "/contacts/{contact}/decisions/{verdict}/",
    ],
    "public": ["/f/newsletter/", "/u{mine}", "/p{mine}", "/w{mine}", "/x{mine}", "/y{sure}", "/d/nothing/", "/y/nothing/", "/f/nothing/"],
    "people": [
        "/contacts/", "/contacts/{contact}/", "/contacts/{contact}/?show=decisions", "/contacts/{contact}/why/{slug}/",
        "/contacts/{stranger}/why/{slug}/", "/contacts/{contact}/why/abandoned-cart/",
    ],
}  # fmt: skip


# each area in one look, by turns; in both with EVERY_LOOK=1 (five minutes)
ROUND = [(area, look) for n, area in enumerate(AREAS) for look in (LOOKS if EVERY_LOOK else [list(LOOKS)[n % 2]])]


def with_every_kind(definition):
    """A definition with a step of every kind before its first, as the canvas puts them in."""
    for kind in kind_names():
        if kind != "end":
            first = definition["steps"][0]["key"]
            definition, _key = insert(definition, kind, Place(first))
    return definition


@pytest.fixture
def places(scene):
    """A journey with a draft of every kind of step, offers, a survey that was asked; and what stands in the addresses."""
    now = datetime.now(UTC)
    a_past(now)
    journey = Journey.objects.get(slug=SLUG)
    edit_draft(journey=journey, revision=None, what="all kinds", by=None, now=now, change=with_every_kind)
    run = Enrollment.objects.filter(left_at=None, journey=journey, contact_id__in=Touch.objects.values("contact_id"))
    officer = User.objects.get(username="ada")
    write_consent_texts()
    write_requests(officer=officer, now=now)
    sent = Touch.objects.filter(state="sent").exclude(contact__email="").first()
    unsure = ask(kind="access", contact_id=sent.contact_id, text="", now=now)
    verdict = Verdict.objects.filter(contact_id=run.first().contact_id).first()
    requests = dict(Request.objects.values_list("kind", "id"))
    inside = set(Enrollment.objects.filter(journey=journey).values_list("contact_id", flat=True))
    return {
        "slug": SLUG,
        "block": Block.objects.filter(state="approved").order_by("slug").first().slug,
        "contact": run.first().contact_id,
        "stranger": Enrollment.objects.exclude(contact_id__in=inside).first().contact_id,
        "purpose": Purpose.objects.get(slug="email_marketing").pk,
        "limit": Limit.objects.get(slug="two-a-week").pk,
        "verdict": verdict.pk,
        "erasure": requests["erasure"],
        "correction": requests["rectification"],
        "mine": "/" + unsubscribe_token(Subject(sent.contact_id, sent.pk)) + "/",
        "sure": links.confirm_url(unsure).split("/y")[1],
        "no": "/no/" + decline_url(1_000_000).split("/no/")[1],
        "survey": "/s/" + survey_url(asked(now).pk).split("/s/")[1],
    }


def asked(now):
    """A message with a survey that somebody got."""
    block = Block.objects.filter(state="approved").first()
    names = {"en": "How was it?", "de": "Wie war es?"}
    steps = [
        {"key": "ask", "kind": "survey", "name": names, "question": names, "nps": True, "comment": True, "block": block.slug, "at_most": "7d"},
        {"key": "end", "kind": "end", "name": {"en": "End", "de": "Ende"}},
    ]  # fmt: skip
    entry = {"signal": "repeated-pricing"}
    survey = {"slug": "survey", "name": names, "phase": "retention", "entry": entry, "steps": steps}
    import_journey(definition=survey, now=now)
    journey = Journey.objects.get(slug="survey")
    run = Enrollment.objects.filter(left_at=None).exclude(journey=journey).first()
    step = journey.live_version.steps.get(key="ask")
    mine = Enrollment.objects.create(
        contact=run.contact, journey=journey, version=journey.live_version, step=step, entered_at=now, arrived_at=now
    )
    return Touch.objects.create(
        enrollment=mine, step=step, visit=1, contact=run.contact, journey=journey, block=block, channel="email", purpose="service",
        state="sent", proposed_at=now, decided_at=now, expires_at=now, sent_at=now, content_version=1,
    )  # fmt: skip


def look_at(visitor, name, paths):
    """Visit pages; what is wrong with them, one line a page."""
    found = []
    for path in paths:
        visitor.open(path)
        visitor.all_there()
        if SHOTS:
            file = path.strip("/").translate(str.maketrans("/?=&", "----"))[:60] or "today"
            visitor.page.screenshot(path=str(Path(SHOTS) / f"{file}-{name}.png"), full_page=True)
        violations, pixels = visitor.violations(), visitor.too_wide()
        if violations or pixels > 0:
            found.append(f"{path}: {violations} {pixels} px too wide")
    return found


@pytest.mark.parametrize(("area", "look"), ROUND)
def test_pages_are_accessible_and_fit(visit, places, area, look):
    maja = visit(**LOOKS[look])
    maja.log_in("ada" if area in ("consent", "privacy") else "maja")
    found = look_at(maja, look, [path.format(**places) for path in AREAS[area]])
    if area in ("offers", "public"):  # the link of nobody's survey, offer, form
        maja.wrong[:] = [one for one in maja.wrong if "404" not in one]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("look", LOOKS if EVERY_LOOK else ["wide"])
def test_canvas_with_every_panel_open_is_accessible_and_fits(visit, places, look):
    maja = visit(**LOOKS[look])
    maja.log_in()
    panels = [f"part={part}" for part in ("basics", "entry", "goal", "exit", "kpis")]
    steps = draft_of(Journey.objects.get(slug=SLUG)).definition["steps"]
    panels += [f"step={step['key']}" for step in {one["kind"]: one for one in reversed(steps)}.values()]
    edit = f"/journeys/{SLUG}/edit/"
    found = look_at(maja, look, [edit, *(f"{edit}?{panel}" for panel in panels)])
    assert not found, "\n".join(found)
