"""Bad inputs 113 to 124 (promises, section 12) at the links and the pixel of sent mails: they lead nowhere and write nothing."""

import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Preference, Record, State, Suppression
from contacts.models import Contact, Event, MessageId, News
from journeys.models import Touch
from orchestrator.channels.operations import deliver_touches
from orchestrator.models import Link
from tests.sizes import size

from ..conftest import NOW

pytestmark = pytest.mark.django_db
PERSON = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
TABLES = (Event, MessageId, News, Touch, Link, Record, State, Suppression, Preference)
TARGET = "https://shop.example/cart?id=c1&from=mail"


@pytest.fixture
def sent(world, smtp, clock):
    """A mail that Anna got: its touch, the token of its first link, and the one of its pixel."""
    touch = world.touch(world.person())
    deliver_touches(now=clock)
    page = smtp.mails[0].get_body(("html",)).get_content()
    click = re.findall(r"https://track\.example/c/([^\"]+)/", page)[0]
    (pixel,) = re.findall(r"https://track\.example/o/([^\"]+)\.gif", page)
    return touch, click, pixel


def ask(path, method="GET", after=60, **headers):
    with time_machine.travel(NOW + timedelta(seconds=after), tick=False):
        return Client(raise_request_exception=True).generic(method, path, headers=PERSON | headers)


def written():
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def nowhere(paths):
    """Nothing is there, nothing is written, and the answer names no place to go."""
    before = written()
    for path in paths:
        for method in ("GET", "HEAD"):
            answer = ask(path, method)
            assert answer.status_code == 404, path
            assert "Location" not in answer
            assert not answer.cookies
            assert b"evil" not in answer.content
    assert written() == before


def signed(token, salt="orchestrator.channels.click"):
    return Signer(salt=salt, sep=".").sign(token)


def test_113_no_signature_leads_nowhere(sent):
    touch, click, _pixel = sent
    body = click.rpartition(".")[0]
    nowhere(f"/c/{token}/" for token in (body, f"{body}.", f"{touch.pk}-0", f"{touch.pk}-0.", f".{click}", "0-0", "-"))


def test_114_one_bit_changed_leads_nowhere(sent):
    _touch, click, pixel = sent
    for token, path in ((click, "/c/{}/"), (pixel, "/o/{}.gif")):
        flipped = {
            token[:n] + chr(ord(c) ^ (1 << bit)) + token[n + 1 :] for n, c in enumerate(token) for bit in range(6)
        }
        fit = [wrong for wrong in flipped if re.fullmatch(r"[\w.:=-]+", wrong) and wrong != token]
        assert len(fit) > 100
        nowhere(path.format(wrong) for wrong in fit[::3])


def test_115_signature_of_another_link_leads_nowhere(sent):
    touch, click, pixel = sent
    other = signed(f"{touch.pk}-1").rpartition(".")[2]
    body = click.rpartition(".")[0]
    nowhere(
        [
            f"/c/{body}.{other}/",
            f"/c/{pixel}/",
            f"/o/{click}.gif",
            f"/c/{signed(body, 'consent.preferences.unsubscribe')}/",
        ]
    )
    nowhere([f"/c/{signed(f'{touch.pk}-999')}/", f"/c/{signed(f'{touch.pk + 1}-0')}/", f"/c/{signed('00001-0')}/"])


def test_116_old_key_works_only_while_it_is_kept(sent, settings):
    _touch, click, pixel = sent
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    nowhere([f"/c/{click}/", f"/o/{pixel}.gif"])
    settings.SECRET_KEY_FALLBACKS = [old]
    assert ask(f"/c/{click}/")["Location"] == TARGET
    assert ask(f"/o/{pixel}.gif").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    nowhere([f"/c/{click}/", f"/o/{pixel}.gif"])


def test_117_target_rewritten_leads_to_the_stored_one(sent):
    _touch, click, _pixel = sent
    evil = "https://evil.example/"
    for query in (
        f"?url={evil}",
        f"?next={evil}&to={evil}",
        f"?{evil}",
        f"?{TARGET}={evil}",
        "?url=javascript:alert(1)",
    ):
        assert ask(f"/c/{click}/{query}")["Location"] == TARGET
    nowhere([f"/c/{click}/{evil}", f"/c/{click}@evil.example/", f"/c/{evil}/", f"/c//{evil}/{click}/"])


def test_118_path_of_ten_thousand_characters_leads_nowhere_and_costs_no_time(sent):
    _touch, click, _pixel = sent
    long = ["x" * 10_000, click + "x" * 10_000, "1" * 10_000 + "-0." + "a" * 43, "-" * 10_000, "." * 10_000]
    nowhere([f"/c/{token}/" for token in long] + [f"/o/{token}.gif" for token in long])

    def cost(token):
        begun = time.thread_time()  # of the processor: what the rest of the machine does counts for nothing
        ask(f"/c/{token}/")
        return time.thread_time() - begun

    short = min(cost("x" * 60) for _ in range(9))
    assert min(cost("x" * 10_000) for _ in range(9)) < max(20 * short, 0.2)


def test_119_odd_bytes_lead_nowhere_and_split_no_header(sent):
    _touch, click, _pixel = sent
    odd = [
        "%00",
        "%0d%0aX-Evil:%201",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fadmin",
        "%ff%fe",
        "%E2%80%AE",
        "%c0%af",
        "%25%30%30",
    ]
    nowhere([f"/c/{piece}/" for piece in odd] + [f"/o/{piece}.gif" for piece in odd])
    nowhere([f"/c/{click}{piece}/" for piece in odd] + [f"/c/{piece}{click}/" for piece in odd])


def test_120_head_options_and_other_methods_write_nothing(sent):
    _touch, click, pixel = sent
    before = written()
    for path, status in ((f"/c/{click}/", 302), (f"/o/{pixel}.gif", 200)):
        for _ in range(2):
            assert ask(path, "HEAD").status_code == status
            for method in (
                "OPTIONS",
                "PROPFIND",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
                "TRACE",
                "CONNECT",
                "MKCOL",
                "X" * 100,
            ):
                assert ask(path, method).status_code == 405
    assert written() == before


def test_120_get_of_every_link_changes_no_consent(sent):
    """Scanners and prefetchers follow everything, twice: what comes of it is events, never a consent."""
    _touch, click, pixel = sent
    kept = [list(table.objects.order_by("pk").values()) for table in (Record, State, Suppression, Preference, Contact)]
    for headers in (
        {},
        {"purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"user-agent": "Barracuda/1"},
    ) * 2:
        for method in ("GET", "HEAD"):
            ask(f"/c/{click}/", method, **headers)
            ask(f"/o/{pixel}.gif", method, **headers)
    assert Event.objects.count() == 4  # clicked and opened, by a person and by machines
    assert kept == [list(t.objects.order_by("pk").values()) for t in (Record, State, Suppression, Preference, Contact)]


def test_121_forged_host_leads_to_the_stored_target_or_is_refused(sent, settings):
    _touch, click, _pixel = sent
    settings.ALLOWED_HOSTS = ["testserver"]
    for headers in (
        {"x-forwarded-host": "evil.example"},
        {"forwarded": "host=evil.example"},
        {"x-original-url": "/admin/"},
    ):
        answer = ask(f"/c/{click}/", **headers)
        assert answer["Location"] == TARGET
        assert "evil" not in str(answer.headers) + answer.content.decode()
    for host in ("evil.example", "testserver@evil.example", "evil.example:80"):
        answer = ask(f"/c/{click}/", host=host)
        assert answer.status_code in (302, 400)
        assert answer.get("Location", TARGET) == TARGET
        assert "evil" not in answer.content.decode()


def test_122_user_agent_of_8_kib_with_a_script_is_kept_nowhere_and_shown_nowhere(sent, client):
    touch, click, _pixel = sent
    script = "<script>alert(1)</script>"
    assert ask(f"/c/{click}/", **{"user-agent": (script * 400)[:8192]}).status_code == 302
    event = Event.objects.get(name="email_clicked")
    assert "script" not in str(event.properties)
    client.force_login(User.objects.create_user("maja"))
    html = client.get(f"/contacts/{touch.contact_id}/?show=touches").content.decode()
    assert script not in html
    assert "alert(1)" not in html


def test_123_replay_counts_once_a_minute_and_each_costs_the_same(sent):
    """Of 100,000 the first counts; what one replay costs does not grow, so a hundred stand for them."""
    _touch, click, pixel = sent
    ask(f"/c/{click}/")
    ask(f"/o/{pixel}.gif")
    after_first = [table.objects.count() for table in TABLES]
    costs = []
    for _ in range(size(50, 150)):
        for path in (f"/c/{click}/", f"/o/{pixel}.gif"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert ask(path).status_code in (200, 302)
            costs.append(len(asked))
    assert [table.objects.count() for table in TABLES] == after_first
    assert max(costs) <= 8
    assert costs[:2] == costs[-2:]
    ask(f"/c/{click}/", after=120)
    assert Event.objects.filter(name="email_clicked").count() == 2


@pytest.mark.parametrize("rest", ["touch and link", "link", "touch", "nothing"])
def test_124_contact_erased_since_is_led_on_or_nowhere_and_nothing_is_written(sent, rest):
    touch, click, pixel = sent
    Event.objects.all().delete()
    State.objects.filter(contact_id=touch.contact_id).delete()
    with connection.cursor() as cursor:  # as an erasure does: rows go, one by one or all
        if "link" not in rest:
            cursor.execute("DELETE FROM orchestrator_link")
        if "touch" not in rest:
            cursor.execute("DELETE FROM journeys_touch")
        cursor.execute("DELETE FROM journeys_enrollment WHERE contact_id = %s", [touch.contact_id])
        cursor.execute("DELETE FROM contacts_contact WHERE id = %s", [touch.contact_id])
    before = written()
    assert ask(f"/c/{click}/").status_code == (302 if "link" in rest else 404)
    assert ask(f"/o/{pixel}.gif").status_code == 200
    assert written() == before
    assert not Event.objects.exists()
