"""What a marketer sees and does on the screens of attributes."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.attributes import operations
from contacts.attributes.models import ApartValue, Attribute
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from contacts.segments.models import Segment
from tests.contacts.attributes.made import NOW, define

FORM = {
    "key": "tier",
    "name_en": "Tier",
    "name_de": "Stufe",
    "kind": "text",
    "choices": "",
    "source": "",
    "purpose": "",
    "keep_days": "",
}


@pytest.fixture
def page(client, db):
    client.force_login(User.objects.create_user("maja"))
    return client


def arrive(source="crm", **people):
    given = [NewContact(name, attributes=attributes) for name, attributes in people.items()]
    upsert_contacts(people=given, now=NOW, source=source)


def html(answer):
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_attributes_of_a_stranger_and_of_sales_are_closed(client, db):
    assert client.get(reverse("attributes")).status_code == 302
    sales = User.objects.create_user("sven")
    sales.groups.add(Group.objects.get_or_create(name="Sales")[0])
    client.force_login(sales)
    for name, args in (("attributes", []), ("attribute_new", []), ("attribute", [1])):
        assert client.get(reverse(name, args=args)).status_code == 403
    for name, args in (("attribute_ignore", []), ("attribute_delete", [1])):
        assert client.post(reverse(name, args=args)).status_code == 403


def test_attributes_lists_definitions_with_people_and_uses(page):
    define("tier", "choice", choices=["gold"], name_en="Tier", purpose="thank them", source="crm", keep_days=30)
    define("income", "number", sensitive=True, purpose="credit")
    Segment.objects.create(
        slug="gold", name_en="Golden ones", name_de="Gold", condition={"attribute": "tier", "is": "gold"}
    )
    arrive(a={"tier": "gold"}, b={"tier": "gold", "shoe_size": 42})
    text = html(page.get(reverse("attributes")))
    for said in (
        "Tier",
        "thank them",
        "30 days",
        "Golden ones",
        "sensitive",
        "Kept apart",
        "shoe_size",
        "whole number",
    ):
        assert said in text, said
    fragment = html(page.get(reverse("attributes"), {"q": "tier"}, HTTP_HX_REQUEST="true"))
    assert "<html" not in fragment
    assert "tier" in fragment
    assert "income" not in fragment
    assert "shoe_size" not in fragment


def test_attributes_more_rows_take_no_more_statements(page):
    def count():
        with CaptureQueriesContext(connection) as context:
            html(page.get(reverse("attributes")))
        return len(context)

    count()
    few = count()
    for n in range(20):
        define(f"key{n}")
    arrive(**{f"p{n}": {f"new{n}": n, f"key{n}": "x"} for n in range(20)})
    assert count() == few


def test_attributes_hostile_words_and_keys_are_shown_as_text(page):
    arrive(a={"<script>alert(1)</script>": "<img src=x onerror=alert(1)>"})
    text = html(page.get(reverse("attributes")))
    assert "<script>alert" not in text
    assert "<img" not in text
    for words in ("\x00", "%", "'; --", "x" * 5000, "🦄"):
        html(page.get(reverse("attributes"), {"q": words}))


def test_attribute_new_adopts_what_was_kept_apart(page):
    arrive(a={"seen on": "2026-05-01"}, b={"seen on": "2026-05-02"}, c={"seen on": "soon"})
    text = html(page.get(reverse("attribute_new"), {"key": "seen on"}))
    assert '<option value="date" selected>' in text
    assert 'value="seen on"' in text
    assert "soon" in text
    answer = page.post(
        reverse("attribute_new") + "?key=seen+on", FORM | {"key": "seen on", "kind": "date"}, follow=True
    )
    assert "2 people have a value. 1 value does not fit and stays apart." in html(answer)
    assert Contact.objects.get(external_id="a").attributes == {"seen on": "2026-05-01"}
    assert "does not fit" in html(page.get(reverse("attributes")))


def test_attribute_new_guesses_choices(page):
    arrive(**{f"p{n}": {"tier": ("gold", "std")[n % 2]} for n in range(30)})
    text = html(page.get(reverse("attribute_new"), {"key": "tier"}))
    assert '<option value="choice" selected>' in text
    assert "gold|gold|gold" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"key": ""}, "This field is required"),
        ({"key": "email"}, "fixed field of every person"),
        ({"key": "religion"}, "special category of data"),
        ({"key": "religion", "sensitive": "on"}, "sensitive data needs a purpose"),
        ({"key": "password", "sensitive": "on", "purpose": "x"}, "passwords, tokens and card numbers"),
        ({"kind": "choice"}, "expected at least one choice"),
        ({"kind": "choice", "choices": "a|A\na|B"}, "a is there twice"),
        ({"kind": "colour"}, "Select a valid choice"),
        ({"keep_days": "0"}, "expected 1 to 36500 days"),
        ({"keep_days": "x"}, "Enter a whole number"),
        ({"key": "known"}, "known is defined already"),
        ({"key": "a\x00b"}, "Null characters"),
    ],
)
def test_attribute_new_wrong_input_is_said_beside_the_field(page, given, said):
    define("known")
    answer = page.post(reverse("attribute_new"), FORM | given)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Attribute.objects.count() == 1


def test_attribute_in_german_says_what_is_wrong_in_german(page):
    answer = page.post(reverse("attribute_new"), FORM | {"key": "konfession"}, headers={"accept-language": "de"})
    assert "eine besondere Kategorie von Daten" in answer.content.decode()


def test_attribute_edit_changes_all_but_the_key(page):
    one = define("tier")
    arrive(a={"tier": "gold"})
    assert "tier" in html(page.get(reverse("attribute", args=[one.pk])))
    given = FORM | {
        "key": "other",
        "kind": "choice",
        "choices": "gold|Gold|Gold\r\nstd",
        "keep_days": "30",
        "purpose": "thank them",
    }
    answer = page.post(reverse("attribute", args=[one.pk]), given, follow=True)
    assert "Saved." in html(answer)
    one.refresh_from_db()
    assert (one.key, one.kind, one.keep_days) == ("tier", "choice", 30)
    assert one.choices == [{"value": "gold", "en": "Gold", "de": "Gold"}, {"value": "std", "en": "std", "de": "std"}]
    answer = page.post(reverse("attribute", args=[one.pk]), FORM | {"kind": "whole"})
    assert answer.status_code == 400
    assert "1 person has a value that does not fit" in answer.content.decode()
    assert page.get(reverse("attribute", args=[2**63])).status_code == 404


def test_attribute_ignore_and_stop_ignoring(page):
    arrive(a={"x": 1})
    assert "is ignored from now on" in html(page.post(reverse("attribute_ignore"), {"key": "x"}, follow=True))
    assert not ApartValue.objects.exists()
    one = Attribute.objects.get(key="x")
    assert "Stop ignoring" in html(page.get(reverse("attribute", args=[one.pk])))
    assert "Ignored keys" in html(page.get(reverse("attributes")))
    page.post(reverse("attribute_delete", args=[one.pk]))
    arrive(a={"x": 2})
    assert ApartValue.objects.get().value == 2
    assert page.post(reverse("attribute_ignore"), {"key": "never came"}).status_code == 404
    assert page.get(reverse("attribute_ignore")).status_code == 405


def test_attribute_delete_is_refused_while_used(page):
    one = define("tier", name_en="Tier")
    arrive(a={"tier": "gold"})
    segment = Segment.objects.create(
        slug="g", name_en="Golden ones", name_de="Gold", condition={"attribute": "tier", "is": "gold"}
    )
    assert "Golden ones" in html(page.get(reverse("attribute", args=[one.pk])))
    text = html(page.post(reverse("attribute_delete", args=[one.pk]), follow=True))
    assert "is used by: segment “Golden ones”" in text
    segment.delete()
    text = html(page.post(reverse("attribute_delete", args=[one.pk]), follow=True))
    assert "“Tier” is deleted, 1 person had a value." in text
    assert Contact.objects.get().attributes == {}


def test_attributes_in_the_admin_are_read_only(client, db):
    client.force_login(User.objects.create_superuser("ada"))
    define("tier")
    arrive(a={"x": 1})
    assert "tier" in html(client.get("/admin/contacts/attribute/"))
    assert "crm" in html(client.get("/admin/contacts/apartvalue/"))
    assert client.get("/admin/contacts/attribute/add/").status_code == 403


def test_attribute_delete_of_very_many_says_that_more_follow(page, monkeypatch):
    monkeypatch.setattr(operations, "PORTION", 2)
    one = define("tier", name_en="Tier")
    arrive(**{f"p{n}": {"tier": "gold"} for n in range(3)})
    text = html(page.post(reverse("attribute_delete", args=[one.pk]), follow=True))
    assert "“Tier” is being deleted: the values of 2 people are gone, the others follow within the hour." in text
    assert "Being deleted" in text
    text = html(page.get(reverse("attribute", args=[one.pk]), follow=True))
    assert "“Tier” is being deleted." in text
    while operations.remove_values(now=NOW):
        pass
    assert "Being deleted" not in html(page.get(reverse("attributes")))
    assert [contact.attributes for contact in Contact.objects.all()] == [{}] * 3
