"""The pages of senders: marketers look, staff changes, and DNS is asked for real, at a small server of ours."""

import socket
import threading
from datetime import date

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from orchestrator.channels.senders.dns import lookup
from orchestrator.channels.senders.operations import save_sender
from orchestrator.channels.senders.rules import NotLookedUp
from orchestrator.kernel.access import PRIVACY_GROUP, SALES_GROUP
from orchestrator.models import Sender

from ..conftest import NOW

pytestmark = pytest.mark.django_db
RECORDS = {
    "nordlicht.example.": ['"v=spf1 include:sendgrid.net ~all"', '"another"'],
    "s1._domainkey.nordlicht.example.": ['"v=DKIM1; k=rsa; " "p=MIGf"'],
    "_dmarc.nordlicht.example.": ['"v=DMARC1; p=none"'],
    "odd.example.": ['"\\195\\040"'],
}


@pytest.fixture
def names(settings):
    """A DNS server on a free port; it knows RECORDS, answers SERVFAIL for fails.example and is silent for silent.example."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))
    line.settimeout(0.1)
    over = threading.Event()

    def serve():
        while not over.is_set():
            try:
                data, asker = line.recvfrom(4096)
            except TimeoutError:
                continue
            question = dns.message.from_wire(data)
            name = question.question[0].name.to_text()
            answer = dns.message.make_response(question)
            answer.flags |= dns.flags.RA
            if "silent" in name:
                continue
            if "fails" in name:
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif texts := RECORDS.get(name):
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *texts))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            line.sendto(answer.to_wire(), asker)

    thread = threading.Thread(target=serve)
    thread.start()
    settings.MAIL_DNS_SERVERS = [f"127.0.0.1:{line.getsockname()[1]}"]
    settings.MAIL_PROVIDER = "sendgrid"
    yield
    over.set()
    thread.join()
    line.close()


def signed_in(*, staff=False, group=""):
    user = User.objects.create_user(f"u{staff}{group}", password="x", is_staff=staff)
    if group:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def sender(db):
    one = Sender(
        name="Nordlicht", address="hello@nordlicht.example", dkim_selectors="s1", warm_up_from=date(2026, 3, 1)
    )
    return save_sender(sender=one, now=NOW)


def test_lookup_joins_texts_and_says_when_it_knows_nothing(names):
    assert lookup("s1._domainkey.nordlicht.example", "TXT") == ["v=DKIM1; k=rsa; p=MIGf"]
    assert lookup("nowhere.example", "TXT") == []
    assert len(lookup("odd.example", "TXT")) == 1
    for wrong in ("fails.example", "a" * 70 + ".example", "a..b"):
        with pytest.raises(NotLookedUp):
            lookup(wrong, "TXT")


def test_pages_show_lines_to_copy_and_what_stands_there(names, sender):
    client = signed_in()
    page = client.get("/senders/")
    assert page.status_code == 200
    assert "hello@nordlicht.example" in page.content.decode()
    text = client.get(f"/senders/{sender.pk}/").content.decode()
    assert "include:sendgrid.net" in text
    assert "_dmarc.nordlicht.example. TXT" in text
    assert "data-copy" in text
    whole = client.post(f"/senders/{sender.pk}/check/").content.decode()
    assert "<html" in whole
    part = client.post(f"/senders/{sender.pk}/check/", headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith('<section class="card" id="dns"')
    for said in ("stands there and only watches (p=none)", "v=DKIM1; k=rsa; p=MIGf", "tone-green", "tone-amber"):
        assert said in whole
        assert said in part


def test_check_without_dns_says_that_nothing_is_known(names, sender, settings):
    Sender.objects.filter(pk=sender.pk).update(address="hello@fails.example")
    text = signed_in().post(f"/senders/{sender.pk}/check/").content.decode()
    assert text.count("DNS did not answer: nothing is known") == 3


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"name": "a\r\nBcc: x"}, "one line"),
        ({"name": "a\u2028b"}, "one line"),
        ({"name": "a <b>"}, "one line"),
        ({"address": "nobody"}, "valid email"),
        ({"address": "a@b.example\r\nBcc: x@y.example"}, "valid email"),
        ({"reply_to": "x\n@y.example"}, "valid email"),
        ({"dkim_selectors": "s1 ../x"}, "no selector"),
        ({"warm_up_first": "0"}, "At least 1"),
        ({"warm_up_from": "2026-02-30"}, "valid date"),
        ({"purposes": ["nothing"]}, "valid choice"),
        ({"name": ""}, "required"),
    ],
)
def test_form_with_something_wrong_says_so_and_keeps_nothing(db, more, word):
    given = {
        "name": "Nordlicht",
        "address": "hello@nordlicht.example",
        "warm_up_first": "50",
        "warm_up_ceiling": "5000",
    } | more
    answer = signed_in(staff=True).post("/senders/new/", given)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not Sender.objects.exists()


def test_staff_makes_changes_and_deletes_a_sender(db):
    client = signed_in(staff=True)
    given = {
        "name": "Nordlicht",
        "address": "hello@nordlicht.example",
        "purposes": ["email_marketing", "service"],
        "dkim_selectors": "s1, s2",
        "warm_up_first": "50",
        "warm_up_ceiling": "5000",
    }
    answer = client.post("/senders/new/", given)
    one = Sender.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/senders/{one.pk}/")
    assert (one.is_default, one.purposes, one.dkim_selectors) == (True, ["email_marketing", "service"], "s1 s2")
    client.post(f"/senders/{one.pk}/edit/", given | {"name": "Neu"})
    one.refresh_from_db()
    assert (one.name, one.is_default) == ("Neu", True)
    assert client.post("/senders/new/", given).status_code == 422  # the address is taken
    client.post(f"/senders/{one.pk}/delete/")
    assert not Sender.objects.exists()


def test_who_may_look_and_who_may_change(sender):
    paths = ("/senders/", f"/senders/{sender.pk}/")
    assert [Client().get(path).status_code for path in paths] == [302, 302]
    for client, status in (
        (signed_in(), 200),
        (signed_in(group=PRIVACY_GROUP), 200),
        (signed_in(group=SALES_GROUP), 403),
    ):
        assert {client.get(path).status_code for path in paths} == {status}
        for path in ("/senders/new/", f"/senders/{sender.pk}/edit/"):
            assert client.get(path).status_code == 403
            assert client.post(path, {}).status_code == 403
        assert client.post(f"/senders/{sender.pk}/delete/").status_code == 403
    assert signed_in(staff=True).get("/senders/new/").status_code == 200
    assert Sender.objects.count() == 1


def test_list_takes_as_many_statements_for_many_senders(sender, django_assert_max_num_queries):
    client = signed_in()
    client.get("/senders/")
    with django_assert_max_num_queries(12) as one:
        client.get("/senders/")
    for n in range(30):
        save_sender(
            sender=Sender(name=f"N{n}", address=f"n{n}@nordlicht.example", warm_up_from=date(2026, 3, 1)), now=NOW
        )
    with django_assert_max_num_queries(len(one)):
        assert b"n29@nordlicht.example" in client.get("/senders/").content
