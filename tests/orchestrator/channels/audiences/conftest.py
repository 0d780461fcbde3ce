"""Stand-ins of the APIs of Google and Meta as documented, on the loopback address, and audiences that follow a list."""

import hashlib
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from consent.models import Purpose
from consent.records.operations import record_consent
from contacts.models import Contact, Segment
from contacts.segments.lists import add_people
from orchestrator.channels.audiences.models import Audience
from orchestrator.channels.audiences.operations import sync_audiences

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HASH = re.compile(r"[0-9a-f]{64}")


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Platform:
    """Keeps lists of hashes as a platform does. `script` holds answers to be given instead, each once: (status, body, headers)."""

    def __init__(self):
        self.lists, self.calls, self.script, self.wrong = {}, [], [], []
        self.before_answer = None
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                platform.answer(self)

            do_DELETE = do_POST

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def place(self):
        return f"127.0.0.1:{self.server.server_port}"

    def inside(self, name="77"):
        return self.lists.get(name, set())

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.calls.append((request.command, request.path, dict(request.headers), body))
        if self.before_answer:
            self.before_answer()
        status, said, headers = self.script.pop(0) if self.script else (None, None, {})
        if status is None:
            try:
                status, said = self.take(request.command, request.path, request.headers, json.loads(body or b"{}"))
            except AssertionError as error:
                self.wrong.append(str(error))
                status, said = (
                    400,
                    {"error": {"message": f"Invalid: {error}", "code": 100, "status": "INVALID_ARGUMENT"}},
                )
        content = json.dumps(said).encode()
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def bodies(self):
        return [json.loads(body) for _, path, _, body in self.calls if "token" not in path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Google(Platform):
    """audienceMembers:ingest and :remove of the Data Manager API, and the token endpoint."""

    def answer(self, request):
        if request.path != "/token":
            return super().answer(request)
        asked = request.rfile.read(int(request.headers["Content-Length"])).decode()
        self.calls.append((request.command, request.path, dict(request.headers), asked.encode()))
        good = "refresh_token=refresh-1" in asked and "grant_type=refresh_token" in asked
        content = json.dumps(
            {"access_token": "ya29.fresh", "expires_in": 3599} if good else {"error": "invalid_grant"}
        ).encode()
        request.send_response(200 if good else 400)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def take(self, method, path, headers, body):
        assert method == "POST", method
        assert path in ("/v1/audienceMembers:ingest", "/v1/audienceMembers:remove"), path
        if not headers.get("Authorization", "").startswith("Bearer ya29."):
            return 401, {
                "error": {"code": 401, "message": "Request had invalid credentials.", "status": "UNAUTHENTICATED"}
            }
        adds = path.endswith("ingest")
        known = {"destinations", "audienceMembers", "encoding", "validateOnly"}
        assert set(body) <= (known | {"consent", "termsOfService"} if adds else known), set(body)
        assert body["encoding"] == "HEX"
        (destination,) = body["destinations"]
        assert destination["operatingAccount"] == {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}
        members = body["audienceMembers"]
        assert 1 <= len(members) <= 10_000, len(members)
        if adds:
            assert body["consent"] == {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
            assert body["termsOfService"] == {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
        hashes = set()
        for member in members:
            assert set(member) == {"userData"}
            identifiers = member["userData"]["userIdentifiers"]
            assert 1 <= len(identifiers) <= 10
            for one in identifiers:
                ((name, value),) = one.items()
                assert name in ("emailAddress", "phoneNumber")
                assert HASH.fullmatch(value), value
                hashes.add(value)
        there = self.lists.setdefault(destination["productDestinationId"], set())
        there.update(hashes) if adds else there.difference_update(hashes)
        return 200, {"requestId": f"request-{len(self.calls)}"}


class Meta(Platform):
    """/{custom_audience_id}/users of the Graph API."""

    def take(self, method, path, headers, body):
        found = re.fullmatch(r"/v25\.0/([0-9]+)/users", path)
        assert found, path
        if headers.get("Authorization") != "Bearer EAAB":
            return 400, {"error": {"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190}}
        assert set(body) == {"payload", "session"}
        assert set(body["session"]) == {"session_id", "batch_seq", "last_batch_flag", "estimated_num_total"}
        assert 0 < body["session"]["session_id"] < 2**63
        assert body["payload"]["schema"] == ["EMAIL", "PHONE"]
        rows = body["payload"]["data"]
        assert 1 <= len(rows) <= 10_000, len(rows)
        hashes = set()
        for row in rows:
            assert len(row) == 2
            assert any(row)
            assert all(value == "" or HASH.fullmatch(value) for value in row), row
            hashes |= {value for value in row if value}
        there = self.lists.setdefault(found[1], set())
        there.update(hashes) if method == "POST" else there.difference_update(hashes)
        return 200, {
            "audience_id": found[1],
            "session_id": str(body["session"]["session_id"]),
            "num_received": len(rows),
            "num_invalid_entries": 0,
            "invalid_entry_samples": {},
        }


@pytest.fixture
def google(settings):
    platform = Google()
    settings.AUDIENCE_ALLOW_PRIVATE = [*settings.AUDIENCE_ALLOW_PRIVATE, platform.place]
    settings.GOOGLE_DATA_MANAGER_URL = f"http://{platform.place}/v1"
    settings.GOOGLE_TOKEN_URL = f"http://{platform.place}/token"
    settings.GOOGLE_ADS_ACCESS_TOKEN = "ya29.given"
    yield platform
    platform.close()


@pytest.fixture
def meta(settings):
    platform = Meta()
    settings.AUDIENCE_ALLOW_PRIVATE = [*settings.AUDIENCE_ALLOW_PRIVATE, platform.place]
    settings.META_GRAPH_URL = f"http://{platform.place}/v25.0"
    settings.META_ADS_TOKEN = "EAAB"
    yield platform
    platform.close()


class Ads:
    """A fixed list of people, and audiences that follow it."""

    def __init__(self):
        self.now = NOW
        self.list = Segment.objects.create(slug="ads", kind="fixed", name_en="Ads", name_de="Anzeigen")

    def person(self, name, *, grant=("third_party",), listed=True, **columns):
        given = {"email": f"{name}@people.example", "external_id": name} | columns
        contact = Contact.objects.create(first_name=name.title(), created_at=NOW, updated_at=NOW, **given)
        for purpose in grant:
            self.says(contact, purpose, "granted")
        if listed:
            add_people(segment=self.list, contact_ids=[contact.pk], now=self.now)
        return contact

    def says(self, contact, purpose, decision):
        record_consent(contact_id=contact.pk, purpose=purpose, decision=decision, source="form", now=self.now)

    def audience(self, destination, slug="ads", **more):
        values = {
            "people": self.list,
            "purpose": Purpose.objects.get(slug="third_party"),
            "account": "1234567890",
            "remote_list": "77",
            "next_at": self.now,
            "created_at": self.now,
            "name_en": "Ads",
            "name_de": "Anzeigen",
        } | more
        return Audience.objects.create(slug=slug, destination=destination, **values)

    def sync(self, *, batch=10_000, **later):
        self.now += timedelta(**(later or {"hours": 1}))
        return dict(sync_audiences(now=lambda: self.now, batch=batch))


@pytest.fixture
def ads(db):
    return Ads()
