"""What comes back: clicks lead to stored targets only, repetitions count once, machines are marked."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.signing import Signer
from django.test import Client

from consent.preferences.queries import subject_of
from consent.records.operations import record_consent
from contacts.models import Event, MessageId, News
from journeys.models import Touch
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.queries import clicked, opened
from orchestrator.models import Link

from ..conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.urls("orchestrator.channels.feedback.urls")]
PERSON = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}


@pytest.fixture
def sent(world, smtp, clock):
    """A mail that Anna got, with the paths of its two links and its pixel."""
    touch = world.touch(world.person())
    deliver_touches(now=clock)
    page = smtp.mails[0].get_body(("html",)).get_content()
    links = re.findall(r"https://track\.example(/c/[^\"]+)", page)
    (pixel,) = re.findall(r"https://track\.example(/o/[^\"]+)", page)
    return touch, links, pixel


def get(path, method="get", after=60, **headers):
    with time_machine.travel(NOW + timedelta(seconds=after), tick=False):
        return getattr(Client(), method)(path, headers=PERSON | headers)


def news():
    return [model.objects.count() for model in (Event, MessageId, News, Touch, Link)]


def test_click_leads_to_the_stored_target_and_is_an_event(sent):
    touch, links, _pixel = sent
    answer = get(links[0])
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/cart?id=c1&from=mail")
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    event = Event.objects.get(name="email_clicked")
    assert (event.contact_id, event.occurred_at, event.source) == (
        touch.contact_id,
        NOW + timedelta(seconds=60),
        "email",
    )
    assert event.properties == {
        "touch": touch.pk, "journey": "cart", "block": "cart-mail", "likely_machine": False,
        "url": "https://shop.example/cart?id=c1&from=mail",
    }  # fmt: skip
    assert News.objects.filter(name="email_clicked", contact_id=touch.contact_id).exists()


def test_open_gives_a_pixel_and_counts_once_a_minute(sent):
    _touch, _links, pixel = sent
    answer = get(pixel)
    assert answer["Content-Type"] == "image/gif"
    assert answer.content[:6] == b"GIF89a"
    get(pixel, after=70)
    assert Event.objects.filter(name="email_opened").count() == 1
    get(pixel, after=600)
    assert Event.objects.filter(name="email_opened").count() == 2


def test_head_and_other_methods_change_nothing(sent):
    _touch, links, pixel = sent
    before = news()
    for _ in range(2):
        assert get(links[0], "head").status_code == 302
        assert get(pixel, "head").status_code == 200
        for method in ("post", "put", "delete", "options", "trace"):
            assert get(links[0], method).status_code == 405
    assert news() == before


def test_altered_token_is_404_and_leads_nowhere(sent):
    _touch, links, pixel = sent
    before = news()
    for path, end in ((links[0], "/"), (pixel, ".gif")):
        token = path[3 : -len(end)]
        altered = [token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] for n in range(len(token))]
        for wrong in [
            *altered,
            token[:-1],
            token + "A",
            token.lower(),
            "%00",
            "%0d%0aX: 1",
            "%2e%2e",
            "x" * 10_000,
            "1-0",
        ]:
            answer = get(f"{path[:3]}{wrong}{end}")
            assert answer.status_code == 404, wrong
            assert "Location" not in answer
    assert news() == before


def test_token_of_one_kind_never_works_as_another(sent):
    _touch, links, pixel = sent
    click, gif = links[0][3:-1], pixel[3:-4]
    assert clicked(click)
    assert opened(gif)
    assert (clicked(gif), opened(click), subject_of(click), subject_of(gif)) == (None, None, None, None)
    assert get(f"/c/{gif}/").status_code == 404
    assert get(f"/o/{click}.gif").status_code == 404


def test_click_with_a_token_of_an_old_key_is_404_and_of_a_kept_key_works(sent, settings):
    _touch, links, _pixel = sent
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert get(links[0]).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert get(links[0]).status_code == 302


def test_click_of_a_link_that_was_never_stored_is_404(sent):
    touch, _links, _pixel = sent
    token = Signer(salt="orchestrator.channels.click", sep=".").sign(f"{touch.pk}-999")
    assert get(f"/c/{token}/").status_code == 404


def test_click_ignores_a_forged_host(sent):
    _touch, links, _pixel = sent
    assert get(links[0], **{"x-forwarded-host": "evil.example"})["Location"].startswith("https://shop.example/")


@pytest.mark.parametrize(
    ("headers", "after", "machine"),
    [
        ({}, 60, False),
        ({}, 1, True),
        ({"user-agent": ""}, 60, True),
        ({"user-agent": "Googlebot/2.1"}, 60, True),
        ({"user-agent": "python-requests/2.32"}, 60, True),
        ({"user-agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}, 60, False),
        ({"sec-purpose": "prefetch;prerender"}, 60, True),
        ({"user-agent": "x" * 8000}, 60, False),
        ({"user-agent": "Mozilla/5.0"}, 60, True),  # Apple's mail privacy protection
        ({"user-agent": "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"}, 60, True),
        ({"user-agent": "Mozilla/5.0 (Windows NT 10.0) ProofpointURLDefense/1.0"}, 60, True),
        (
            {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"},
            60,
            False,
        ),
        ({"user-agent": "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"}, 60, False),
        ({"x-moz": "prefetch"}, 60, True),
        ({"sec-fetch-purpose": "prefetch"}, 60, True),
    ],
)
def test_click_of_a_machine_is_marked(sent, headers, after, machine):
    _touch, links, _pixel = sent
    assert get(links[0], after=after, **headers).status_code == 302
    assert Event.objects.get().properties["likely_machine"] is machine


def test_click_of_a_person_counts_beside_a_scanner_in_the_same_minute(sent):
    _touch, links, _pixel = sent
    get(links[0], after=1)
    for after in (10, 20):
        get(links[0], after=after)
    assert sorted(Event.objects.values_list("properties__likely_machine", flat=True)) == [False, True]
    get(links[1], after=20)
    assert Event.objects.count() == 3


def test_click_on_every_link_within_seconds_is_a_scanner(sent):
    touch, links, _pixel = sent
    for position in (7, 8):
        Link.objects.create(touch=touch, position=position, url=f"https://shop.example/{position}")
        links.append(f"/c/{Signer(salt='orchestrator.channels.click', sep='.').sign(f'{touch.pk}-{position}')}/")
    for n, link in enumerate(links):
        get(link, after=60 + n)
    get(links[0], after=180)
    marked = Event.objects.order_by("occurred_at").values_list("properties__likely_machine", flat=True)
    assert list(marked) == [False, False, True, True, False]


def test_click_after_profiling_was_withdrawn_leads_on_and_records_nothing(sent):
    touch, links, pixel = sent
    record_consent(contact_id=touch.contact_id, purpose="profiling", decision="withdrawn", source="x", now=NOW)
    assert get(links[0]).status_code == 302
    assert get(pixel).status_code == 200
    assert not Event.objects.exists()


def test_feedback_of_an_erased_touch_shows_a_pixel_and_records_nothing(sent):
    touch, links, pixel = sent
    Link.objects.all().delete()
    Touch.objects.filter(pk=touch.pk).delete()
    assert get(pixel).status_code == 200
    assert get(links[0]).status_code == 404
    assert not Event.objects.exists()
