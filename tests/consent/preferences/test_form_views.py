"""Sign-up forms as the staff makes them."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Purpose, SignupForm
from orchestrator.kernel.access import SALES_GROUP

pytestmark = pytest.mark.django_db
GIVEN = {"name_en": "Lamp news", "name_de": "Leuchtenpost", "active": "on", "intro_en": "", "intro_de": "", "slug": ""}


@pytest.fixture
def maja(client: Client):
    client.force_login(User.objects.create_user("maja"))
    return client


def pk(slug):
    return Purpose.objects.get(slug=slug).pk


def test_signup_form_new_is_listed_and_works_in_public(maja, texts):
    answer = maja.post(
        "/consent/forms/new/",
        {**GIVEN, "purpose_1": pk("profiling"), "purpose_3": pk("lamps"), "fields_asked": ["country"]},
    )
    assert answer["Location"] == "/consent/forms/lamp-news/"
    form = SignupForm.objects.get()
    assert [c.purpose.slug for c in form.choices.order_by("position")] == ["profiling", "lamps"]
    assert form.fields == ["country"]
    assert "Lamp news" in maja.get("/consent/forms/").content.decode()
    page = maja.get(answer["Location"]).content.decode()
    assert "http://127.0.0.1:8000/f/lamp-news/" in page
    assert "&lt;form action=" in page
    assert Client().get("/f/lamp-news/").status_code == 200


def test_signup_form_edit_changes_order_and_keeps_its_address(maja, form):
    given = {**GIVEN, "slug": "other", "purpose_1": pk("lamps"), "purpose_2": pk("email_marketing")}
    assert maja.post("/consent/forms/news/edit/", given).status_code == 302
    form.refresh_from_db()
    assert (form.slug, form.name_en) == ("news", "Lamp news")
    assert [c.purpose.slug for c in form.choices.order_by("position")] == ["lamps", "email_marketing"]


def test_signup_form_says_where_words_are_missing(maja, form):
    form.choices.create(purpose=Purpose.objects.get(slug="third_party"), position=7)
    for path in ("/consent/forms/", "/consent/forms/news/", "/consent/forms/news/edit/"):
        assert "English, Deutsch" in maja.get(path).content.decode(), path
    form.choices.exclude(purpose__slug="third_party").delete()
    assert "nothing can be offered in this language yet" in maja.get("/consent/forms/news/").content.decode()
    assert Client().get("/f/news/").status_code == 404


@pytest.mark.parametrize("twice", [True, False])
def test_signup_form_without_or_with_a_doubled_question_is_refused(maja, texts, twice):
    given = {**GIVEN, "purpose_1": pk("lamps"), "purpose_2": pk("lamps")} if twice else GIVEN
    assert maja.post("/consent/forms/new/", given).status_code == 422
    assert not SignupForm.objects.exists()


def test_signup_form_that_is_off_is_not_shown_to_people(form):
    SignupForm.objects.update(active=False)
    assert Client().get("/f/news/").status_code == 404


def test_signup_forms_are_not_for_sales_or_strangers(client, form):
    assert client.get("/consent/forms/").status_code == 302
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.get_or_create(name=SALES_GROUP)[0])
    client.force_login(sales)
    assert client.get("/consent/forms/").status_code == 403


def test_signup_forms_list_takes_as_many_statements_for_many(maja, form):
    def statements():
        with CaptureQueriesContext(connection) as seen:
            maja.get("/consent/forms/")
        return len(seen)

    maja.get("/consent/forms/")
    first = statements()
    for n in range(8):
        one = SignupForm.objects.create(slug=f"f{n}", name_en="x", name_de="x", created_at=form.created_at)
        one.choices.create(purpose_id=pk("profiling"), position=0)
    assert statements() == first
