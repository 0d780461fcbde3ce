"""Whether the running product is alive, and whether this process may get requests; asked by load balancers and by `make demo`."""

from datetime import datetime, timedelta

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import KombuError

from journeys.content.rendering import render_texts
from journeys.content.rules import ContentProblem
from orchestrator.celery import app
from orchestrator.tick.models import Heartbeat

FRESH = timedelta(seconds=30)
BROKER_SECONDS = 2
PARTS = ("worker", "beat")
OPTIONAL = ("broker",)  # without it everything goes on, a beat later
_migrated: list[bool] = []  # what was applied once stays applied while this process lives


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything is alive, else 503 with what is missing."""
    found = health(now=timezone.now())
    missing = sorted(part for part, alive in found.items() if not alive)
    return JsonResponse({"ok": not missing, "missing": missing, "parts": found}, status=503 if missing else 200)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when this process can serve requests, else 503 with what is missing; the broker is told, and not needed."""
    found = readiness()
    missing = sorted(part for part, ready in found.items() if not ready and part not in OPTIONAL)
    return JsonResponse({"ok": not missing, "missing": missing, "parts": found}, status=503 if missing else 200)


def readiness() -> dict[str, bool]:
    """Say what is there: the database with all migrations applied, the child that fills texts, the broker."""
    try:
        connection.ensure_connection()
        database = connection.is_usable()
        migrated = database and _all_applied()
    except Error:  # the answer says it; whoever asks acts on it
        database = migrated = False
    return {"database": database, "migrations": migrated, "renderer": _renders(), "broker": _broker_answers()}


def _all_applied() -> bool:
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.append(True)
    return True


def _renders() -> bool:
    try:
        return render_texts(["{{ ready }}"], {"ready": "yes"}) == ["yes"]
    except (ContentProblem, OSError):
        return False


def health(*, now: datetime) -> dict[str, bool]:
    """Say which parts are alive: worker and beat by a sign of life of the last 30 seconds."""
    try:
        seen = dict(Heartbeat.objects.filter(at__gt=now - FRESH).values_list("part", "at"))
        database = connection.is_usable()
    except Error:  # the answer says it; whoever asks acts on it
        seen, database = {}, False
    return {"database": database, "broker": _broker_answers(), **{part: part in seen for part in PARTS}}


def _broker_answers() -> bool:
    transport = app.connection_for_write()
    away: tuple[type[BaseException], ...] = (
        KombuError,
        OSError,
        *transport.connection_errors,
        *transport.channel_errors,
    )
    try:
        with transport as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except away:
        return False
    return True
