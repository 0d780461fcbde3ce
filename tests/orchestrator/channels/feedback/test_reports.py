"""Reports as mail servers write them: what is understood, what is no complaint, and what is refused."""

from datetime import UTC, datetime

import pytest

from orchestrator.channels.feedback.reports import MOST_BYTES, Unreadable, read_report
from orchestrator.channels.feedback.rules import Kind

from .reports import ARF, DSN, ORIGINAL, arf, dsn

TOUCHES = {"12-34.sig": 34}


def read(raw):
    return read_report(raw, touch_of=TOUCHES.get)


def test_read_report_of_a_complaint_gives_address_time_and_signed_touch():
    (found,) = read(ARF)
    assert (found.kind, found.address, found.touch, found.signed) == (Kind.COMPLAINT, "anna@mail.example", 34, True)
    assert found.at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_read_report_of_a_hard_bounce_gives_the_servers_words():
    (found,) = read(DSN)
    assert (found.kind, found.address, found.touch) == (Kind.HARD, "anna@mail.example", 34)
    assert found.words == "smtp; 550 5.1.1 no such user"


def test_read_report_without_our_signature_believes_no_number():
    other = ORIGINAL.replace("12-34.sig", "12-99.sig")
    (found,) = read(arf(original=other + "X-Touch: 34\nMessage-ID: <touch-34-20260302@nordlicht.example>\n"))
    assert (found.touch, found.signed, found.address) == (None, False, "anna@mail.example")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("Action: failed\nStatus: 5.1.1", Kind.HARD),
        ("Action: FAILED\nStatus: 5.1.10 (recipient not found)", Kind.HARD),
        ("Action: failed\nStatus: 4.1.1", Kind.SOFT),
        ("Action: failed\nStatus: 5.2.2", Kind.SOFT),
        ("Action: failed\nStatus: 4.4.7", Kind.SOFT),
        ("Action: failed\nStatus: 5.0.0", Kind.SOFT),
        ("Action: failed\nStatus: 5.7.1", None),  # we are blocked: that is not about the address
        ("Action: failed\nStatus: 5.6.0", None),
        ("Action: delayed\nStatus: 4.4.1", None),
        ("Action: delivered\nStatus: 2.0.0", None),
        ("Action: relayed\nStatus: 2.0.0", None),
    ],
)
def test_read_report_of_a_bounce_by_action_and_status(fields, expected):
    assert [one.kind for one in read(dsn(fields))] == ([expected] if expected else [])


def test_read_report_takes_the_address_we_wrote_to_before_the_forwarders():
    (found,) = read(
        dsn("Original-Recipient: rfc822; Anna@Mail.example\nAction: failed\nStatus: 5.1.1", "x@other.example")
    )
    assert found.address == "anna@mail.example"


def test_read_report_about_several_recipients_gives_one_each_and_no_touch():
    second = "Final-Recipient: rfc822; ben@mail.example\nAction: failed\nStatus: 5.2.2"
    found = read(dsn(f"Action: failed\nStatus: 5.1.1\n\n{second}"))
    assert [(one.kind, one.address, one.touch) for one in found] == [
        (Kind.HARD, "anna@mail.example", None),
        (Kind.SOFT, "ben@mail.example", None),
    ]
    assert len({one.key for one in found}) == 2


@pytest.mark.parametrize("kind", ["not-spam", "virus", "other", "auth-failure"])
def test_read_report_of_another_type_is_no_complaint(kind):
    assert read(arf(kind=kind)) == []


@pytest.mark.parametrize("kind", ["abuse", "ABUSE", "fraud", "opt-out"])
def test_read_report_of_a_complaint_by_type(kind):
    assert [one.kind for one in read(arf(kind=kind))] == [Kind.COMPLAINT]


def test_read_report_of_a_complaint_with_the_address_cut_out_goes_by_our_signature():
    (found,) = read(arf(to="Original-Rcpt-To: <redacted>"))
    assert (found.address, found.touch) == ("", 34)


def test_read_report_with_an_unreadable_date_counts_as_of_now():
    assert read(arf(date="yesterday, more or less"))[0].at is None


BROKEN = {
    "empty": "",
    "no mail": "not a mail at all",
    "a plain mail": "Subject: stop it\n\nTake me off your list!",
    "a newsletter with a picture of a report": "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nreport\n--b--",
    "no boundary": ARF.replace('boundary="b"', ""),
    "cut off in its fields": ARF.split("Feedback-Type")[0],
    "cut off before its fields": DSN.split("Content-Type: message/delivery-status")[0],
    "a complaint without a type": arf(kind=""),
    "a complaint about nobody": arf(to="", original=""),
    "a bounce of nobody": dsn("Action: failed\nStatus: 5.1.1", None),
    "a bounce without an action": dsn("Status: 5.1.1"),
    "a bounce without a status": dsn("Action: failed"),
    "a bounce with a status of words": dsn("Action: failed\nStatus: gone"),
    "a bounce of no address": dsn("Action: failed\nStatus: 5.1.1", "nobody"),
    "a bounce of a fax": dsn("Action: failed\nStatus: 5.1.1", None, "Final-Recipient: fax; +49 30 1234"),
    "an address with a line break": dsn("Action: failed\nStatus: 5.1.1", "anna@mail\n .example\x01"),
    "too long": ARF + "x" * MOST_BYTES,
    "a nest of mails": "Content-Type: message/rfc822\n\n" * 500 + ARF,
    "header of 100,000 characters": "Content-Type: multipart/report; " + "x=y; " * 20_000 + "\n\n--b",
    "zero bytes": "\x00" * 1000,
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_read_report_that_is_broken_is_refused_in_words(name):
    with pytest.raises(Unreadable) as refused:
        read(BROKEN[name])
    assert len(str(refused.value)) > 20


def test_read_report_cut_off_anywhere_is_read_or_refused_and_never_another_error():
    for raw in (ARF, DSN):
        for end in range(len(raw)):
            try:
                found = read(raw[:end])
            except Unreadable:
                continue
            assert all(one.address == "anna@mail.example" for one in found if one.address), end
