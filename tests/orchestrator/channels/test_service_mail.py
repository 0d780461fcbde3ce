"""Service mails: sent at least once, tried again with longer waits, failed with the server's words; headers stay headers."""

from datetime import timedelta

import pytest

from consent.models import ServiceMail, Suppression
from consent.preferences.mails import ask_service_mail
from orchestrator.channels.service_mail import MOST_ATTEMPTS, send_service_mails
from orchestrator.tick.operations import SCHEDULES

from .conftest import NOW

pytestmark = pytest.mark.django_db
VALUES = {
    "signup": 1,
    "url": "https://x.example/d/1.abc/",
    "days": 7,
    "choices": [{"name": "News", "text": "Yes & no"}],
}


def ask(address="anna@mail.example", *, language="en", kind="double_opt_in", **values):
    return ask_service_mail(kind=kind, address=address, language=language, values=VALUES | values, now=NOW)


def state(pk):
    return ServiceMail.objects.values_list("state", "attempts", "words").get(pk=pk)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Please confirm"), ("de", "Bitte bestätigen"), ("fr", "Please confirm")]
)
def test_send_is_one_mail_in_the_persons_language_without_marketing(smtp, clock, language, said):
    pk = ask(language=language)
    clock.move(seconds=1)
    assert send_service_mails(now=clock) == {"sent": 1}
    assert send_service_mails(now=clock) == {}
    (got,) = smtp.mails
    assert got["Subject"] == f"{said}: Nordlicht"
    assert got["To"] == "anna@mail.example"
    assert got["X-Service-Mail"] == str(pk)
    assert (got["List-Unsubscribe"], got["X-Touch"]) == (None, None)
    assert got["Auto-Submitted"] == "auto-generated"
    html, text = (got.get_body((kind,)).get_content() for kind in ("html", "plain"))
    assert VALUES["url"] in html
    assert VALUES["url"] in text
    assert "Yes &amp; no" in html
    assert "Yes & no" in text
    assert "<img" not in html
    assert html.count("<a ") == 1
    assert ServiceMail.objects.get().sent_at == clock.at


def test_send_when_the_server_says_later_waits_longer_each_time_and_ends_as_failed(smtp, clock):
    smtp.at_rcpt["anna@mail.example"] = "451 4.7.1 Later"
    pk, waits = ask(), []
    for _ in range(MOST_ATTEMPTS - 1):
        assert send_service_mails(now=clock) == {"waiting": 1}
        assert send_service_mails(now=clock) == {}
        waits.append(ServiceMail.objects.get().next_at - clock.at)
        clock.at = ServiceMail.objects.get().next_at
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits == sorted(waits)
    assert max(waits) == timedelta(hours=4)
    assert send_service_mails(now=clock) == {"failed": 1}
    assert state(pk) == ("failed", MOST_ATTEMPTS, "451 4.7.1 Later")
    clock.move(days=9)
    assert send_service_mails(now=clock) == {}


def test_send_again_after_a_lost_answer_bears_the_same_message_id(smtp, clock):
    smtp.hang_up.add("anna@mail.example")
    pk = ask()
    assert send_service_mails(now=clock) == {"waiting": 1}
    smtp.hang_up.clear()
    clock.move(minutes=1)
    assert send_service_mails(now=clock) == {"sent": 1}
    assert len({mail["Message-ID"] for mail in smtp.mails}) == 1
    assert len(smtp.mails) == 2
    assert state(pk)[0] == "sent"


def test_send_to_an_address_that_does_not_exist_fails_and_suppresses_it(smtp, clock):
    smtp.at_rcpt["anna@mail.example"] = "550 5.1.1 No such user"
    pk, other = ask(), ask("ben@mail.example")
    assert send_service_mails(now=clock) == {"failed": 1, "sent": 1}
    assert state(pk) == ("failed", 1, "550 5.1.1 No such user")
    assert state(other)[0] == "sent"
    assert Suppression.objects.get().reason == "bounced"


def test_send_without_a_server_keeps_every_mail(settings, smtp, clock):
    settings.EMAIL_PORT = 1
    pks = [ask(), ask("ben@mail.example")]
    assert send_service_mails(now=clock) == {"waiting": 2}
    assert {state(pk)[:2] for pk in pks} == {("waiting", 1)}


def test_send_of_a_worker_that_died_is_taken_over_and_its_late_word_refused(smtp, clock, settings, monkeypatch):
    from orchestrator.channels import service_mail

    pk = ask()
    (mail,) = service_mail._claim(now=clock.at, limit=9)
    assert send_service_mails(now=clock) == {}
    clock.move(seconds=settings.DELIVERY_LEASE_SECONDS)
    assert send_service_mails(now=clock) == {"sent": 1}
    assert service_mail._settle(mail, service_mail.Answer("unavailable", "late"), clock.at) == "claim_over"
    assert state(pk) == ("sent", 2, "")


@pytest.mark.parametrize(
    "evil",
    [
        "x\r\nBcc: evil@x.example",
        "x\nBcc: evil@x.example",
        "x\u2028Bcc: e@x.example",
        "x\x85Bcc: e@x.example",
    ],
)
def test_send_headers_cannot_be_added_by_address_or_sender(smtp, clock, settings, evil):
    settings.MAIL_FROM = f"{evil} <hello@nordlicht.example>" if "\n" not in evil else settings.MAIL_FROM
    good, bad = ask(), ask(f"{evil}@mail.example")
    outcomes = send_service_mails(now=clock)
    assert state(bad)[0] == "failed"
    assert "written" in state(bad)[2]
    assert sum(outcomes.values()) == 2
    for got in smtp.mails:
        assert got["Bcc"] is None
        assert got["To"] == "anna@mail.example"
        assert len(got.get_all("Subject")) == len(got.get_all("From")) == 1
    assert state(good)[0] in ("sent", "failed")


def test_send_of_a_kind_without_words_fails_with_the_reason(smtp, clock):
    pk = ask(kind="nothing")
    assert send_service_mails(now=clock) == {"failed": 1}
    assert "cannot be written" in state(pk)[2]


def test_service_mails_have_a_schedule_and_ring_when_asked(django_capture_on_commit_callbacks):
    assert SCHEDULES["service mails"] == ("orchestrator.service_mails", 5)
    with django_capture_on_commit_callbacks() as rung:
        ask()
    assert len(rung) == 1
