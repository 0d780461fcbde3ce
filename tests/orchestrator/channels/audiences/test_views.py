"""The pages of audiences: list, form, one with its log, buttons, the file and who fetched it."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Purpose
from contacts.models import Contact
from orchestrator.channels.audiences.models import Audience, AudienceMember, AudienceRun
from orchestrator.channels.audiences.rules import cell, wait_after
from tests.orchestrator.channels.audiences.conftest import NOW, sha


@pytest.fixture
def maja(client, db):
    client.force_login(User.objects.create_user("maja"))
    return client


def given(ads, **more):
    purpose = Purpose.objects.get(slug="third_party")
    return {
        "name_en": "Buyers", "name_de": "Käufer", "people": ads.list.pk, "segment": "", "destination": "google", "account": "123-456-7890",
        "manager": "", "remote_list": "77", "purpose": purpose.pk, "columns": ["email_sha256"],
    } | more  # fmt: skip


def test_new_audience_is_saved_and_due_at_once(maja, ads):
    answer = maja.post("/audiences/new/", given(ads))
    assert answer["Location"] == "/audiences/buyers/"
    one = Audience.objects.get()
    assert (one.account, one.state, one.created_by.username) == ("1234567890", "active", "maja")
    assert one.next_at == one.created_at
    page = maja.get("/audiences/buyers/")
    assert "There was no run yet." in page.text
    assert "Buyers" in maja.get("/audiences/").text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"people": ""}, "segment"),
        ({"remote_list": ""}, "remote_list"),
        ({"account": ""}, "account"),
        ({"remote_list": "77/../9"}, "remote_list"),
        ({"destination": "file", "columns": []}, "columns"),
        ({"destination": "tiktok"}, "destination"),
        ({"columns": ["stage"]}, "columns"),
        ({"name_en": "!"}, "name_en"),
    ],
)
def test_form_refuses_what_cannot_be_meant(maja, ads, change, field):
    answer = maja.post("/audiences/new/", given(ads, **change))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Audience.objects.exists()


def test_form_offers_purposes_for_third_parties_only(maja, ads):
    wrong = Purpose.objects.get(slug="email_marketing")
    assert wrong.name not in maja.get("/audiences/new/").text
    answer = maja.post("/audiences/new/", given(ads, purpose=wrong.pk))
    assert "purpose" in answer.context["form"].errors


def test_edit_of_the_place_is_refused_while_people_are_there(maja, ads, meta):
    ads.person("anna")
    ads.audience("meta", account="")
    ads.sync()
    answer = maja.post("/audiences/ads/edit/", given(ads, destination="meta", remote_list="78", account=""))
    assert "destination" in answer.context["form"].errors
    assert Audience.objects.get().remote_list == "77"
    assert maja.post("/audiences/ads/edit/", given(ads, destination="meta", account="")).status_code == 302
    assert Audience.objects.get().name_en == "Buyers"


def test_page_says_who_is_kept_out_and_why_and_what_the_platform_said(maja, ads, meta):
    ads.person("anna"), ads.person("never", grant=())
    ads.audience("meta")
    assert "never agreed to third parties" in maja.get("/audiences/ads/").text  # before any run too
    meta.script = [(400, {"error": {"message": "Invalid parameter", "code": 100}}, {})]
    ads.sync()
    page = maja.get("/audiences/ads/").text
    assert "never agreed to third parties" in page
    assert "400: Invalid parameter (code 100)" in page
    assert "The last run failed." in page
    page = maja.get("/audiences/ads/", headers={"accept-language": "de"}).text
    assert "hat Dritten nie zugestimmt" in page


def test_buttons_ask_for_a_run_pause_end_and_delete(maja, ads, meta):
    ads.person("anna")
    one = ads.audience("meta")
    ads.sync()
    before = Audience.objects.get().next_at
    maja.post("/audiences/ads/run/")
    assert Audience.objects.get().next_at != before
    for state in ("paused", "active", "ended"):
        maja.post("/audiences/ads/state/", {"state": state})
        assert Audience.objects.get().state == state
    assert maja.post("/audiences/ads/state/", {"state": "gone"}).status_code == 404
    maja.post("/audiences/ads/delete/")
    assert Audience.objects.exists()  # somebody is at the platform still
    Audience.objects.update(next_at=NOW)
    ads.sync()
    assert meta.inside() == set()
    assert maja.post("/audiences/ads/delete/")["Location"] == "/audiences/"
    assert not AudienceMember.objects.filter(audience_id=one.pk).exists()


def test_file_has_those_who_agree_now_and_says_who_fetched_it(maja, ads):
    ads.person("anna", phone="+491701234567", last_name="=HYPERLINK(1)")
    ads.person("never", grant=())
    columns = ["email_sha256", "phone_sha256", "email", "phone", "last_name"]
    ads.audience("file", columns=columns)
    answer = maja.post("/audiences/ads/file/")
    assert answer["Content-Disposition"].startswith('attachment; filename="ads-')
    assert "no-store" in answer["Cache-Control"]
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows == [
        columns,
        [sha("anna@people.example"), sha("+491701234567"), "anna@people.example", "+491701234567", "'=HYPERLINK(1)"],
    ]
    run = AudienceRun.objects.get()
    assert (run.kind, run.by.username, run.added, run.columns, run.kept_out) == (
        "file", "maja", 1, columns, {"no_consent": 1},
    )  # fmt: skip
    assert "maja" in maja.get("/audiences/ads/").text
    ads.says(Contact.objects.get(external_id="anna"), "third_party", "withdrawn")
    assert len(list(csv.reader(io.StringIO(maja.post("/audiences/ads/file/").text)))) == 1


def test_file_of_a_platform_or_by_a_link_is_not_there(maja, ads):
    ads.audience("meta")
    assert maja.post("/audiences/ads/file/").status_code == 404
    assert maja.get("/audiences/ads/file/").status_code == 405


def test_pages_are_for_marketers(client, ads):
    ads.audience("meta")
    assert client.get("/audiences/").status_code == 302
    seller = User.objects.create_user("sam")
    seller.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(seller)
    for path in ("/audiences/", "/audiences/ads/", "/audiences/new/", "/audiences/ads/edit/"):
        assert client.get(path).status_code == 403
    assert client.post("/audiences/ads/file/").status_code == 403


def test_list_asks_as_often_for_many_as_for_one(maja, ads):
    ads.audience("meta")
    maja.get("/audiences/")
    with CaptureQueriesContext(connection) as one:
        maja.get("/audiences/")
    for n in range(10):
        ads.audience("meta", slug=f"a{n}")
    with CaptureQueriesContext(connection) as many:
        maja.get("/audiences/")
    assert len(one) == len(many) == 5


def test_segment_in_use_by_an_audience_cannot_be_deleted(maja, ads):
    ads.audience("meta")
    maja.post("/segments/ads/delete/")
    ads.list.refresh_from_db()
    assert "Ads" in maja.get("/segments/ads/").text


def test_cell_guards_formulas_and_leaves_numbers():
    assert [cell(one) for one in ("=1+1", "@x", "-1", "+1+1", "+4917", "Anna", "")] == [
        "'=1+1", "'@x", "'-1", "'+1+1", "+4917", "Anna", "",
    ]  # fmt: skip


def test_wait_grows_up_to_an_hour_and_heeds_what_was_asked():
    assert [wait_after(n) for n in (1, 2, 3, 50)] == [60, 120, 240, 3600]
    assert wait_after(1, asked=900) == 900
    assert 60 <= wait_after(1, spread=7) <= 72
