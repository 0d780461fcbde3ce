"""What every mail must have (H7), and that no value of anybody begins a header of its own (H6)."""

import pytest

from journeys.content.rules import one_line
from journeys.models import Touch
from orchestrator.arbiter.models import Verdict
from orchestrator.channels.adapters.base import Message
from orchestrator.channels.adapters.email import prepare
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.rules import Incomplete, check_complete
from orchestrator.channels.senders.queries import From
from orchestrator.models import Sender

from .conftest import NOW

pytestmark = pytest.mark.django_db
BREAKS = ["\r\n", "\r", "\n", "\x00", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e"]
URL = "https://track.example/u/1/"
PAGE = f"<p>Hello</p><p>Nordlicht &amp; S\u00f6hne</p><p>Hafen 1</p><a href='{URL}'>x</a>"
TEXT = f"Hello\nNordlicht & S\u00f6hne\nHafen 1\n{URL}"
IMPRINT = "Nordlicht & S\u00f6hne\n\n Hafen 1 "
FROM = From("Nordlicht", "hello@nordlicht.example")


def letter(**more):
    given = {
        "touch_id": 1,
        "address": "anna@mail.example",
        "subject": "Hi",
        "html": PAGE,
        "text": TEXT,
        "unsubscribe": URL,
        "sender": FROM,
    }
    return Message(**(given | more))


@pytest.mark.parametrize(
    ("more", "imprint", "reason"),
    [
        ({"sender": From("", "")}, IMPRINT, "no_sender"),
        ({"sender": None}, IMPRINT, "no_sender"),
        ({"text": " \n "}, IMPRINT, "no_text"),
        ({}, "", "no_imprint"),
        ({}, " \n ", "no_imprint"),
        ({"text": TEXT.replace("Hafen", "Haven")}, IMPRINT, "no_imprint"),
        ({"html": PAGE.replace("Hafen", "Haven")}, IMPRINT, "no_imprint"),
        ({"unsubscribe": ""}, IMPRINT, "no_unsubscribe"),
        ({"html": "Nordlicht &amp; S\u00f6hne Hafen 1"}, IMPRINT, "no_unsubscribe"),
        ({"text": "Nordlicht & S\u00f6hne Hafen 1"}, IMPRINT, "no_unsubscribe"),
    ],
)
def test_check_complete_refuses_what_lacks_a_part(more, imprint, reason):
    with pytest.raises(Incomplete, match=reason):
        check_complete(letter(**more), imprint=imprint, marketing=True)
    check_complete(letter(), imprint=IMPRINT, marketing=True)
    broken = {"html": PAGE.replace("fen 1", "fen&nbsp;\n 1"), "text": TEXT.replace("fen 1", "fen\n1")}
    check_complete(letter(**broken), imprint=IMPRINT, marketing=True)
    check_complete(letter(unsubscribe=""), imprint=IMPRINT, marketing=False)


@pytest.mark.parametrize(("setting", "reason"), [("MAIL_FROM", "no_sender"), ("MAIL_IMPRINT", "no_imprint")])
def test_deliver_without_a_part_sends_nothing_and_stores_the_reason(world, smtp, clock, settings, setting, reason):
    setattr(settings, setting, "")
    touch = world.touch(world.person())
    clock.move(seconds=5)
    assert deliver_touches(now=clock) == {reason: 1}
    touch.refresh_from_db()
    assert (touch.state, touch.reason, smtp.mails) == ("suppressed", reason, [])
    assert Verdict.objects.filter(touch_id=touch.pk, reason=reason).exists()


@pytest.mark.parametrize("sign", BREAKS, ids=map(ascii, BREAKS))
def test_prepare_writes_no_second_line_into_any_header(settings, sign):
    evil = f"x{sign}Bcc: evil@mail.example"
    mail = prepare(letter(subject=evil), now=NOW).content.split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in mail.split(b"\r\n")]
    assert b"Bcc" not in names
    assert len(names) == len(set(names))
    assert one_line(evil) == "x Bcc: evil@mail.example"
    for more in (
        {"sender": From(evil, "hello@nordlicht.example")}, {"sender": From("N", f"hello@nordlicht.example{sign}Bcc: x")},
        {"sender": From("N", "hello@nordlicht.example", evil)}, {"address": f"anna@mail.example{sign}Bcc: x@y.example"}, {"unsubscribe": URL + sign},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="header"):
            prepare(letter(**more), now=NOW)


@pytest.mark.parametrize("sign", [sign for sign in BREAKS if sign != "\x00"], ids=ascii)
def test_deliver_to_a_person_whose_name_has_a_line_break_sends_one_subject(world, smtp, clock, sign):
    world.touch(world.person(f"Anna{sign}Bcc: evil@mail.example", email="anna@mail.example"))
    clock.move(seconds=5)
    deliver_touches(now=clock)
    (mail,), (content,) = smtp.mails, smtp.contents
    assert mail["Bcc"] is None
    assert list(mail.get_all("To")) == ["anna@mail.example"]
    assert b"\r\nBcc" not in content.split(b"\r\n\r\n")[0]
    assert len(mail.get_all("Subject")) == 1


@pytest.mark.parametrize("sign", ["\r\n", "\u2028"], ids=ascii)
def test_deliver_from_a_sender_with_a_line_break_in_the_table_sends_nothing(world, smtp, clock, sign):
    Sender.objects.create(name=f"N{sign}Bcc: x", address="hello@nordlicht.example", is_default=True, created_at=NOW)
    world.touch(world.person())
    clock.move(seconds=5)
    assert deliver_touches(now=clock) == {"template_error": 1}
    assert smtp.mails == []
    assert Touch.objects.get().reason == "template_error"
