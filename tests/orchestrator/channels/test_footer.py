"""What stands in every marketing mail: one-click unsubscribe as RFC 8058 wants it, and links that change nothing when followed."""

import random
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from consent.models import Preference, Purpose, Record, Signup, State
from consent.records.operations import Choice, record_consents
from contacts.models import Contact
from journeys.models import Enrollment, Touch
from orchestrator.channels.operations import deliver_touches
from tests.sizes import size

from .conftest import NOW

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https://track\.example(/[^\s\"<>]+)")
ONE_CLICK = {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}


@pytest.fixture
def many(world, smtp, clock):
    """Give a function that sends that many mails to random people for random purposes."""
    Purpose.objects.create(
        slug="x" * 50,
        name_en="Topic",
        name_de="Thema",
        channel="email",
        parent=Purpose.objects.get(slug="email_marketing"),
    )

    def send(n):
        dice = random.Random(7)
        names, both = ["Anna", "Ben", "Çem", "Ñandú", "李"], ["email_marketing", "x" * 50]
        people = Contact.objects.bulk_create(
            Contact(
                first_name=dice.choice(names) * dice.randint(1, 3), email=f"p{place}@mail.example",
                language=dice.choice(["en", "de"]), created_at=NOW, updated_at=NOW,
            )
            for place in range(n)
        )  # fmt: skip
        agreed = [(p.pk, slug) for p in people for slug in both + ["profiling"] * dice.getrandbits(1)]
        record_consents(choices=[Choice(pk, slug, "granted", "form", at=NOW) for pk, slug in agreed], now=NOW)
        runs = Enrollment.objects.bulk_create(
            Enrollment(
                contact=p,
                journey=world.journey,
                version=world.step.version,
                step=world.step,
                entered_at=NOW,
                arrived_at=NOW,
            )
            for p in people
        )
        Touch.objects.bulk_create(
            Touch(
                enrollment=run, step=world.step, visit=1, contact=run.contact, journey=world.journey, block_id=world.block_id,
                channel="email", purpose=dice.choice(both), state="approved", proposed_at=NOW, decided_at=NOW,
                expires_at=NOW + timedelta(days=2),
            )
            for run in runs
        )  # fmt: skip
        clock.move(seconds=5)
        while deliver_touches(now=clock):
            pass
        assert len(smtp.mails) == n
        return smtp

    return send


def test_marketing_mails_of_a_thousand_have_both_headers_once_and_a_post_works(many, settings):
    settings.MAIL_IMPRINT = "Nordlicht GmbH\nHafenstraße 1, 24937 Flensburg"
    browser = Client(enforce_csrf_checks=True)
    sent = many(1000)
    for place, (mail, content) in enumerate(zip(sent.mails, sent.contents, strict=True)):
        (away,), (one_click,) = mail.get_all("List-Unsubscribe"), mail.get_all("List-Unsubscribe-Post")
        assert one_click == "List-Unsubscribe=One-Click"
        assert re.fullmatch(r"<https://track\.example/u/[\w.\-]+/>", away)
        text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        for part in (text, page):
            assert away[1:-1] in part
            assert "Nordlicht GmbH" in part
            assert "Hafenstraße 1" in part
        assert len(text.split()) > 20
        raw = content.split(b"\r\n\r\n")[0].split(b"\r\n")
        assert all(len(line) <= 998 for line in raw)
        assert [line for line in raw if line.lower().startswith(b"list-unsubscribe:")] == [
            f"List-Unsubscribe: {away}".encode()
        ]
        if place % 10 == 0:
            path = LINK.search(away)[1]
            for _ in range(2):
                answer = browser.post(path, **ONE_CLICK)
                assert answer.status_code == 200  # no redirect, no cookie, no referer, no CSRF token
                assert not answer.cookies
    assert State.objects.filter(purpose__slug="email_marketing", granted=False).count() == 100
    assert Record.objects.filter(decision="withdrawn", purpose__slug="email_marketing").count() == 100


def test_links_of_many_mails_followed_by_scanners_change_no_consent(many):
    mails, browser = many(size(60, 200)).mails, Client(enforce_csrf_checks=True)

    def kept():
        return [list(model.objects.order_by("pk").values()) for model in (Record, State, Preference, Signup)]

    before, seen = kept(), set()
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        for place, mail in enumerate(mails):
            html = mail.get_body(("html",)).get_content()
            links = set(LINK.findall(html + mail.get_body(("plain",)).get_content() + mail["List-Unsubscribe"]))
            assert {path[:3] for path in links} >= {"/u/", "/p/", "/w/"}
            seen |= {path[:3] for path in links}
            for path in links:
                for _ in range(2 if place < 20 else 1):
                    assert browser.get(path, headers={"purpose": "prefetch"}).status_code in (200, 302), path
                    assert browser.head(path).status_code in (200, 302), path
                    if place < 5:
                        assert browser.options(path).status_code == 405
    assert seen == {"/u/", "/p/", "/w/", "/c/", "/o/"}
    assert kept() == before


def test_footer_links_are_never_counted_and_service_mails_have_none(world, smtp, clock):
    person = world.person()
    world.touch(person)
    world.touch(person, purpose="service", key="c2")
    clock.move(seconds=5)
    deliver_touches(now=clock)
    by_key = {mail["X-Touch"]: mail.get_body(("html",)).get_content() for mail in smtp.mails}
    marketing, service = (by_key[str(pk)] for pk in Touch.objects.order_by("id").values_list("pk", flat=True))
    assert sorted(path[:3] for path in LINK.findall(marketing)) == ["/c/", "/c/", "/o/", "/p/", "/u/", "/w/"]
    assert not {path[:3] for path in LINK.findall(service)} & {"/u/", "/p/", "/w/"}


def test_mail_of_a_person_without_profiling_has_no_pixel_and_no_counted_link(world, smtp, clock):
    world.touch(world.person(grant=("email_marketing",)))
    clock.move(seconds=5)
    deliver_touches(now=clock)
    found = LINK.findall(smtp.mails[0].get_body(("html",)).get_content())
    assert sorted(path[:3] for path in found) == ["/p/", "/u/", "/w/"]
