"""The pages of offers: list, editor, codes, publish, end; and the public one."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from journeys.models import Offer, OfferCode, OfferGrant
from journeys.offers.queries import decline_url
from tests.journeys.offers.conftest import OFFER_STEPS, fills_cart, journey, offer

pytestmark = pytest.mark.django_db
GIVEN = {
    "name_en": "Spring voucher", "name_de": "Frühlingsgutschein", "kind": "voucher", "valid_days": "14", "value": "10", "currency": "eur",
    "codes": "none", "rest_days": "30", "accepted_by": "offer_accepted", "eligibility": "",
}  # fmt: skip


@pytest.fixture
def maja(client):
    client.force_login(User.objects.create_user("maja"))
    return client


def said(response):
    return [str(m) for m in get_messages(response.wsgi_request)]


def test_new_offer_is_a_draft_with_a_short_name(maja):
    answer = maja.post(
        "/offers/new/", GIVEN | {"phases": ["purchase"], "eligibility": '{"attribute": "country", "is": "DE"}'}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    one = Offer.objects.get()
    assert answer["Location"] == "/offers/spring-voucher/"
    assert (one.slug, one.state, one.phases, one.currency, one.value) == (
        "spring-voucher",
        "draft",
        ["purchase"],
        "EUR",
        10,
    )
    assert one.eligibility == {"attribute": "country", "is": "DE"}
    page = maja.get("/offers/spring-voucher/")
    assert "country" in page.text
    assert "draft" in maja.get("/offers/").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("currency", "EURO", "at most 3"),
        ("currency", "E1R", "Three letters"),
        ("valid_days", "0", "at least one day"),
        ("valid_days", "4000", "ten years"),
        ("value", "-1", "Not less than nothing"),
        ("eligibility", '{"nonsense": 1}', "expected one of"),
        ("slug", "any", "stands for every offer"),
        ("codes", "shared", "code for everybody"),
        ("phases", "winter", "Select a valid choice"),
        ("valid_until", "2020-01-01T00:00", "after it begins"),
        ("name_en", "", "required"),
    ],
)
def test_bad_values_are_refused_at_their_field(maja, field, value, words):
    answer = maja.post("/offers/new/", GIVEN | {"valid_from": "2026-01-01T00:00"} | {field: value})
    assert answer.status_code == 200
    assert words in answer.text
    assert not Offer.objects.exists()


def test_edit_of_two_people_tells_the_second_and_loses_nothing(maja):
    offer(state="draft")
    loaded = maja.get("/offers/spring/edit/").context["form"]["loaded"].value()
    Offer.objects.update(valid_days=20)
    answer = maja.post("/offers/spring/edit/", GIVEN | {"loaded": loaded, "valid_days": "7"})
    assert "Somebody else has saved this meanwhile" in answer.text
    assert Offer.objects.get().valid_days == 20
    again = answer.context["form"].data["loaded"]
    assert maja.post("/offers/spring/edit/", GIVEN | {"loaded": again, "valid_days": "7"}).status_code == 302
    assert Offer.objects.get().valid_days == 7


def test_kind_of_codes_stays_once_somebody_has_the_offer(maja, shop):
    one = offer(single=["A"])
    journey("j", OFFER_STEPS)
    fills_cart(shop, shop.person("anna"))
    maja.post("/offers/spring/edit/", GIVEN)
    one.refresh_from_db()
    assert (one.codes, one.name_en) == ("single", "Spring voucher")


def test_publish_without_codes_is_refused_then_codes_come_in_three_ways(maja):
    offer(state="draft", codes="single")
    answer = maja.post("/offers/spring/publish/")
    assert said(answer) == ["There are no codes yet."]
    file = SimpleUploadedFile("codes.csv", b'\xef\xbb\xbf"C-1";x\nC-2\n\nno good code\n')
    answer = maja.post(
        "/offers/spring/codes/", {"lines": "A-1\nA-1\nA-2", "upload": file, "count": "3", "prefix": "spring"}
    )
    assert said(answer)[-1] == "7 new codes."
    codes = set(OfferCode.objects.values_list("code", flat=True))
    assert {"A-1", "A-2", "C-1", "C-2"} < codes
    made = [code for code in codes if code.startswith("SPRING-")]
    assert len(made) == 3
    assert all(len(code) == len("SPRING-XXXX-XXXX-XXXX") for code in made)
    assert said(maja.post("/offers/spring/codes/", {"lines": "A-1"}))[-2] == "1 codes were there already."
    answer = maja.post("/offers/spring/publish/")
    assert Offer.objects.get().state == "live"
    assert "faster" in said(maja.post("/offers/spring/publish/"))[-1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Paste codes"),
        ({"count": "200001"}, "less than or equal"),
        ({"count": "0"}, "greater than or equal"),
        ({"lines": "a\n" * 200_001}, "At most 200,000"),
        ({"upload": SimpleUploadedFile("x", b"\xff\xfe\x00")}, "UTF-8"),
        ({"count": "1", "prefix": "a b"}, "no blanks"),
    ],
)
def test_bad_codes_are_refused(maja, given, words):
    offer(state="draft", codes="single")
    assert words in said(maja.post("/offers/spring/codes/", given))[0]
    assert not OfferCode.objects.exists()


@pytest.mark.parametrize(("given", "state"), [({}, "open"), ({"withdraw": "yes"}, "withdrawn")])
def test_end_keeps_promises_unless_asked(maja, shop, given, state):
    offer()
    journey("j", OFFER_STEPS)
    fills_cart(shop, shop.person("anna"))
    maja.post("/offers/spring/end/", given)
    assert (Offer.objects.get().state, OfferGrant.objects.get().state) == ("ended", state)
    assert "faster" in said(maja.post("/offers/spring/end/"))[-1]


def test_pages_show_who_has_it_and_what_runs_out(maja, shop):
    offer(single=["A-1", "A-2"], budget=40, valid_until=timezone.now() + timedelta(days=900))
    journey("j", OFFER_STEPS)
    OfferGrant.objects.update(granted_at=timezone.now())
    fills_cart(shop, shop.person("anna"), shop.person("ben"), shop.person("cem"))
    page = maja.get("/offers/spring/").text
    for words in ("Anna", "A-1", "no code is left", "20\u00a0EUR of 40\u00a0EUR"):
        assert words in page, words
    assert "no code is left" in maja.get("/offers/").text
    assert maja.get("/offers/conflicts/").status_code == 200
    assert maja.get("/offers/spring/?before=1").status_code == 200
    assert maja.get("/offers/nothing/").status_code == 404


def test_list_reads_as_many_statements_for_one_offer_as_for_ten(maja, shop):
    def statements():
        with CaptureQueriesContext(connection) as found:
            assert maja.get("/offers/").status_code == 200
        return len(found)

    offer()
    journey("j", OFFER_STEPS)
    one = statements()
    for n in range(9):
        offer(f"o{n}", single=["A"])
    assert statements() == one


def test_strangers_and_get_change_nothing(client):
    offer()
    for path in ("", "new/", "conflicts/", "spring/", "spring/edit/"):
        assert client.get(f"/offers/{path}").status_code == 302
    client.force_login(User.objects.create_user("maja"))
    for path in ("publish", "end", "codes"):
        assert client.get(f"/offers/spring/{path}/").status_code == 405


def link(grant):
    return decline_url(grant.pk).split("/no/")[1]


def test_no_thanks_is_asked_first_and_taken_once(client, shop):
    offer(name_de="Frühling")
    journey("j", OFFER_STEPS)
    fills_cart(shop, shop.person("anna", language="de"))
    grant = OfferGrant.objects.get()
    page = client.get(f"/no/{link(grant)}")
    assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
    assert 'lang="de"' in page.text
    assert "„Frühling“" in page.text or "“Frühling”" in page.text
    grant.refresh_from_db()
    assert grant.state == "open"
    for _ in range(2):
        assert client.post(f"/no/{link(grant)}").status_code == 200
    grant.refresh_from_db()
    assert grant.state == "declined"
    assert not page.cookies


@pytest.mark.parametrize("token", ["1", "1.x", "x", "0.abc", "99999999999999999999.abc"])
def test_no_thanks_with_a_wrong_token_is_not_found(client, token):
    assert client.get(f"/no/{token}/").status_code == 404
    assert client.post(f"/no/{token}/").status_code == 404


def test_no_thanks_to_what_is_over_says_so(client, shop):
    offer()
    journey("j", OFFER_STEPS)
    fills_cart(shop, shop.person("anna", language="en"))
    grant = OfferGrant.objects.get()
    OfferGrant.objects.update(state="accepted")
    assert "is not open any more" in client.post(f"/no/{link(grant)}").text
    grant.refresh_from_db()
    assert grant.state == "accepted"
