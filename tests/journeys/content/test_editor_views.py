"""The editor without JavaScript: parts, variants, two people at once, review and versions, all by plain forms."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from contacts.models import Contact
from journeys.content.editing import open_revision
from journeys.content.texts import digest_of
from journeys.models import Block, Journey, Variant, Version

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    client.force_login(User.objects.create_user("mara"))
    Contact.objects.create(first_name="Anna", email="anna@example.org", language="en", created_at=NOW, updated_at=NOW)
    return client


@pytest.fixture
def other(client, django_user_model):
    from django.test import Client

    second = Client()
    second.force_login(User.objects.create_user("otto"))
    return second


@pytest.fixture
def block():
    return Block.objects.create(
        slug="welcome", name_en="Welcome", name_de="Willkommen", phase="retention", changed_at=NOW
    )


def edit(client, block, do="save", base="", **more):
    given = {
        "do": do, "base": base, "mode": "mjml", "channel": "email", "language": "en", "arm": "", "subject": "Hi",
        "preheader": "", "body": "<mj-text>Hi</mj-text>",
    }  # fmt: skip
    return client.post(reverse("content_edit", args=[block.slug]), given | more)


def texts(block):
    return open_revision(block).variants[0]


def test_new_block_is_prefilled_and_leads_to_the_editor(page):
    html = page.get(reverse("content_new"), {"phase": "purchase", "purpose": "conversion", "channel": "sms"}).content
    for chosen in (b'value="purchase" selected', b'value="conversion" selected', b'value="sms" selected'):
        assert chosen in html
    given = {"name_en": "Cart", "phase": "purchase", "channel": "sms", "purpose": "conversion"}
    answer = page.post(reverse("content_new"), given)
    assert answer.url == "/content/cart/edit/?channel=sms&language=en"
    assert page.post(reverse("content_new"), given).status_code == 400
    assert page.post(reverse("content_new"), given | {"name_en": "New"}).status_code == 400  # an address of ours
    assert page.get(answer.url).status_code == 200


def test_parts_are_added_moved_copied_and_removed_by_plain_buttons(page, block):
    edit(page, block, "add:heading", mode="parts", body="")
    edit(
        page, block, "add:text", digest_of(texts(block)), mode="parts", part="1",
        **{"part-1-kind": "heading", "part-1-text": "Hello & you"},
    )  # fmt: skip
    kept = texts(block)
    assert [part["kind"] for part in kept["parts"]] == ["heading", "text"]
    assert kept["body"] == "<mj-text><h1>Hello &amp; you</h1></mj-text>"
    posted = {
        "part": ["1", "2"],
        "part-1-kind": "heading",
        "part-1-text": "A",
        "part-2-kind": "text",
        "part-2-text": "B",
    }
    edit(page, block, "up:2", digest_of(texts(block)), mode="parts", **posted)
    assert [part["text"] for part in texts(block)["parts"]] == ["B", "A"]
    edit(page, block, "copy:1", digest_of(texts(block)), mode="parts", **posted)
    assert [part["text"] for part in texts(block)["parts"]] == ["A", "A", "B"]
    edit(page, block, "remove:1", digest_of(texts(block)), mode="parts", **posted)
    assert [part["text"] for part in texts(block)["parts"]] == ["B"]
    edit(page, block, "mjml", digest_of(texts(block)), mode="parts", **posted)
    assert texts(block)["parts"] is None
    assert "<h1>A</h1>" in texts(block)["body"]
    edit(page, block, "parts", digest_of(texts(block)), body="<mj-text>raw</mj-text>")
    assert texts(block)["parts"] == [{"id": 1, "kind": "mjml", "text": "<mj-text>raw</mj-text>"}]


def test_second_person_is_told_sees_both_and_loses_nothing(page, other, block):
    edit(page, block)
    base = digest_of(texts(block))
    edit(page, block, base=base, body="<mj-text>of Mara</mj-text>")
    answer = edit(other, block, base=base, body="<mj-text>of Otto</mj-text>")
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "mara saved another text" in html
    assert "of Mara" in html
    assert "&lt;mj-text&gt;of Otto&lt;/mj-text&gt;</textarea>" in html
    assert "of Mara" in texts(block)["body"]
    fresh = html.split('name="base" value="')[1].split('"')[0]
    assert edit(other, block, base=fresh, body="<mj-text>of Otto</mj-text>").status_code == 302
    assert "of Otto" in texts(block)["body"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "fax"},
        {"language": "fr"},
        {"subject": "x" * 301},
        {"body": "x" * 70_000},
        {"mode": "parts", "part": "1", "part-1-kind": "script"},
        {"mode": "parts", "part": "1", "part-1-kind": "lines", "part-1-list": "a%}{{ x"},
    ],
)
def test_wrong_texts_are_refused_with_words_and_stay_in_the_form(page, block, wrong):
    answer = edit(page, block, **({"body": "mine"} | wrong))
    assert answer.status_code == 400
    assert 'class="alert tone-red"' in answer.content.decode()
    assert not block.revisions.exists()


def test_variants_are_begun_with_the_words_of_another(page, block):
    answer = edit(page, block, "add-variant", new_channel="sms", new_language="de", new_arm="b")
    assert answer.url.endswith("?channel=sms&language=de&arm=b")
    kept = {(t["channel"], t["language"], t["arm"]): t["body"] for t in open_revision(block).variants}
    assert kept == {("email", "en", ""): "<mj-text>Hi</mj-text>", ("sms", "de", "b"): "Hi"}
    html = page.get(answer.url).content.decode()
    assert "2 of 160 characters (GSM-7): 1 message" in html
    gone = edit(page, block, "drop", digest_of(texts(block)))
    assert (gone.status_code, len(open_revision(block).variants)) == (302, 1)


def test_preview_of_what_is_not_saved_lists_what_the_person_lacks(page, block):
    given = {
        "mode": "mjml", "channel": "email", "language": "en", "arm": "", "preheader": "",
        "subject": "Hi {{ contact.first_name }}", "body": "<mj-text>{{ contact.job_title }}</mj-text>", "as": "anna",
    }  # fmt: skip
    html = page.post(reverse("content_try", args=["welcome"]), given).content.decode()
    assert "Hi Anna" in html
    assert "<code>contact.job_title</code>" in html
    frame = page.get(reverse("content_tried", args=["welcome"]), {"dark": "1"})
    assert frame["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "@media all" in frame.content.decode()
    assert not block.revisions.exists()
    broken = page.post(reverse("content_try", args=["welcome"]), given | {"subject": "{{ x"})
    assert "cannot be made" in broken.content.decode()
    Block.objects.create(slug="b", name_en="B", name_de="B", phase="purchase", changed_at=NOW)
    assert page.get(reverse("content_tried", args=["b"])).status_code == 404


def test_review_by_the_doors(page, other, block):
    review = reverse("content_review", args=["welcome"])
    edit(page, block)
    page.post(review, {"do": "ask", "edits": "1", "note": "look"})
    assert (
        "another person has to approve"
        in page.post(review, {"do": "approve", "edits": "1"}, follow=True).content.decode()
    )
    other.post(review, {"do": "send_back", "note": "shorter"})
    assert "shorter" in page.get(reverse("content_edit", args=["welcome"])).content.decode()
    edit(page, block, base=digest_of(texts(block)), body="<mj-text>{{ contact.first_name }}</mj-text>")
    page.post(review, {"do": "ask", "edits": "2"})
    said = other.post(review, {"do": "approve", "edits": "2"}, follow=True).content.decode()
    assert "may be missing" in said
    page.post(review, {"do": "take_back"})
    edit(page, block, base=digest_of(texts(block)), body="<mj-text>Short</mj-text>")
    page.post(review, {"do": "ask", "edits": "3"})
    assert "Version 1 is approved" in other.post(review, {"do": "approve", "edits": "3"}, follow=True).content.decode()
    edit(page, block, base=digest_of(Block.objects.get().revisions.get().variants[0]), body="<mj-text>Two</mj-text>")
    html = page.get(reverse("content_versions", args=["welcome"])).content.decode()
    assert "<mj-text>Two" not in html
    assert 'class="line-in">+ &lt;mj-text&gt;Two' in html
    assert "Short" in page.get(reverse("content_version", args=["welcome", 1])).content.decode()
    assert page.get(reverse("content_version", args=["welcome", 9])).status_code == 404
    page.post(review, {"do": "discard", "edits": "1"})
    page.post(reverse("content_restore", args=["welcome", 1]))
    assert open_revision(block).number == 2
    assert page.post(review, {"do": "dance"}).status_code == 404


def test_sales_and_strangers_see_no_content(client, block):
    sven = User.objects.create_user("sven")
    sven.groups.add(Group.objects.create(name="Sales"))
    for name, args in (
        ("content", []),
        ("content_edit", ["welcome"]),
        ("content_pictures", []),
        ("content_people", []),
    ):
        assert client.get(reverse(name, args=args)).status_code == 302
    client.force_login(sven)
    assert client.get(reverse("content_edit", args=["welcome"])).status_code == 403
    Variant.objects.create(block=block, language="en", subject="Sent", body="<mj-text>Sent</mj-text>")
    html = client.get(reverse("content_version", args=["welcome", 1])).content.decode()
    assert "Sent" in html
    assert reverse("content_edit", args=["welcome"]) not in html


def test_coverage_shows_empty_places_and_what_is_missing(page, block):
    journey = Journey.objects.create(slug="j", name_en="J", name_de="J", phase="retention", created_at=NOW)
    steps = [
        {"key": "a", "kind": "send", "block": "welcome"},
        {"key": "b", "kind": "send", "block": "gone"},
        {"key": "half", "kind": "send"},
    ]
    Version.objects.create(journey=journey, number=1, definition={"steps": steps}, created_at=NOW)
    edit(page, block)
    html = page.get(reverse("journey_content", args=["j"]), {"all": "1"}).content.decode()
    assert "is not approved: nothing is sent" in html
    assert "there is no such content block" in html
    assert "1 content block: 5 to 10" in html
    assert "?phase=retention&amp;purpose=conversion&amp;channel=sms&amp;language=de" in html
    assert "not approved</span>" in html
    assert "/content/welcome/edit/?channel=email&amp;language=de" in html
