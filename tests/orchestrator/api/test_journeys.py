"""Machines and journeys: only with a scope; a change names what it was made from; nothing is overwritten unseen."""

import json
from base64 import b64encode

import jsonschema
import pytest

from journeys.gallery.operations import import_bundle
from journeys.gallery.templates import template
from journeys.models import Journey
from orchestrator.api.operations import create_key
from tests.orchestrator.api.conftest import NOW

pytestmark = pytest.mark.django_db
SLUG = "loyalty-milestones"


@pytest.fixture
def manager(db):
    return create_key(name="git", source="git", now=NOW, scope="manage")


@pytest.fixture
def call(client, manager):
    def send(method, path, body=None, key=None, **headers):
        data = json.dumps(body).encode() if body is not None else b""
        headers["HTTP_AUTHORIZATION"] = f"Bearer {key or manager}"
        return client.generic(method, f"/api/v1/journeys{path}", data, content_type="application/json", **headers)

    return send


@pytest.fixture
def loyalty(db):
    import_bundle(document=template("loyalty").document, by=None, now=NOW, approved=True, live=True)
    return template("loyalty").journey


def test_keys_without_scope_are_refused(client, call, loyalty, key):
    reader = create_key(name="bi", source="bi", now=NOW, scope="read")
    assert call("GET", "", key=key).status_code == 403
    assert call("GET", "", key=reader).status_code == 200
    assert call("PUT", f"/{SLUG}", loyalty, key=reader, HTTP_IF_MATCH="*").status_code == 403
    for path in ("/api/v1/events", "/api/v1/contacts", f"/api/v1/journeys/{SLUG}/enter", f"/api/v1/journeys/{SLUG}/leave", "/v1/track"):  # fmt: skip
        sent = {"data": "{}", "content_type": "application/json", "HTTP_AUTHORIZATION": f"Bearer {reader}"}
        sent |= {"HTTP_AUTHORIZATION": "Basic " + b64encode(f"{reader}:".encode()).decode()} if "track" in path else {}
        assert client.post(path, **sent).status_code == 403, path
    assert client.get("/api/v1/journeys").status_code == 401


def test_list_and_one_journey_by_version(call, loyalty):
    (row,) = call("GET", "").json()["journeys"]
    assert (row["slug"], row["state"], row["version"], row["draft"]) == (SLUG, "live", 1, False)
    answer = call("GET", f"/{SLUG}?version=1")
    assert (answer.json()["definition"], answer.json()["state"]) == (loyalty, "live")
    assert answer["ETag"] == '"1.0"'
    assert call("GET", f"/{SLUG}?version=draft").status_code == 404
    assert call("GET", f"/{SLUG}?version=99999999999").status_code == 404
    assert call("GET", "/party").status_code == 404


def test_put_makes_a_draft_and_publishing_is_left_to_a_person(call, loyalty):
    changed = loyalty | {"priority": 31}
    assert call("PUT", f"/{SLUG}", changed).status_code == 428
    answer = call("PUT", f"/{SLUG}", changed, HTTP_IF_MATCH='"1.0"')
    assert (answer.status_code, answer.json()["state"]) == (200, "draft")
    assert Journey.objects.get().live_version.definition["priority"] == 30
    assert call("GET", f"/{SLUG}?version=draft")["ETag"] == answer["ETag"]
    assert call("POST", f"/{SLUG}/publish", {}).status_code == 404


def test_put_of_something_stale_is_refused_with_the_difference(call, loyalty):
    assert call("PUT", f"/{SLUG}", loyalty | {"priority": 31}, HTTP_IF_MATCH='"1.0"').status_code == 200
    answer = call("PUT", f"/{SLUG}", loyalty | {"priority": 32}, HTTP_IF_MATCH='"1.0"')
    assert answer.status_code == 409
    assert {"-  priority: 32", "+  priority: 31"} <= set(answer.json()["diff"])
    assert call("GET", f"/{SLUG}").json()["definition"]["priority"] == 31


def test_put_of_a_new_journey_is_created_and_a_wrong_one_refused(call, loyalty):
    assert call("PUT", "/second", loyalty | {"slug": "second"}).status_code == 201
    answer = call("PUT", "/third", loyalty)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "slug")
    assert call("PUT", "/third", {"slug": "third"}).status_code == 422
    assert call("PUT", "/third", [1]).status_code == 422
    assert not Journey.objects.filter(slug="third").exists()
    assert call("PUT", "/third", None).status_code == 415


def test_bundle_as_json_and_yaml(call, loyalty):
    assert call("GET", f"/{SLUG}/bundle").json()["journeys"] == [loyalty]
    answer = call("GET", f"/{SLUG}/bundle?as=yaml")
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.content.decode().startswith("bundle: 1\n")


def test_schema_is_public_and_valid(client):
    answer = client.get("/api/v1/schemas/journey.json")
    assert answer.status_code == 200
    jsonschema.Draft202012Validator.check_schema(answer.json())


def test_openapi_names_the_doors(client):
    text = client.get("/api/schema/").content.decode()
    for path in ("/api/v1/journeys:", "/api/v1/journeys/{slug}:", "/api/v1/journeys/{slug}/bundle:"):
        assert path in text
