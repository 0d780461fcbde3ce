"""The door of consent: withdrawing is easy, agreeing proves itself, and the same message counts once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent.models import Purpose, Record, State, Wording
from contacts.models import Contact
from orchestrator.api.models import ApiKey
from orchestrator.api.operations import create_key
from tests.orchestrator.api.conftest import NOW

TEXT = "email_marketing/de/1"
AT = (NOW - timedelta(days=400)).isoformat()
DOI = {
    "url": "https://shop.example/f",
    "requested_at": "2025-01-01T10:00:00Z",
    "confirmed_at": "2025-01-01T10:05:00Z",
    "mail": "m-1",
}
SALE = {
    "order": "A-1",
    "ordered_at": "2025-02-01T10:00:00Z",
    "goods": "book",
    "notice": TEXT,
    "noticed_at": "2025-02-01T09:59:00Z",
}
GRANT = {
    "email": "anna@example.com",
    "purpose": "email_marketing",
    "decision": "granted",
    "source": "shop",
    "at": AT,
    "wording": TEXT,
}


@pytest.fixture
def manage(db):
    key = create_key(name="crm", source="crm", now=NOW)
    ApiKey.objects.filter(source="crm").update(scope=ApiKey.Scope.MANAGE)
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"}


@pytest.fixture
def anna(db):
    about = Purpose.objects.get(slug="email_marketing")
    Wording.objects.create(purpose=about, language="de", version=1, text="Ja", digest="d", created_at=NOW)
    return Contact.objects.create(external_id="anna", email="anna@example.com", created_at=NOW, updated_at=NOW)


def held(contact):
    return dict(State.objects.filter(contact=contact).values_list("purpose__slug", "granted"))


def without(*names, **more):
    return {name: value for name, value in GRANT.items() if name not in names} | more


def test_manage_key_records_with_source_time_and_wording(post, manage, anna):
    answer = post("consents", {**GRANT, "proof": {"clerk": "mia"}}, **manage)
    assert (answer.status_code, answer.json()["items"]) == (
        202,
        [{"index": 0, "status": "stored", "contact_id": str(anna.pk)}],
    )
    record = Record.objects.get()
    assert (record.decision, record.source, record.wording, record.at.isoformat()) == ("granted", "shop", TEXT, AT)
    assert record.proof == {"clerk": "mia", "method": "api", "by": "crm"}
    assert held(anna) == {"email_marketing": True}


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (without("source"), "source"), (without("at"), "at"), (without("wording"), "wording"),
        (without(wording="email_marketing/de/9"), "wording"), (without(wording="v3"), "wording"),
        (without(purpose="profiling"), "wording"), (without(purpose="peace"), "purpose"), (without(purpose="service"), "purpose"),
        (without(decision="perhaps"), "decision"), (without("email"), ""), (without(email="nobody@example.com"), ""),
        (without(at="2999-01-01T00:00:00Z"), "at"), (without(decision="existing_customer"), "sale"), (without(colour="red"), "colour"),
        (without(double_opt_in={**DOI, "confirmed_at": DOI["requested_at"]}), "double_opt_in.confirmed_at"),
    ],
)  # fmt: skip
def test_b9_a_grant_without_proof_is_refused_with_the_reason(post, manage, anna, item, path):
    answer = post("consents", item, **manage)
    assert answer.status_code == 400
    assert path in {error["path"] for error in answer.json()["items"][0]["errors"]}
    assert not Record.objects.exists()


def test_intake_key_withdraws_and_agrees_only_with_a_double_opt_in(post, anna):
    assert post("consents", GRANT).json()["items"][0]["errors"][0]["path"] == "double_opt_in"
    assert post("consents", {**GRANT, "decision": "existing_customer", "sale": SALE}).status_code == 400
    assert post("consents", without("source", "at", double_opt_in=DOI)).status_code == 202
    record = Record.objects.get()
    assert (record.proof["method"], record.proof["mail"], record.at) == (
        "double_opt_in",
        "m-1",
        datetime(2025, 1, 1, 10, 5, tzinfo=UTC),
    )
    assert post("consents", without("source", "at", "wording", decision="withdrawn")).status_code == 202
    assert held(anna) == {"email_marketing": False}
    assert Record.objects.latest("pk").source == "shop"


def test_an_old_double_opt_in_does_not_undo_a_withdrawal(post, anna):
    post("consents", without("at", "wording", decision="withdrawn"))
    post("consents", without("source", "at", double_opt_in=DOI))
    assert held(anna) == {"email_marketing": False}


@pytest.mark.parametrize("scope", [ApiKey.Scope.READ, "public"])
def test_other_keys_may_not_say_anything(post, anna, scope):
    key = create_key(name="r", source="r", now=NOW)
    ApiKey.objects.filter(source="r").update(**({"public": True} if scope == "public" else {"scope": scope}))
    answer = post("consents", without("at", "wording", decision="withdrawn"), HTTP_AUTHORIZATION=f"Bearer {key}")
    assert answer.status_code == 403
    assert not Record.objects.exists()


def test_the_same_message_again_or_twice_counts_once(post, manage, anna):
    item = {**GRANT, "message_id": "m1"}
    first = post("consents", {"batch": [item, item]}, **manage).json()
    again = post("consents", item, **manage).json()
    assert [one["status"] for one in first["items"]] == ["stored", "duplicate"]
    assert (again["items"][0]["status"], again["accepted"]) == ("duplicate", 1)
    assert Record.objects.count() == 1


def test_a_batch_says_what_became_of_each_with_a_fixed_number_of_statements(post, manage, anna):
    people = Contact.objects.bulk_create(
        [Contact(email=f"p{n}@example.com", created_at=NOW, updated_at=NOW) for n in range(40)]
    )

    def send(count):
        items = [{**GRANT, "email": people[n].email} for n in range(count)] + [without("at")]
        with CaptureQueriesContext(connection) as captured:
            answer = post("consents", {"batch": items}, **manage)
        body = answer.json()
        assert (answer.status_code, body["accepted"], body["rejected"]) == (202, count, 1)
        assert body["items"][-1]["errors"][0]["path"] == f"batch[{count}].at"
        return len(captured)

    send(1)
    assert send(2) == send(40)


def test_a_no_by_address_is_a_no_of_everybody_with_it(post, anna):
    twin = Contact.objects.create(email=anna.email, created_at=NOW, updated_at=NOW)
    post("consents", without("at", "wording", decision="withdrawn"))
    assert held(anna) == held(twin) == {"email_marketing": False}


def test_existing_customers_need_a_sale_that_proves_all_conditions(post, manage, anna):
    item = {"user_id": "anna", "purpose": "email_marketing", "decision": "existing_customer", "sale": SALE}
    refused = post("consents", item, **manage)
    assert refused.status_code == 400
    assert "does not allow it" in refused.json()["items"][0]["errors"][0]["message"]
    Purpose.objects.filter(slug="email_marketing").update(
        existing_customer=True, similar_goods="books", notice_en="n", notice_de="n"
    )
    assert post("consents", item, **manage).json()["items"][0]["status"] == "stored"
    assert post("consents", item, **manage).json()["items"][0]["status"] == "duplicate"
    assert State.objects.get().basis == "existing_customer"


def test_get_says_what_holds_and_whether_it_is_allowed(client, post, manage, anna):
    post("consents", GRANT, **manage)
    Contact.objects.filter(pk=anna.pk).update(restricted_at=timezone.now())
    body = client.get("/api/v1/consents", {"email": "ANNA@example.com"}, **manage).json()
    assert body["contact_id"] == str(anna.pk)
    mail = next(one for one in body["consents"] if one["purpose"] == "email_marketing")
    assert (mail["granted"], mail["allowed"], mail["reason"], mail["wording"]) == (True, False, "restricted", TEXT)
    assert json.dumps(body).count("purpose") == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 400), ({"contact_id": "x"}, 400), ({"contact_id": "9" * 19}, 400), ({"contact_id": "7" * 40}, 400), ({"email": "a\0"}, 400),
     ({"user_id": "nobody"}, 404)],
)  # fmt: skip
def test_get_about_nobody_is_refused(client, manage, anna, query, status):
    assert client.get("/api/v1/consents", query, **manage).status_code == status


def test_get_is_not_for_keys_that_only_send(client, key, anna):
    answer = client.get("/api/v1/consents", {"user_id": "anna"}, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert answer.status_code == 403
