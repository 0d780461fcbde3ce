"""How long a page waits for what a slot shows: 200 requests a second over HTTP, on two processes of a real web server."""

import http.client
import random
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from tests.bench.ingest import Server

PEOPLE, RATE, SECONDS, LINES, WARM = 10_000, 200, 15.0, 24, 3.0
WANTED_MS = 30.0


def run(report: Callable[..., Any]) -> None:
    """Measure on the database of the settings; leaves its rows behind."""
    from django.conf import settings
    from django.db import connection

    key, visitors = prepare(PEOPLE)
    connection.close()
    with Server(settings.DATABASES["default"]) as port:
        base = measure(port, lambda dice: "/v1/decide/bench?writeKey=" + quote(key), SECONDS / 4, RATE)
        found = measure(port, lambda dice: path_of(key, visitors, dice), SECONDS, RATE)
    shared = f"decide at {RATE}/s"
    for share in (50, 95, 99):
        ms, least = (percentile(times.seconds, share) * 1000 for times in (found, base))
        wanted = f"; wanted p95 < {WANTED_MS:.0f}" if share == 95 else ""
        baseline = f"nobody known: {least:.1f} ms{wanted}"
        report(case=f"{shared}, p{share}", figure=ms, unit="ms", ratio=ms / least, baseline=baseline)
    answers = ", ".join(f"{name} {n}" for name, n in sorted(found.answers.items()))
    report(case=f"{shared}, answers in time", figure=found.rate, unit="/s", ratio=None, baseline=answers)


class Found:
    """What came back: the seconds from the planned moment of each request, and how often what was answered."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.answers: Counter[str] = Counter()
        self.errors: list[str] = []
        self.rate = 0.0


def prepare(people: int) -> tuple[str, list[str]]:
    """Make visitors, half of them with a message that waits; returns a public key and their ids."""
    from django.db import connection
    from django.utils import timezone

    from consent.records.operations import Choice, record_consents
    from contacts.models import Contact, Identifier
    from contacts.profiles.operations import NewContact, upsert_contacts
    from journeys.content.operations import import_blocks
    from journeys.models import Block, Enrollment, Journey, Step, Touch, Version
    from orchestrator.api.operations import create_key
    from orchestrator.channels.slots.operations import save_slot
    from orchestrator.channels.slots.preparing import prepare_touches

    now = timezone.now()
    texts = {"subject": "Hello {{ contact.first_name }}", "body": "Your cart waits.\n[Go](https://shop.example/cart)"}
    variants = [{"channel": "onsite", "language": "en", **texts}]
    given = {"name": {"en": "B", "de": "B"}, "phase": "purchase", "channel": "onsite", "state": "approved"}
    import_blocks(blocks=[given | {"slug": "bench-teaser", "variants": variants}], now=now)
    block = Block.objects.get(slug="bench-teaser")
    save_slot(slot_id=None, given={"slug": "bench", "name_en": "B", "name_de": "B", "fallback": block}, now=now)
    ids = upsert_contacts(
        people=[NewContact(f"visitor-{n}", f"visitor-{n}@mail.example") for n in range(people)], now=now, source="bench"
    )
    record_consents(choices=[Choice(pk, "profiling", "granted", "bench") for pk in ids], now=now)
    visitors = [str(uuid.uuid4()) for _ in ids]
    moments = {"first_seen_at": now, "last_seen_at": now}
    Identifier.objects.bulk_create(
        [Identifier(kind="anonymous", value=v, contact_id=pk, **moments) for v, pk in zip(visitors, ids, strict=True)],
        batch_size=5_000,
    )
    journey = Journey.objects.create(slug="bench-site", name_en="B", name_de="B", state="live", created_at=now)
    version = Version.objects.create(journey=journey, number=1, definition={}, created_at=now, published_at=now)
    step = Step.objects.create(version=version, key="s", kind="send", position=1, name_en="S", name_de="S")
    half = ids[::2]
    run = {"journey": journey, "version": version, "step": step, "entered_at": now, "arrived_at": now}
    runs = Enrollment.objects.bulk_create([Enrollment(contact_id=pk, **run) for pk in half], batch_size=5_000)
    touch = {"step": step, "visit": 1, "journey": journey, "block": block, "channel": "onsite", "purpose": "profiling"}
    touch |= {"state": "approved", "proposed_at": now, "decided_at": now, "expires_at": now + timedelta(days=2)}
    Touch.objects.bulk_create(
        [Touch(enrollment=one, contact_id=one.contact_id, address=str(one.contact_id), **touch) for one in runs],
        batch_size=5_000,
    )
    prepare_touches(now=now)
    assert Contact.objects.count() >= people
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return create_key(name="bench", source="web", public=True, now=now), visitors


def path_of(key: str, visitors: list[str], dice: random.Random) -> str:
    """The question of a visitor: nine in ten are known, one is new."""
    visitor = dice.choice(visitors) if dice.random() < 0.9 else str(uuid.UUID(int=dice.getrandbits(128)))
    return f"/v1/decide/bench?writeKey={quote(key)}&anonymousId={visitor}"


def measure(port: int, path: Callable[[random.Random], str], seconds: float, rate: float) -> Found:
    """Ask at a fixed rate, whatever the answers take: a late answer makes the ones behind it late as well."""
    found = Found()
    begun = time.perf_counter() + 0.2
    count = int((seconds + WARM) * rate)
    lock = threading.Lock()
    following = iter(range(count))

    def line(number: int) -> None:
        dice = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (turn := _next(lock, following)) is not None:
            planned = begun + turn / rate
            time.sleep(max(0.0, planned - time.perf_counter()))
            connection.request("GET", path(dice))
            answer = connection.getresponse()
            said = answer.read()
            took = time.perf_counter() - planned
            if planned - begun < WARM:
                continue
            found.seconds.append(took)
            found.answers[_what(answer.status, said)] += 1
        connection.close()

    lines = [threading.Thread(target=line, args=(n,)) for n in range(LINES)]
    for one in lines:
        one.start()
    for one in lines:
        one.join()
    found.rate = sum(took < WANTED_MS / 1000 for took in found.seconds) / seconds
    return found


def percentile(seconds: list[float], share: int) -> float:
    """The value below which a share of the times lies."""
    return statistics.quantiles(seconds, n=100)[share - 1]


def _next(lock: threading.Lock, following: Any) -> int | None:
    with lock:
        return next(following, None)


def _what(status: int, said: bytes) -> str:
    if status != 200:
        return str(status)
    return next((name for name in ("touch", "fallback", "nothing") if f'"answer":"{name}"'.encode() in said), "other")
