"""How long people wait for the preference centre and for unsubscribing, over HTTP, beside /healthz."""

import http.client
import statistics
import time
from collections.abc import Callable
from typing import Any

from tests.bench.ingest import Server

PEOPLE, ASKED = 5_000, 400


def run(report: Callable[..., Any]) -> None:
    """Measure on the database of the settings; leaves its rows behind."""
    from django.conf import settings
    from django.db import connection

    paths = prepare(PEOPLE)
    connection.close()
    with Server(settings.DATABASES["default"]) as port:
        found = measure(port, paths, ASKED)
    base = statistics.median(found["healthz"])
    for name, times in found.items():
        p99 = sorted(times)[int(len(times) * 0.99)]
        ratio = None if name == "healthz" else statistics.median(times) / base
        report(
            case=f"public {name}, p50",
            figure=statistics.median(times) * 1000,
            unit="ms",
            ratio=ratio,
            baseline="/healthz, p50",
        )
        report(case=f"public {name}, p99", figure=p99 * 1000, unit="ms", ratio=None, baseline="")


def prepare(people: int) -> list[str]:
    """Make people who agreed; returns the tokens of their links."""
    from django.utils import timezone

    from consent.preferences.queries import unsubscribe_token
    from consent.preferences.rules import Subject
    from consent.records.operations import Choice, record_consents
    from contacts.profiles.operations import NewContact, upsert_contacts

    now = timezone.now()
    given = [NewContact(f"public-{n}", f"public-{n}@mail.example") for n in range(people)]
    ids = upsert_contacts(people=given, now=now, source="bench")
    purposes = ("email_marketing", "profiling")
    record_consents(choices=[Choice(pk, slug, "granted", "bench") for pk in ids for slug in purposes], now=now)
    return [unsubscribe_token(Subject(pk, 1)) for pk in ids]


def measure(port: int, tokens: list[str], asked: int) -> dict[str, list[float]]:
    """Ask for each page in turn, one request at a time; the seconds of each."""
    found: dict[str, list[float]] = {
        "healthz": [],
        "preference centre": [],
        "save preferences": [],
        "one-click unsubscribe": [],
    }
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for n in range(asked + 20):
        token = tokens[n % len(tokens)]
        saved = "save=1&shown=email_marketing&shown=profiling&agree=email_marketing&frequency=less"
        for name, method, path, body in (
            ("healthz", "GET", "/healthz", ""),
            ("preference centre", "GET", f"/p/{token}/", ""),
            ("save preferences", "POST", f"/p/{token}/", saved),
            ("one-click unsubscribe", "POST", f"/u/{token}/", "List-Unsubscribe=One-Click"),
        ):
            begun = time.perf_counter()
            line.request(method, path, body or None, form if body else {})
            answer = line.getresponse()
            answer.read()
            if answer.status not in (200, 503 if name == "healthz" else 200):
                raise RuntimeError(f"{name}: {answer.status}")
            if n >= 20:  # the first ones load code and plans
                found[name].append(time.perf_counter() - begun)
    line.close()
    return found
