"""A stand-in for the HTTP APIs of mail providers, on a free port of the loopback address."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orchestrator.channels.providers import anymail_settings, backend_of

KEYS = {
    "BREVO_API_KEY": "k", "MAILGUN_API_KEY": "k", "MAILGUN_SENDER_DOMAIN": "nordlicht.example",
    "MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "s", "POSTAL_API_KEY": "k", "POSTMARK_SERVER_TOKEN": "k", "RESEND_API_KEY": "k",
    "SCALEWAY_SECRET_KEY": "k", "SCALEWAY_PROJECT_ID": "p", "SENDGRID_API_KEY": "k", "SPARKPOST_API_KEY": "k",
}  # fmt: skip
# what each answers when it takes a mail to one person, by its own documentation
TAKEN = {
    "brevo": (201, {"messageId": "<1@smtp-relay.example>"}),
    "mailgun": (200, {"id": "<1@nordlicht.example>", "message": "Queued. Thank you."}),
    "mailjet": (200, {"Messages": [{"Status": "success", "To": [{"Email": "anna@mail.example", "MessageUUID": "u", "MessageID": 1}], "Cc": [], "Bcc": []}]}),
    "postal": (200, {"status": "success", "data": {"message_id": "1@nordlicht.example", "messages": {"anna@mail.example": {"id": 1, "token": "t"}}}}),
    "postmark": (200, {"To": "anna@mail.example", "SubmittedAt": "2026-03-02T09:00:00Z", "MessageID": "m-1", "ErrorCode": 0, "Message": "OK"}),
    "resend": (200, {"id": "r-1"}),
    "scaleway": (200, {"emails": [{"id": "i", "message_id": "m", "mail_rcpt": "anna@mail.example", "status": "new"}]}),
    "sendgrid": (202, None),
    "sparkpost": (200, {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": "1"}}),
}  # fmt: skip


class Provider:
    """What a provider was asked, and what it shall answer."""

    def __init__(self):
        self.asked, self.answer, self.silent = [], (200, {}), False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                outer.asked.append((self.path, dict(self.headers), body))
                if outer.silent:
                    self.connection.close()
                    return
                status, said = outer.answer
                content = b"" if said is None else said.encode() if isinstance(said, str) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def provider(settings):
    """Give a function that chooses a provider, whose API is the stand-in then."""
    stand_in = Provider()

    def choose(name):
        url = {f"{name.upper()}_API_URL": f"http://127.0.0.1:{stand_in.port}/"}
        settings.MAIL_PROVIDER, settings.EMAIL_BACKEND = name, backend_of(name)
        settings.ANYMAIL = anymail_settings(name, KEYS | url)
        settings.MAIL_ALLOW_PRIVATE = [f"127.0.0.1:{stand_in.port}"]
        settings.PUBLIC_URL = "https://track.example"
        stand_in.answer = TAKEN[name]
        return stand_in

    yield choose
    stand_in.close()
