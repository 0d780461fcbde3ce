"""The doors: gallery, one template, use it; a file out; a file in with a look before it."""

import pytest
from django.contrib.auth.models import Group, User

from contacts.models import Segment, Signal
from journeys.gallery.templates import SLUGS, template
from journeys.gallery.writing import write_document
from journeys.models import Block, Journey

pytestmark = pytest.mark.django_db


@pytest.fixture
def maja(client):
    client.force_login(User.objects.create_user("maja"))
    return client


def test_gallery_lists_every_template(maja):
    text = maja.get("/journeys/templates/").content.decode()
    for slug in SLUGS:
        assert f"/journeys/templates/{slug}/" in text


@pytest.mark.parametrize("slug", SLUGS)
def test_template_page_answers_in_both_languages(maja, slug):
    for language in ("en", "de"):
        maja.cookies["django_language"] = language
        answer = maja.get(f"/journeys/templates/{slug}/")
        assert answer.status_code == 200
        assert template(slug).guide[language]["good"][:40] in answer.content.decode().replace("&#x27;", "'")


def test_template_used_is_a_draft_with_all_that_it_needs(maja):
    given = {"name_en": "Cart", "name_de": "Korb", "slug": "my-cart"}
    answer = maja.post("/journeys/templates/abandoned-cart/", given)
    assert (answer.status_code, answer.url) == (302, "/journeys/my-cart/edit/")
    journey = Journey.objects.get()
    assert (journey.slug, journey.name_de, journey.state, journey.live_version) == ("my-cart", "Korb", "draft", None)
    assert journey.owner.username == "maja"
    assert Signal.objects.filter(slug="cart-waiting").exists()
    assert Block.objects.filter(state="approved").count() == 2


def test_template_used_twice_keeps_what_was_changed_meanwhile(maja):
    maja.post("/journeys/templates/reactivation/", {"name_en": "A", "name_de": "A", "slug": "first"})
    Segment.objects.filter(slug="quiet-customers").update(condition={"consent": "email_marketing"})
    assert "is here already" in maja.get("/journeys/templates/reactivation/").content.decode()
    maja.post("/journeys/templates/reactivation/", {"name_en": "B", "name_de": "B", "slug": "second"})
    assert Journey.objects.count() == 2
    assert Segment.objects.get(slug="quiet-customers").condition == {"consent": "email_marketing"}


def test_template_under_a_taken_short_name_says_so(maja):
    given = {"name_en": "Cart", "name_de": "Korb", "slug": "my-cart"}
    maja.post("/journeys/templates/abandoned-cart/", given)
    answer = maja.post("/journeys/templates/abandoned-cart/", given)
    assert "There is a journey with this short name." in answer.content.decode()


def test_unknown_template_and_journey_are_not_found(maja):
    assert maja.get("/journeys/templates/party/").status_code == 404
    assert maja.get("/journeys/party/export/").status_code == 404


def test_export_is_a_file(maja):
    maja.post("/journeys/templates/loyalty/", {"name_en": "A", "name_de": "A", "slug": "first"})
    answer = maja.get("/journeys/first/export/")
    assert answer["Content-Disposition"] == 'attachment; filename="first.yaml"'
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.content.decode().startswith("bundle: 1\njourneys:\n  - slug: first\n")


def look(client, text, **more):
    return client.post("/journeys/import/", {"text": text, **more})


def test_import_shows_first_and_writes_on_confirmation(maja):
    text = write_document(template("onboarding").document)
    answer = look(maja, text)
    assert answer.status_code == 200
    assert not Journey.objects.exists()
    assert not Block.objects.exists()
    answer = look(maja, text, seen=answer.context["seen"])
    assert (answer.status_code, answer.url) == (302, "/journeys/onboarding-first-order/edit/")
    assert Journey.objects.get().state == "draft"
    assert set(Block.objects.values_list("state", flat=True)) == {"in_review"}


def test_import_after_something_changed_meanwhile_looks_again(maja):
    text = write_document(template("onboarding").document)
    seen = look(maja, text).context["seen"]
    maja.post("/journeys/templates/onboarding/", {"name_en": "A", "name_de": "A", "slug": "first"})
    answer = look(maja, text, seen=seen)
    assert answer.status_code == 200
    assert "changed meanwhile" in answer.content.decode()
    assert Journey.objects.count() == 1


def test_import_asks_about_what_others_use_and_does_what_was_chosen(maja):
    maja.post("/journeys/templates/reactivation/", {"name_en": "A", "name_de": "A", "slug": "first"})
    document = template("reactivation").document
    changed = {
        **document,
        "segments": [one | {"condition": {"consent": "email_marketing"}} for one in document["segments"][1:]]
        + document["segments"][:1],
    }
    text = write_document(changed)
    answer = look(maja, text)
    (row,) = [row for row in answer.context["rows"] if row["change"].state == "conflict"]
    assert row["change"].key == "segment:quiet-customers"
    assert row["keep"]
    assert row["change"].affects == ["journey “A”"]
    seen = answer.context["seen"]
    key = f"choice-{row['change'].key}"
    look(maja, text, seen=seen, **{key: "take"})
    assert Segment.objects.get(slug="quiet-customers").condition == {"consent": "email_marketing"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slug: [", "line 2, column 1: expected YAML"),
        ("bundle: 2", "bundle: expected 1"),
        ("bundle: 1\njourneys: [{slug: a b}]", "journeys[0].slug"),
        ("", "Choose a file or paste its text."),
        ("a: &a [*a]", "expected at most"),
    ],
)
def test_import_of_a_broken_text_says_where(maja, text, said):
    answer = look(maja, text)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_people_of_sales_see_none_of_it(client):
    sven = User.objects.create_user("sven")
    sven.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(sven)
    for path in ("/journeys/templates/", "/journeys/templates/loyalty/", "/journeys/import/", "/journeys/x/export/"):
        assert client.get(path).status_code == 403
