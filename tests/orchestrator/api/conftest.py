"""A key and a way to post."""

import json
from datetime import UTC, datetime

import pytest

from orchestrator.api.operations import create_key

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def key(db):
    return create_key(name="shop", source="shop", now=NOW)


@pytest.fixture
def post(client, key):
    def send(path, body, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("HTTP_AUTHORIZATION", f"Bearer {key}")
        return client.generic("POST", f"/api/v1/{path}", data, content_type=content_type, **headers)

    return send
