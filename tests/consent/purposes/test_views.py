"""Purposes and wordings: marketers read, the privacy officer writes, the product's own stay."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import Limit, Purpose, SignupChoice, SignupForm, Wording
from consent.purposes.operations import switch_purpose
from consent.purposes.rules import compared, digest_of
from consent.records.operations import record_consent
from contacts.models import Contact, News
from orchestrator.kernel.access import PRIVACY_GROUP

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
GIVEN = {
    "slug": "books", "name_en": "Books", "name_de": "Bücher", "kind": "communication", "channel": "email",
    "enforcement": "opt_in", "legal_basis": "GDPR Art. 6(1)(a)", "parent_id": "",
}  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    user = User.objects.create_user("paula")
    user.groups.add(Group.objects.get_or_create(name=PRIVACY_GROUP)[0])
    client.force_login(user)
    return client


@pytest.fixture
def marketer(client):
    client.force_login(User.objects.create_user("mara"))
    return client


def own(slug="email_marketing"):
    return Purpose.objects.get(slug=slug)


def make(officer, **more):
    return officer.post(reverse("purpose_new"), {**GIVEN, **more})


def test_purposes_lists_topics_below_their_purpose_with_counts(marketer):
    topic = Purpose.objects.create(slug="books", name_en="Books", name_de="Bücher", parent=own())
    anna = Contact.objects.create(email="a@example.org", created_at=NOW, updated_at=NOW)
    record_consent(contact_id=anna.pk, purpose="books", decision="granted", source="form", now=NOW)
    answer = marketer.get(reverse("purposes"))
    rows = answer.context["rows"]
    names = [row["slug"] for row in rows]
    assert names.index("books") == names.index("email_marketing") + 1
    assert (
        next(row for row in rows if row["slug"] == "books") | {"id": topic.pk, "topic": True, "granted": 1} == rows[1]
    )
    assert "New purpose" not in answer.content.decode()


def test_purposes_of_many_ask_as_much_as_of_few(marketer):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            marketer.get(reverse("purposes"))
        return len(captured)

    few = statements()
    for n in range(20):
        Purpose.objects.create(slug=f"t{n}", name_en=f"T{n}", name_de=f"T{n}", parent=own())
    assert statements() == few


def test_officer_makes_a_topic_and_changes_it(officer):
    assert make(officer, parent_id=own().pk).status_code == 302
    made = own("books")
    assert (made.parent, made.active, made.kind) == (own(), True, "communication")
    changed = {**GIVEN, "name_en": "Good books", "parent_id": own().pk}
    assert officer.post(reverse("purpose", args=[made.pk]), changed).status_code == 302
    assert own("books").name_en == "Good books"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"slug": "Bücher!"}, "it begins with a letter"),
        ({"slug": "profiling"}, "There is a purpose of this short name."),
        ({"name_de": ""}, "This field is required."),
        ({"legal_basis": " "}, "This field is required."),
        ({"enforcement": "none"}, "Only a purpose of the kind"),
        ({"kind": "contract"}, "Only a purpose of the kind"),
        ({"existing_customer": "on", "similar_goods": "books", "notice_en": "n"}, "own similar goods and the notice"),
        ({"parent_id": "profiling"}, "is of its kind"),
    ],
)
def test_what_does_not_fit_is_said_at_the_form(officer, more, words):
    if "parent_id" in more:
        more = {"parent_id": own(more["parent_id"]).pk}
    before = Purpose.objects.count()
    answer = make(officer, **more)
    assert words in answer.content.decode().replace("&quot;", '"')
    assert Purpose.objects.count() == before


@pytest.mark.parametrize("name", ["purpose_new", "purpose", "purpose_switch", "purpose_delete", "wording_new"])
def test_marketers_write_nothing(marketer, name):
    args = [] if name == "purpose_new" else [own().pk]
    given = {**GIVEN, "language": "de", "text": "Ja"}
    assert marketer.post(reverse(name, args=args), given).status_code == 403
    assert not Wording.objects.exists()


def test_own_purposes_stay_as_the_product_needs_them(officer):
    changed = {**GIVEN, "name_en": "Mail", "enforcement": "opt_out"}
    page = officer.post(reverse("purpose", args=[own().pk]), changed).content.decode()
    assert "The product itself relies on this purpose" in page
    for name in ("purpose_switch", "purpose_delete"):
        officer.post(reverse(name, args=[own().pk]), {"active": "no"})
    assert (own().enforcement, own().active, own().name_en) == ("opt_in", True, "E-mail marketing")


def test_switch_off_tells_whom_it_is_about_and_lists_what_names_it(officer):
    make(officer)
    books = own("books")
    anna, _ben = (Contact.objects.create(email=f"{n}@example.org", created_at=NOW, updated_at=NOW) for n in "ab")
    record_consent(contact_id=anna.pk, purpose="books", decision="granted", source="form", now=NOW)
    News.objects.all().delete()
    form = SignupForm.objects.create(slug="f", name_en="Footer", name_de="Fuß", created_at=NOW)
    SignupChoice.objects.create(form=form, purpose=books, position=1)
    Limit.objects.filter(slug="less").update(purpose="books")
    page = officer.get(reverse("purpose", args=[books.pk])).content.decode()
    assert "Footer" in page
    assert "People who want less" in page
    officer.post(reverse("purpose_switch", args=[books.pk]), {"active": "no"})
    assert own("books").active is False
    assert set(News.objects.values_list("contact_id", "name")) == {(anna.pk, "consent")}


def test_switch_of_an_opt_out_purpose_tells_everybody(db):
    purpose = Purpose.objects.create(slug="news", name_en="News", name_de="News", enforcement="opt_out")
    anna = Contact.objects.create(email="a@example.org", created_at=NOW, updated_at=NOW)
    switch_purpose(purpose_id=purpose.pk, active=False, now=NOW)
    assert set(News.objects.values_list("contact_id", flat=True)) == {anna.pk}


def test_delete_is_refused_with_the_uses_and_where_somebody_spoke(officer):
    make(officer)
    books = own("books")
    Limit.objects.filter(slug="less").update(purpose="books")
    page = officer.post(reverse("purpose_delete", args=[books.pk]), follow=True).content.decode()
    assert "is used by" in page
    assert "People who want less" in page
    Limit.objects.filter(slug="less").update(purpose="")
    anna = Contact.objects.create(email="a@example.org", created_at=NOW, updated_at=NOW)
    record_consent(contact_id=anna.pk, purpose="books", decision="granted", source="form", now=NOW)
    page = officer.post(reverse("purpose_delete", args=[books.pk]), follow=True).content.decode()
    assert "switch it off instead" in page
    assert Purpose.objects.filter(slug="books").exists()


def test_delete_of_one_that_nothing_names(officer):
    make(officer)
    officer.post(reverse("purpose_delete", args=[own("books").pk]))
    assert not Purpose.objects.filter(slug="books").exists()


def write(officer, text, language="de"):
    return officer.post(reverse("wording_new", args=[own().pk]), {"language": language, "text": text})


def test_wording_gets_versions_that_stay(officer):
    for text in ("Ja, ich will Post.", "Ja, ich will gern Post."):
        assert write(officer, text).status_code == 302
    write(officer, "Yes please.", "en")
    assert write(officer, "Ja, ich will gern Post.").status_code == 422
    assert [one.name for one in Wording.objects.order_by("language", "version")] == [
        "email_marketing/de/1", "email_marketing/de/2", "email_marketing/en/1",
    ]  # fmt: skip
    first = Wording.objects.get(language="de", version=1)
    assert (first.digest, first.created_by.username) == (digest_of("Ja, ich will Post."), "paula")
    with pytest.raises(IntegrityError), transaction.atomic():
        Wording.objects.filter(pk=first.pk).update(text="Ja")
    with pytest.raises(IntegrityError), transaction.atomic():
        first.delete()


def test_wording_shows_what_changed_and_how_many_agree_under_it(officer):
    write(officer, "Ja, ich will Post.")
    write(officer, "Ja, ich will gern Post.")
    anna = Contact.objects.create(email="a@example.org", created_at=NOW, updated_at=NOW)
    record_consent(
        contact_id=anna.pk,
        purpose="email_marketing",
        decision="granted",
        source="f",
        now=NOW,
        wording="email_marketing/de/1",
    )
    answer = officer.get(reverse("purpose", args=[own().pk]))
    assert {text["version"]: text["agree"] for text in answer.context["texts"]} == {1: 1, 2: 0}
    assert "<ins>gern " in answer.content.decode()


def test_compared_says_word_by_word_what_changed():
    pieces = [tuple(piece) for piece in compared("a b c", "a x c d")]
    assert "".join(text for how, text in pieces if how != "added") == "a b c"
    assert "".join(text for how, text in pieces if how != "removed") == "a x c d"
