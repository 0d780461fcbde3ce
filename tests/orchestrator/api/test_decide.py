"""The doors of slots: who is recognised by which key, what comes back, and what is no request at all."""

import base64

import pytest

from contacts.events.models import Event
from contacts.models import Contact, Identifier
from orchestrator.api.models import Arrival
from orchestrator.api.operations import create_key, revoke_key
from tests.orchestrator.channels.conftest import world  # noqa: F401
from tests.orchestrator.channels.slots.conftest import NOW, VISITOR, counts_wait, site  # noqa: F401

pytestmark = [pytest.mark.urls("orchestrator.api.urls"), pytest.mark.django_db]
GUESSABLE = "visitor-1"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The doors have the clock of the wall: messages of the tests make sense until then."""
    monkeypatch.setattr("orchestrator.api.decide.timezone.now", lambda: NOW)


@pytest.fixture
def keys(db):
    return {
        public: create_key(name="web" if public else "server", source="shop", public=public, now=NOW)
        for public in (True, False)
    }


@pytest.fixture
def ask(client, keys):
    def get(slot="home-teaser", public=True, **query):
        header = {} if public else {"HTTP_AUTHORIZATION": f"Bearer {keys[False]}"}
        return client.get(f"/v1/decide/{slot}", ({"writeKey": keys[True]} if public else {}) | query, **header)

    return get


@pytest.fixture
def anna(site):  # noqa: F811
    person = site.world.person()
    person.external_id = "anna-1"
    person.save()
    site.touch(person)
    return person


def answer(response):
    assert response.status_code == 200, response.content
    return response.json()["answer"]


def test_decide_says_what_to_show(site, anna, ask):  # noqa: F811
    site.visitor(anna)
    response = ask(anonymousId=VISITOR)
    said = response.json()
    assert {**said, "tracking": bool(said["tracking"])} == {
        "touch": anna.touch_set.get().pk,
        "kind": "teaser",
        "answer": "touch",
        "language": "en",
        "content": {
            "title": "Your cart, Anna",
            "text": "Hello Anna, your cart c1 waits.",
            "image": {"url": "https://shop.example/lamp.png", "alt": "A lamp"},
            "button": {"label": "To the cart", "url": "https://shop.example/cart?id=c1"},
        },
        "tracking": True,
    }
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "no-store, private"
    assert not response.cookies


def test_decide_by_a_user_id_and_a_public_key_shows_nobody_s_profile(site, anna, ask):  # noqa: F811
    assert answer(ask(userId="anna-1")) == "fallback"
    assert answer(ask(userId="anna-1", anonymousId="0b2c2ba4-e88f-4827-96a5-3b2d8d1f0a99")) == "fallback"
    assert answer(ask(userId="anna-1", public=False)) == "touch"


def test_decide_by_a_swapped_user_id_shows_neither(site, anna, ask):  # noqa: F811
    site.visitor(anna)
    ben = site.world.person("Ben")
    ben.external_id = "ben-1"
    ben.save()
    assert answer(ask(userId="ben-1", anonymousId=VISITOR)) == "fallback"
    assert answer(ask(userId="anna-1", anonymousId=VISITOR)) == "touch"


def test_decide_by_an_anonymous_id_that_can_be_guessed_shows_nobody_who_is_known(site, anna, ask):  # noqa: F811
    site.visitor(anna, GUESSABLE)
    assert answer(ask(anonymousId=GUESSABLE)) == "fallback"


def test_decide_makes_nobody_and_stores_nothing(site, ask):  # noqa: F811
    before = Contact.objects.count(), Identifier.objects.count(), Event.objects.count(), Arrival.objects.count()
    assert answer(ask(anonymousId=VISITOR, userId="new")) == "fallback"
    assert answer(ask()) == "fallback"
    assert answer(ask(anonymousId=VISITOR, public=False)) == "fallback"
    assert (
        Contact.objects.count(),
        Identifier.objects.count(),
        Event.objects.count(),
        Arrival.objects.count(),
    ) == before


@pytest.mark.parametrize(("language", "title"), [("de-AT,de;q=0.9", "Willkommen"), ("fr", "Welcome"), ("", "Welcome")])
def test_decide_for_a_stranger_speaks_the_language_of_the_browser(site, client, keys, language, title):  # noqa: F811
    found = client.get(f"/v1/decide/home-teaser?writeKey={keys[True]}", HTTP_ACCEPT_LANGUAGE=language)
    assert found.json()["content"]["title"] == title


def test_decide_without_a_key_or_with_a_wrong_one_is_refused(site, client, keys):  # noqa: F811
    path = "/v1/decide/home-teaser"
    assert client.get(path).status_code == 401
    for wrong in ("x", "ok_" + "a" * 43, "\x00", "ä", "k" * 10_000, keys[False]):  # a secret key stands in no address
        assert client.get(path, {"writeKey": wrong}).status_code == 401
    for header in ("Bearer wrong", "Bearer ", "Basic !!!", "Basic " + base64.b64encode(b"wrong:").decode()):
        assert client.get(path, HTTP_AUTHORIZATION=header).status_code == 401
    basic = "Basic " + base64.b64encode(f"{keys[True]}:".encode()).decode()
    assert client.get(path, HTTP_AUTHORIZATION=basic).status_code == 200
    from orchestrator.api.authentication import KeyAuthentication
    from orchestrator.api.models import ApiKey

    revoke_key(key_id=ApiKey.objects.get(public=True).pk, now=NOW)
    KeyAuthentication.known.clear()
    assert client.get(path, HTTP_AUTHORIZATION=basic).status_code == 401


@pytest.mark.parametrize("slot", ["unknown", "x" * 5_000, "a%00b", "%F0%9F%92%A1", "a b", "%ff"])
def test_decide_in_an_unknown_slot_is_404(site, ask, slot):  # noqa: F811
    response = ask(slot)
    assert response.status_code == 404
    assert response["Content-Type"].startswith(("application/json", "text/html"))


@pytest.mark.parametrize("field", ["anonymousId", "userId", "product"])
@pytest.mark.parametrize("value", ["x" * 10_000, "a\x00b", "a\x1bb", "x" * 201, "\x7f"])
def test_decide_names_the_field_that_is_wrong(site, ask, field, value):  # noqa: F811
    response = ask(**{field: value})
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == field
    assert value[:50] not in response.content.decode() or len(value) < 5


@pytest.mark.parametrize("value", ["", "   ", "null", "0", "{}", "💡" * 50, "' OR 1=1 --", "%s %(x)s", "ä" * 200])
def test_decide_stands_odd_ids(site, ask, value):  # noqa: F811
    assert answer(ask(anonymousId=value, userId=value)) == "fallback"
    assert answer(ask(userId=value, public=False)) == "fallback"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_decide_is_only_asked(site, client, keys, method):  # noqa: F811
    response = getattr(client, method)(f"/v1/decide/home-teaser?writeKey={keys[True]}")
    assert response.status_code == 405


def test_decide_whatever_body_and_type_come_along(site, client, keys):  # noqa: F811
    path = f"/v1/decide/home-teaser?writeKey={keys[True]}"
    for kind in ("application/xml", "text/plain", "multipart/form-data; boundary=x", "\x00", ""):
        assert client.generic("GET", path, b"\xff{", content_type=kind).status_code == 200


def test_a_browser_may_ask_before_it_sends(client):
    response = client.options("/v1/decide/home-teaser")
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (204, "*")


def test_reactions_count_once_and_need_no_key(site, anna, ask, client):  # noqa: F811
    site.visitor(anna)
    token = ask(anonymousId=VISITOR).json()["tracking"]
    for reaction in ("shown", "clicked", "dismissed"):
        said = [client.post(f"/v1/decide/{token}/{reaction}", b"", content_type="text/plain").json() for _ in range(3)]
        assert said == [{"recorded": True}, {"recorded": False}, {"recorded": False}]
    assert list(Event.objects.order_by("id").values_list("name", flat=True)) == [
        "onsite_shown",
        "onsite_clicked",
        "onsite_dismissed",
    ]
    assert answer(ask(anonymousId=VISITOR)) == "fallback"


def test_reaction_with_a_changed_token_is_a_fixed_404(site, anna, ask, client):  # noqa: F811
    site.visitor(anna)
    token = ask(anonymousId=VISITOR).json()["tracking"]
    bodies = set()
    for wrong in (token[:-1] + "_", "A" + token, token.replace("t-", "p-"), "x" * 10_000, "%00", "%ff", "t-1-1.x"):
        response = client.post(f"/v1/decide/{wrong}/shown")
        assert response.status_code == 404
        bodies.add(response.content)
    assert client.post(f"/v1/decide/{token}/eaten").status_code == 404
    assert len(bodies) == 1
    assert not Event.objects.exists()


def test_reaction_is_only_posted_whatever_its_type(site, anna, ask, client):  # noqa: F811
    site.visitor(anna)
    token = ask(anonymousId=VISITOR).json()["tracking"]
    assert client.get(f"/v1/decide/{token}/shown").status_code == 405
    for kind in ("application/json", "application/xml", "multipart/form-data; boundary=x", "nonsense"):
        assert client.post(f"/v1/decide/{token}/shown", b"\xff\x00{", content_type=kind).status_code == 200
    assert client.post(f"/v1/decide/{token}/clicked?product=" + "x" * 10_000).status_code == 400
    assert client.post(f"/v1/decide/{token}/clicked?product=%00").status_code == 400
