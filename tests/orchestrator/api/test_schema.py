"""The doors keep to their own description, whatever is sent."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.sizes import size

pytestmark = pytest.mark.urls("orchestrator.api.urls")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture
def keep_connection(db):
    # the WSGI transport would close the test's transaction at the end of each request
    for each in (request_started, request_finished):
        each.disconnect(close_old_connections)
    yield
    for each in (request_started, request_finished):
        each.connect(close_old_connections)


DOORS = {
    "/api/v1/contacts": 202,
    "/api/v1/events": 202,
    "/api/v1/feedback": 202,
    "/api/v1/journeys/{slug}/enter": 404,
    "/api/v1/journeys/{slug}/leave": 404,
} | dict.fromkeys(("/v1/identify", "/v1/track", "/v1/page", "/v1/screen", "/v1/group", "/v1/alias"), 200)


@pytest.mark.parametrize("path", [*DOORS, "/v1/batch", "/api/v1/consents"])
def test_door_answers_as_described(path, key, keep_connection):
    schema = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())
    operation = schema[path]["POST"]
    seen = set()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=size(30, 60) if path.startswith("/api") else size(15, 25),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    send()
    assert DOORS.get(path, 400) in seen
