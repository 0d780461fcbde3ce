"""Reports as mail servers write them, for tests: ARF of RFC 5965, DSN of RFC 3464."""

ORIGINAL = "From: <hello@nordlicht.example>\nList-Unsubscribe: <https://track.example/u/12-34.sig/>\n"


def arf(
    kind="abuse",
    to="Original-Rcpt-To: <Anna@mail.example>",
    original=ORIGINAL,
    date="Mon, 02 Mar 2026 09:30:00 +0100",
):
    """A complaint, as a mailbox provider mails it."""
    return f"""From: <feedback@provider.example>
Date: {date}
Message-ID: <complaint-1@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
{to}

--b
Content-Type: message/rfc822

{original}Subject: Your cart

Hello
--b--
"""


def dsn(fields, recipient="Anna@mail.example", final=None):
    """A bounce, as a mail server mails it."""
    who = final or (f"Final-Recipient: rfc822; {recipient}" if recipient else "")
    return f"""From: <MAILER-DAEMON@mx.example>
Date: Mon, 02 Mar 2026 08:30:00 +0000
Message-ID: <bounce-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

{who}
{fields}

--b
Content-Type: text/rfc822-headers

{ORIGINAL}
--b--
"""


ARF = arf()
DSN = dsn("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user")
