"""Bounces as mails: the address they come to tells the message, whatever else they say."""

import io
import mailbox
import sys

import pytest
from django.core.management import CommandError, call_command

from consent.models import Suppression
from contacts.models import Event
from orchestrator.channels.feedback.mailed import bounce_address, read_mail
from orchestrator.channels.feedback.reports import Unreadable
from orchestrator.channels.feedback.rules import Kind
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.tokens import token

from ..conftest import NOW
from .reports import dsn

pytestmark = pytest.mark.django_db
HEAD = "From: MAILER-DAEMON@mx.example (Mail Delivery System)\nTo: {to}\nDate: Mon, 02 Mar 2026 08:30:00 +0000\nSubject: {subject}\n\n{text}"


def plain(text, subject="Undelivered Mail", to=None, touch=17, sender=None):
    mail = HEAD.format(to=to or bounce_address(token(touch), "bounces.example"), subject=subject, text=text)
    return mail if sender is None else mail.replace("MAILER-DAEMON@mx.example (Mail Delivery System)", sender)


def read(raw):
    return read_mail(raw, link_touch=lambda token: None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<anna@mail.example>: host mx said: 550 5.1.1 no such user", Kind.HARD),
        ("Der Empfänger ist unbekannt. 550 Requested action not taken", Kind.HARD),
        ("This user does not exist at our company", Kind.HARD),
        ("552 5.2.2 mailbox full", Kind.SOFT),
        ("We could not deliver your mail. Sorry.", Kind.SOFT),
        ("451 4.3.0 try later", Kind.SOFT),
        ("550 5.7.1 blocked by policy", None),
    ],
)
def test_read_mail_without_structure_is_understood_by_its_words(text, kind):
    found = read(plain(text))
    assert [(one.kind, one.touch, one.signed) for one in found] == ([(kind, 17, True)] if kind else [])


@pytest.mark.parametrize(
    "raw",
    [
        plain("I am on holiday", "Out of office").replace("Subject:", "Auto-Submitted: auto-replied\nSubject:"),
        plain("Please take me off your list, 550 5.1.1", sender="Anna <anna@mail.example>"),
    ],
)
def test_read_mail_of_a_person_is_no_bounce(raw):
    assert read(raw) == []


@pytest.mark.parametrize(
    "to",
    [
        "bounce@bounces.example",
        "bounce+t17-00000000000000000000@bounces.example",
        "bounce+@x",
        f"bounce+{token(17, service=True)}@x.example",
    ],
)
def test_read_mail_without_a_right_address_is_unreadable(to):
    with pytest.raises(Unreadable):
        read(plain("550 5.1.1 no such user", to=to))


def test_read_mail_with_structure_takes_the_message_from_the_address():
    raw = dsn("Action: failed\nStatus: 5.1.1", "forwarded@elsewhere.example").replace(
        "Date:", f"Delivered-To: {bounce_address(token(17), 'b.example').upper()}\nDate:"
    )
    (found,) = read(raw)
    assert (found.kind, found.touch, found.signed) == (Kind.HARD, 17, True)
    assert read(dsn("Action: delayed\nStatus: 4.4.1")) == []


def test_read_mail_cut_off_anywhere_is_never_another_error():
    raw = plain("550 5.1.1 no such user\x00\x01 " + "ü" * 50)
    for end in range(len(raw)):
        try:
            read(raw[:end])
        except Unreadable:
            continue


def test_bounce_of_a_sent_mail_comes_back_to_its_address_and_is_taken_once(
    world, smtp, clock, settings, tmp_path, capsys
):
    settings.MAIL_BOUNCE_DOMAIN = "bounces.example"
    touch = world.touch(world.person())
    seen = []
    smtp.on_data = lambda mail: seen.append(mail)
    deliver_touches(now=clock)
    assert smtp.senders == [bounce_address(token(touch.pk), "bounces.example")]
    assert len(smtp.senders[0].partition("@")[0]) <= 64
    assert seen[0]["From"] == "Nordlicht <hello@nordlicht.example>"
    box = mailbox.Maildir(tmp_path / "box")
    for text in ("550 5.1.1 no such user",) * 2:
        box.add(plain(text, touch=touch.pk).encode())
    box.add(b"Subject: what is this\n\nnothing")
    for _ in range(2):
        call_command("take_bounces", str(tmp_path / "box"))
    assert sorted(capsys.readouterr().out.split()) == ["duplicate", "stored", "unreadable"]
    assert list(Suppression.objects.values_list("address", "reason")) == [("anna@mail.example", "bounced")]
    event = Event.objects.get()
    assert (event.contact_id, event.properties["touch"]) == (touch.contact_id, touch.pk)
    assert sorted(message.get_flags() for message in mailbox.Maildir(tmp_path / "box")) == ["D", "S", "S"]


def test_take_bounces_from_a_pipe_or_from_nowhere(world, monkeypatch, capsys, tmp_path):
    touch = world.touch(world.person(), state="sent", address="anna@mail.example", called_at=NOW, sent_at=NOW)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plain("user unknown", touch=touch.pk).encode())))
    call_command("take_bounces", "-")
    assert capsys.readouterr().out == "stored\n"
    with pytest.raises(CommandError, match="no Maildir"):
        call_command("take_bounces", str(tmp_path / "nothing"))
