"""What the content library shows, and how safe its preview is."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from contacts.models import Contact
from journeys.models import Block, Variant

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
BODY = "<mj-text>Hello {{ contact.first_name }}<script>alert(1)</script></mj-text>"


@pytest.fixture
def page(client, db):
    client.force_login(User.objects.create_user("mara"))
    return client


@pytest.fixture
def block(db):
    block = Block.objects.create(
        slug="welcome", name_en="Welcome", name_de="Willkommen", phase="retention", state="approved", changed_at=NOW
    )
    Variant.objects.create(
        block=block,
        language="en",
        subject="Hi {{ contact.first_name }}",
        body="<mj-text>Hello {{ contact.first_name }}</mj-text>",
    )
    return block


@pytest.fixture
def anna(db):
    return Contact.objects.create(
        first_name="Anna", email="anna@example.org", language="en", created_at=NOW, updated_at=NOW
    )


def test_content_shows_what_is_missing(page, block):
    html = page.get(reverse("content")).content.decode()
    assert "Welcome" in html
    assert html.count(": there</span>") == 1
    assert html.count(": missing</span>") == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "wel"}, True),
        ({"q": "first_name"}, True),
        ({"q": "nothing"}, False),
        ({"phase": "retention", "channel": "email", "language": "en"}, True),
        ({"phase": "purchase"}, False),
        ({"language": "-de"}, True),
        ({"language": "de"}, False),
        ({"state": "approved"}, True),
        ({"state": "waiting"}, False),
        ({"state": "archived"}, False),
        ({"owner": "99"}, False),
        ({"purpose": "trust"}, False),
        ({"q": "\0", "owner": "²", "page": "x"}, True),
    ],
)
def test_content_filters(page, block, asked, found):
    html = page.get(reverse("content"), asked).content.decode()
    assert ("row-name" in html) is found


def test_content_needs_as_many_statements_for_many_blocks(page, block, django_assert_max_num_queries):
    for n in range(20):
        more = Block.objects.create(slug=f"b{n}", name_en="B", name_de="B", phase="purchase", changed_at=NOW)
        Variant.objects.create(block=more, language="en", subject="x", body="x")
    with django_assert_max_num_queries(14):
        page.get(reverse("content"))


def test_content_block_shows_the_message_as_a_person_gets_it(page, block, anna):
    html = page.get(
        reverse("content_block", args=["welcome"]), {"language": "en", "as": "ANNA@example.org"}
    ).content.decode()
    assert "Hi Anna" in html
    assert "Anna speaks English and gets: E-mail · English." in html
    assert 'sandbox=""' in html
    assert reverse("content_preview", args=["welcome", anna.pk]) in html


def test_content_block_in_a_language_without_text_says_so(page, block, anna):
    def shown(**asked):
        return page.get(reverse("content_block", args=["welcome"]), asked).content.decode()

    assert "There is no text in this variant" in shown(language="de")
    assert "Nobody is called like this" in shown(language="en", **{"as": "?"})
    assert page.get(reverse("content_block", args=["nothing"])).status_code == 404


def test_content_preview_is_sandboxed_and_runs_nothing(page, block, anna):
    answer = page.get(reverse("content_preview", args=["welcome", anna.pk]), {"language": "en"})
    assert "Hello Anna" in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    for nobody in (0, 10**30):
        assert page.get(reverse("content_preview", args=["welcome", nobody])).status_code == 404


def test_content_preview_loads_nothing_from_others(page, block, anna):
    html = page.get(reverse("content_preview", args=["welcome", anna.pk])).content.decode()
    assert "googleapis" not in html  # MJML fetches fonts it knows by name, which tells their host who reads


def test_content_preview_of_a_broken_text_answers_404(page, block, anna):
    Variant.objects.update(body=BODY)
    assert page.get(reverse("content_preview", args=["welcome", anna.pk]), {"language": "en"}).status_code == 404
    assert (
        "This message cannot be made"
        in page.get(reverse("content_block", args=["welcome"]), {"language": "en"}).content.decode()
    )
