"""5,000 events a second through HTTP for minutes, while a pulse keeps up: backlog, lag and memory over time.

SUSTAINED_SECONDS and SUSTAINED_RATE in the environment change how long and how fast.
"""

import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tests.bench.ingest import NAMES, ROOT, Server, environment, event_of, person_of

SECONDS, RATE, BATCH, CLIENTS, PEOPLE = 300, 5_000, 500, 4, 20_000
DRAIN_SECONDS = 60
HISTORY = 5  # events of everybody, a day apart, before it begins
IDLE_SECONDS = 0.02


class Sample(NamedTuple):
    """What one look at the queue found."""

    at: float  # seconds since the start
    backlog: int
    lag: float  # age of the oldest news, in seconds


class Result(NamedTuple):
    """What a run came to. memory: process -> MB at the start and at the end."""

    sent: int
    seconds: float
    samples: list[Sample]
    drained: float
    memory: dict[str, tuple[float, float]]


def run(report: Callable[..., Any]) -> None:
    """Measure on the database of the settings; leaves its rows behind."""
    from django.conf import settings

    seconds, rate = (
        int(os.environ.get(f"SUSTAINED_{name}", most)) for name, most in (("SECONDS", SECONDS), ("RATE", RATE))
    )
    started = time.perf_counter()
    key = prepare(PEOPLE)
    print(f"  prepared in {time.perf_counter() - started:.0f} s", flush=True)
    found = measure(settings.DATABASES["default"], key, seconds=seconds, rate=rate)
    fifth = max(len(found.samples) // 5, 1)
    early, late = found.samples[fifth : 2 * fifth], found.samples[-fifth:]
    for sample in found.samples[:: max(len(found.samples) // 20, 1)]:
        print(f"  {sample.at:6.1f} s  backlog {sample.backlog:8,}  oldest {sample.lag * 1000:8.0f} ms", flush=True)
    lags = sorted(sample.lag * 1000 for sample in found.samples)
    case = f"{rate} events/s for {seconds} s"
    report(
        case=f"{case}: taken",
        figure=round(found.sent / found.seconds),
        unit="ev/s",
        baseline=rate,
        ratio=round(found.sent / found.seconds / rate, 2),
    )
    backlogs = [statistics.median(sample.backlog for sample in part) for part in (early, late)]
    report(
        case=f"{case}: backlog, late beside early", figure=backlogs[1], unit="news", baseline=backlogs[0], ratio=None
    )
    report(case=f"{case}: lag, median", figure=round(statistics.median(lags)), unit="ms", baseline=None, ratio=None)
    report(
        case=f"{case}: lag, 99 of 100", figure=round(lags[int(len(lags) * 0.99)]), unit="ms", baseline=None, ratio=None
    )
    report(case=f"{case}: drained afterwards in", figure=round(found.drained, 2), unit="s", baseline=None, ratio=None)
    for name, (start, end) in found.memory.items():
        report(
            case=f"memory of {name}, end beside start",
            figure=round(end),
            unit="MB",
            baseline=round(start),
            ratio=round(end / start, 2),
        )


def prepare(people: int) -> str:
    """Write the rules of the demo company and some people. Returns a key."""
    from django.db import connection
    from django.utils import timezone

    from contacts.events.operations import NewEvent, keep_months, record_events
    from contacts.profiles.operations import NewContact, upsert_contacts
    from orchestrator.api.operations import create_key
    from orchestrator.demo import definitions
    from orchestrator.tick import loop

    now = timezone.now()
    keep_months(now=now)
    definitions.write_facts()
    ids = upsert_contacts(
        people=[NewContact(f"bench-{n}", f"bench-{n}@nordlicht.example") for n in range(people)],
        now=now,
        source="bench",
    )
    for day in range(1, HISTORY + 1):  # a database that has lived: statistics know what a person has
        at = now - timedelta(days=day)
        past = [NewEvent(contact_id, NAMES[(contact_id + day) % len(NAMES)], at, {"value": day}) for contact_id in ids]
        record_events(events=past, source="bench", now=at)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    loop.pulse(now=timezone.now())  # everybody who is new has been looked at before it begins
    return create_key(name="sustained", source=f"sustained-{uuid.uuid4().hex[:8]}", now=now)


def measure(database: dict[str, Any], key: str, *, seconds: float, rate: int, people: int = PEOPLE) -> Result:
    """Send at a steady rate while a pulse works; look at the queue twice a second."""
    from django.db import connection

    from orchestrator.kernel.embedded import die_with_parent

    connection.close()
    with Server(database) as port:
        pulse = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.sustained"],
            cwd=ROOT,
            env=environment(database),
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        assert pulse.stdout is not None
        pulse.stdout.readline()  # it is up
        try:
            processes = {"pulse": pulse.pid} | {f"web {n}": pid for n, pid in enumerate(_children_of_gunicorn(port), 1)}
            return _send_and_look(port, key, seconds, rate, people, processes)
        finally:
            pulse.terminate()
            pulse.wait(20)


def _send_and_look(port: int, key: str, seconds: float, rate: int, people: int, processes: dict[str, int]) -> Result:
    counts: list[int] = []
    errors: list[Exception] = []
    samples: list[Sample] = []
    started = time.monotonic()
    clients = [
        threading.Thread(target=_client, args=(port, key, started, seconds, rate / CLIENTS, people, counts, errors))
        for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    before: dict[str, float] = {}
    while any(client.is_alive() for client in clients):
        time.sleep(0.5)
        samples.append(_look(started))
        if not before and time.monotonic() - started > min(10, seconds / 5):  # everything is warm
            before = {name: _memory(pid) for name, pid in processes.items()}
    took = time.monotonic() - started
    memory = {name: (before[name], _memory(pid)) for name, pid in processes.items()}
    if errors:
        raise RuntimeError(f"the measurement met errors: {errors[:3]}")
    until = time.monotonic() + DRAIN_SECONDS
    while _look(started).backlog and time.monotonic() < until:
        time.sleep(0.05)
    return Result(sum(counts), took, samples, time.monotonic() - started - took, memory)


def _client(
    port: int, key: str, started: float, seconds: float, rate: float, people: int, counts: list[int], errors: list
) -> None:
    """Send a batch whenever it is time for one; who is late hurries."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    size = min(BATCH, max(int(rate / 2), 1))
    done = 0
    try:
        while (due := started + done / rate) < started + seconds:
            time.sleep(max(due - time.monotonic(), 0))
            events = [event_of(n, {"contact": {"external_id": person_of(people)}}) for n in range(size)]
            connection.request("POST", "/api/v1/events", msgspec.json.encode({"batch": events}), headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 202 or b'rejected":0' not in said[:60]:
                raise RuntimeError(f"{answer.status} {said[:200]!r}")
            done += size
    except Exception as error:
        errors.append(error)
    counts.append(done)


def _look(started: float) -> Sample:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(since) FROM contacts_news")
        backlog, oldest = cursor.fetchone()
    lag = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
    return Sample(time.monotonic() - started, backlog, max(lag, 0.0))


def _children_of_gunicorn(port: int) -> list[int]:
    """Find the processes that answer on a port of ours: children of the one that was started for it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):  # gone meanwhile
            continue
        if f"127.0.0.1:{port}".encode() in words and parent != os.getpid():
            found.append(int(folder.name))
    return sorted(found)


def _memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def pulse_forever() -> None:
    """The worker of the measurement: takes news as they come, until its parent ends it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
    import django

    django.setup()
    from orchestrator.tick import loop

    loop.pulse(now=datetime.now(UTC))
    print("up", flush=True)
    while True:
        loop.pulse(now=datetime.now(UTC))
        time.sleep(IDLE_SECONDS)


if __name__ == "__main__":
    try:
        pulse_forever()
    except KeyboardInterrupt:
        sys.exit(0)
