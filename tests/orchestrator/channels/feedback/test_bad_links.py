"""Bad addresses of clicks and opens, 113 to 124: nothing is recorded, and nobody is led anywhere else than stored."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client

from contacts.models import Event, News
from journeys.models import Touch
from orchestrator.channels.operations import deliver_touches
from orchestrator.models import Link
from tests.sizes import size

from ..conftest import NOW

pytestmark = pytest.mark.django_db
BROWSER = Client()  # one for all: each new one loads the whole chain of middleware
PERSON = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}


@pytest.fixture
def mails(world, smtp, clock):
    """The tokens of the first link of two mails, and that of a pixel."""
    for name in ("Anna", "Ben"):
        world.touch(world.person(name))
    deliver_touches(now=clock)
    pages = [mail.get_body(("html",)).get_content() for mail in smtp.mails]
    first, second = (re.search(r"/c/([^/\"]+)/", page)[1] for page in pages)
    return first, second, re.search(r"/o/([^/\"]+)\.gif", pages[0])[1]


def ask(path, method="GET", after=60, **headers):
    with time_machine.travel(NOW + timedelta(seconds=after), tick=False):
        return BROWSER.generic(method, path, headers=PERSON | headers)


def kept():
    return [model.objects.count() for model in (Event, News, Touch, Link)]


def nothing(*paths, methods=("GET", "HEAD"), expected=(404,)):
    before = kept()
    for path in paths:
        for method in methods:
            answer = ask(path, method)
            assert answer.status_code in expected, (method, path[:80])
            assert "Location" not in answer
            assert not answer.cookies
    assert kept() == before


def test_link_113_without_a_signature(mails):
    value = mails[0].split(".")[0]
    nothing(f"/c/{value}/", f"/c/{value}./", f"/o/{value}.gif", f"/o/{value}..gif", "/c//", "/o/.gif")


def test_link_114_with_one_bit_changed(mails):
    click, _, pixel = mails
    for form, token in (("/c/{}/", click), ("/o/{}.gif", pixel)):
        for n, letter in enumerate(token):
            for bit in (1, 32):
                wrong = chr(ord(letter) ^ bit)
                if wrong not in "/?#%":
                    nothing(form.format(token[:n] + wrong + token[n + 1 :]), methods=("GET",))


def test_link_115_with_the_signature_of_another(mails):
    (one, _), (_, theirs) = mails[0].split("."), mails[1].split(".")
    nothing(f"/c/{one}.{theirs}/", f"/o/{one}.{theirs}.gif", f"/c/{mails[2]}/", f"/o/{mails[0]}.gif")


def test_link_116_signed_with_an_old_key(mails, settings):
    settings.SECRET_KEY = "another"
    nothing(f"/c/{mails[0]}/", f"/o/{mails[2]}.gif")


@pytest.mark.parametrize(
    "added", ["?url=https://evil.example", "?next=//evil.example", "//evil.example", "https://evil.example/"]
)
def test_link_117_target_rewritten_is_ignored_or_refused(mails, added):
    answer = ask(f"/c/{mails[0]}/{added}")
    assert answer.status_code in (302, 404)
    assert answer.get("Location", "https://shop.example/").startswith("https://shop.example/")


def test_link_118_of_ten_thousand_characters(mails):
    nothing("/c/" + "x" * 10_000 + "/", "/o/" + "9" * 10_000 + ".gif", f"/c/{'1' * 10_000}-0.{mails[0].split('.')[1]}/")


@pytest.mark.parametrize("odd", ["%00", "%0d%0aX-Evil:%201", "%2e%2e", "%2e%2e%2f%2e%2e", "%e2%80%a8", "%ff%fe"])
def test_link_119_with_bytes_that_mean_something_elsewhere(mails, odd):
    nothing(f"/c/{odd}/", f"/c/{mails[0]}{odd}/", f"/o/{odd}.gif", f"/o/{mails[2]}{odd}.gif")


def test_link_120_asked_for_in_other_ways(mails):
    paths = (f"/c/{mails[0]}/", f"/o/{mails[2]}.gif")
    nothing(*paths, methods=("OPTIONS", "PROPFIND", "POST", "PUT", "DELETE", "TRACE"), expected=(405,))
    before = kept()
    assert [ask(path, "HEAD").status_code for path in paths] == [302, 200]
    assert kept() == before


@pytest.mark.parametrize(
    "forged", [{"host": "evil.example"}, {"x-forwarded-host": "evil.example"}, {"host": "evil.example:80@x"}]
)
def test_link_121_with_a_forged_host_leads_nowhere_else(mails, forged):
    answer = ask(f"/c/{mails[0]}/", **forged)
    assert answer.status_code in (302, 400)
    assert "evil" not in answer.get("Location", "")
    assert b"evil" not in answer.content


def test_link_122_asked_by_a_program_with_a_long_name_keeps_no_word_of_it(mails):
    agent = "<script>alert(1)</script>" * 328
    assert ask(f"/c/{mails[0]}/", **{"user-agent": agent}).status_code == 302
    event = Event.objects.get(name="email_clicked")
    assert "script" not in str(event.properties)


def test_link_123_followed_many_times_counts_once_a_minute(mails):
    for _ in range(size(100, 500)):
        assert ask(f"/c/{mails[0]}/").status_code == 302
    assert Event.objects.filter(name="email_clicked").count() == 1
    ask(f"/c/{mails[0]}/", after=130)
    assert Event.objects.filter(name="email_clicked").count() == 2


def test_link_124_of_a_person_who_was_erased_since_leads_on_and_records_nothing(mails):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_state")
        cursor.execute("DELETE FROM journeys_touch")
    before = kept()
    answer = ask(f"/c/{mails[0]}/")
    assert answer.status_code in (302, 404)
    assert ask(f"/o/{mails[2]}.gif").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orchestrator_link")
    assert ask(f"/c/{mails[0]}/").status_code == 404
    assert kept()[:2] == before[:2]
