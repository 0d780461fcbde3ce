"""Events per second into the API over HTTP, beside the same body straight into SQL."""

import http.client
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
BATCH, CLIENTS, PEOPLE, SECONDS = 500, 4, 20_000, 5.0
NAMES = ("product_viewed", "cart_updated", "pricing_viewed", "order_placed")
RAW = """
WITH given AS (
    SELECT * FROM json_to_recordset(%s::json)
        AS item (person text, name text, occurred_at timestamptz, properties jsonb, message_id text)
), new AS (
    INSERT INTO contacts_messageid (key) SELECT md5('bench' || chr(31) || message_id)::uuid FROM given ON CONFLICT DO NOTHING RETURNING key
), facts AS (
    INSERT INTO contacts_event (contact_id, name, occurred_at, received_at, properties, source, message_id)
    SELECT c.id, given.name, occurred_at, %s, properties, 'bench', message_id
    FROM given JOIN contacts_contact c ON c.external_id = person
    JOIN new ON new.key = md5('bench' || chr(31) || message_id)::uuid RETURNING contact_id, name
)
INSERT INTO contacts_news (contact_id, name, since) SELECT contact_id, name, %s FROM facts
"""


def run(report: Callable[..., Any]) -> None:
    """Measure both on the database of the settings; leaves its rows behind."""
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from contacts.events.operations import keep_months
    from contacts.profiles.operations import NewContact, upsert_contacts
    from orchestrator.api.operations import create_key

    now = timezone.now()
    keep_months(now=now)
    upsert_contacts(
        people=[NewContact(f"bench-{n}", f"bench-{n}@example.com") for n in range(PEOPLE)], now=now, source="bench"
    )
    key = create_key(name="bench", source=f"bench-{uuid.uuid4().hex[:8]}", now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contact")
    connection.close()
    baseline = _in_turn(_raw_client)
    with Server(settings.DATABASES["default"]) as port:
        api = _in_turn(lambda until, counts, errors: _http_client(port, key, until, counts, errors))
    report(
        case="api ingest, batches of 500",
        figure=round(api),
        unit="events/s",
        baseline=round(baseline),
        ratio=round(api / baseline, 2),
    )


def _in_turn(client: Callable[..., None]) -> float:
    """Let the clients work for some seconds; returns events per second."""
    counts: list[int] = []
    errors: list[Any] = []
    started = time.perf_counter()
    threads = [threading.Thread(target=client, args=(started + SECONDS, counts, errors)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise RuntimeError(f"the measurement met errors: {errors[:3]}")
    return sum(counts) * BATCH / (time.perf_counter() - started)


def _http_client(port: int, key: str, until: float, counts: list[int], errors: list[Any]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    done = 0
    try:
        while time.perf_counter() < until:
            body = msgspec.json.encode(
                {"batch": [event_of(n, {"contact": {"external_id": person_of()}}) for n in range(BATCH)]}
            )
            connection.request("POST", "/api/v1/events", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 202 or b'rejected":0' not in said[:60]:
                raise RuntimeError(f"{answer.status} {said[:200]!r}")
            done += 1
    except Exception as error:
        errors.append(error)
    counts.append(done)


def _raw_client(until: float, counts: list[int], errors: list[Any]) -> None:
    from django.db import connection

    done = 0
    try:
        while time.perf_counter() < until:
            body = msgspec.json.encode([event_of(n, {"person": person_of()}) for n in range(BATCH)]).decode()
            now = datetime.now(UTC)
            with connection.cursor() as cursor:
                cursor.execute(RAW, [body, now, now])
            done += 1
    except Exception as error:
        errors.append(error)
    finally:
        connection.close()
    counts.append(done)


def event_of(number: int, person: dict[str, Any]) -> dict[str, Any]:
    """Make up an event."""
    return person | {
        "name": NAMES[number % len(NAMES)],
        "occurred_at": datetime.now(UTC),
        "message_id": uuid.uuid4().hex,
        "properties": {
            "product_id": f"p{number % 97}",
            "price": 12.5 + number,
            "currency": "EUR",
            "page": "/shop/item",
        },
    }


def person_of(people: int = PEOPLE) -> str:
    """Name one of the people at random."""
    return f"bench-{random.randrange(people)}"


def environment(database: dict[str, Any]) -> dict[str, str]:
    """The environment of a server on the database of the given settings, also a test's."""
    name, user, password, host, port = (
        quote(str(database.get(key) or ""), safe="") for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    )
    whose = f"{user or 'postgres'}:{password}" if password else user or "postgres"
    url = f"postgres://{whose}@{host}{':' + port if port else ''}/{name}"
    return os.environ | {"PYTHONPATH": str(ROOT), "LOG_LEVEL": "ERROR", "DATABASE_URL": url}


def web_command(port: int, threads: int = 4) -> list[str]:
    """A real web server with two processes."""
    serve = ["-m", "gunicorn", "orchestrator.wsgi", "-k", "gthread", "-w", "2", "--threads", str(threads)]
    return [sys.executable, *serve, "--no-control-socket", "-b", f"127.0.0.1:{port}"]


class Server:
    """A real web server as a child of this process, on a free port."""

    def __init__(self, database: dict[str, Any], **more: str) -> None:
        self.environment = environment(database) | more

    def __enter__(self) -> int:
        from orchestrator.kernel.embedded import die_with_parent, free_port

        port = free_port()
        self.process = subprocess.Popen(web_command(port), cwd=ROOT, env=self.environment, preexec_fn=die_with_parent)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                probe = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                probe.request("GET", "/api/v1/events")
                if probe.getresponse().status in (401, 405):
                    return port
            except OSError:
                time.sleep(0.1)
        self.process.terminate()
        raise RuntimeError("the web server did not come up")

    def __exit__(self, *raised: Any) -> None:
        self.process.terminate()
        self.process.wait(20)
