"""What /healthz says: 200 when every part is alive, else 503 with what is missing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orchestrator.celery import app
from orchestrator.tick.models import Heartbeat

pytestmark = pytest.mark.django_db


def alive(part: str, seconds_ago: int = 1) -> None:
    Heartbeat.objects.update_or_create(part=part, defaults={"at": timezone.now() - timedelta(seconds=seconds_ago)})


def test_healthz_with_everything_alive_answers_200(client: Client) -> None:
    alive("worker")
    alive("beat")
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "missing": [],
        "parts": {"database": True, "broker": True, "worker": True, "beat": True},
    }


def test_healthz_without_signs_of_life_names_worker_and_beat(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["beat", "worker"]


def test_healthz_with_an_old_sign_of_life_names_the_part(client: Client) -> None:
    alive("worker")
    alive("beat", seconds_ago=31)
    assert client.get("/healthz").json()["missing"] == ["beat"]


def test_healthz_with_a_broker_that_is_away_names_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    alive("worker")
    alive("beat")
    away = app.connection_for_write
    monkeypatch.setattr(
        app, "connection_for_write", lambda *_, **__: away(f"redis+socket://{tmp_path}/nobody?virtual_host=0")
    )
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["broker"]


def test_healthz_is_never_kept_and_only_read(client: Client) -> None:
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]
    assert client.post("/healthz").status_code == 405
