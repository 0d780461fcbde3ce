"""Drafts, their review by another person, versions, and two people who write at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from journeys.content.editing import (
    Conflict,
    NotReady,
    Refused,
    approve,
    ask_review,
    discard,
    newest_texts,
    open_revision,
    remove_texts,
    restore,
    save_texts,
    send_back,
    take_back,
)
from journeys.content.operations import (
    InvalidContent,
    StillSent,
    archive_block,
    create_block,
    duplicate_block,
    import_blocks,
    unarchive_block,
)
from journeys.content.queries import choose_variant, contents
from journeys.content.rules import ContentProblem
from journeys.content.texts import digest_of, texts_at
from journeys.models import Block, Revision, Variant

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KEY = ("email", "en", "")
pytestmark = pytest.mark.django_db


@pytest.fixture
def maja():
    return User.objects.create_user("maja")


@pytest.fixture
def ada():
    return User.objects.create_superuser("ada")


@pytest.fixture
def block():
    return create_block(given={"slug": "hello", "name_en": "Hello", "name_de": "Hallo", "phase": "purchase"}, now=NOW)


def texts(body="<mj-text>Hi</mj-text>", **more):
    return {
        "channel": "email",
        "language": "en",
        "arm": "",
        "subject": "Hi",
        "preheader": "",
        "body": body,
        "parts": None,
    } | more


def save(block, given, by, base=None, now=NOW):
    if base is None:
        key = (given["channel"], given["language"], given["arm"])
        base = digest_of(texts_at(newest_texts(Block.objects.get(pk=block.pk)), key))
    save_texts(block_id=block.pk, texts=given, base=base, by=by, now=now)
    return open_revision(block)


def approved(block, maja, ada, given=None):
    draft = save(block, given or texts(), maja)
    ask_review(block_id=block.pk, edits=draft.edits, note="", now=NOW)
    approve(block_id=block.pk, edits=draft.edits, by=ada, now=LATER)
    block.refresh_from_db()
    return block


def test_draft_is_approved_by_another_person_and_becomes_what_is_sent(block, maja, ada):
    draft = save(block, texts(), maja)
    assert (draft.number, draft.edits, draft.by, block.variants.count()) == (1, 1, maja, 0)
    ask_review(block_id=block.pk, edits=1, note="please look", now=NOW)
    block.refresh_from_db()
    assert block.state == "in_review"
    made = approve(block_id=block.pk, edits=1, by=ada, now=LATER)
    block.refresh_from_db()
    assert (block.state, block.version, block.changed_at) == ("approved", 1, LATER)
    assert (made.state, made.reviewed_by, made.reviewed_at, made.note) == ("approved", ada, LATER, "please look")
    assert Variant.objects.get().subject == "Hi"


def test_approve_by_who_wrote_last_is_refused_even_for_an_administrator(block, ada, maja, settings):
    draft = save(block, texts(), ada)
    ask_review(block_id=block.pk, edits=draft.edits, note="", now=NOW)
    with pytest.raises(Refused, match="own"):
        approve(block_id=block.pk, edits=draft.edits, by=ada, now=NOW)
    assert not Variant.objects.exists()
    settings.CONTENT_APPROVAL = "one"
    approve(block_id=block.pk, edits=draft.edits, by=ada, now=NOW)
    assert Variant.objects.count() == 1


def test_draft_waits_while_the_approved_version_goes_on_being_sent(block, maja, ada):
    approved(block, maja, ada)
    draft = save(block, texts("<mj-text>New</mj-text>"), ada)
    ask_review(block_id=block.pk, edits=draft.edits, note="", now=LATER)
    block.refresh_from_db()
    assert (block.state, block.version, draft.number) == ("approved", 1, 2)
    assert "Hi" in contents([block.pk])[block.pk].variants[KEY].body
    approve(block_id=block.pk, edits=draft.edits, by=maja, now=LATER)
    block.refresh_from_db()
    assert (block.version, "New" in block.variants.get().body) == (2, True)
    assert [r.number for r in block.revisions.all()] == [2, 1]


def test_approve_of_what_changed_meanwhile_is_refused(block, maja, ada):
    draft = save(block, texts(), maja)
    with pytest.raises(Refused, match="changed"):
        ask_review(block_id=block.pk, edits=draft.edits + 1, note="", now=NOW)
    with pytest.raises(Refused, match="not_in_review"):
        approve(block_id=block.pk, edits=draft.edits, by=ada, now=NOW)
    ask_review(block_id=block.pk, edits=draft.edits, note="", now=NOW)
    with pytest.raises(Refused, match="changed"):
        approve(block_id=block.pk, edits=draft.edits + 1, by=ada, now=NOW)
    with pytest.raises(Refused, match="in_review"):
        save(block, texts("<mj-text>x</mj-text>"), maja)


def test_sent_back_draft_keeps_its_note_until_it_is_written_again(block, maja, ada):
    draft = save(block, texts(), maja)
    ask_review(block_id=block.pk, edits=draft.edits, note="", now=NOW)
    back = send_back(block_id=block.pk, note="too loud", by=ada, now=LATER)
    block.refresh_from_db()
    assert (back.state, back.note, back.reviewed_by, block.state) == ("rejected", "too loud", ada, "draft")
    assert save(block, texts("<mj-text>quiet</mj-text>"), maja).state == "draft"
    ask_review(block_id=block.pk, edits=2, note="", now=NOW)
    assert take_back(block_id=block.pk).state == "draft"


def test_save_on_what_somebody_else_changed_is_a_conflict_and_writes_nothing(block, maja, ada):
    first = save(block, texts(), maja)
    base = digest_of(first.variants[0])
    save(block, texts("<mj-text>Maja</mj-text>"), maja, base)
    with pytest.raises(Conflict) as told:
        save(block, texts("<mj-text>Ada</mj-text>"), ada, base)
    assert "Maja" in told.value.theirs["body"]
    assert "Maja" in open_revision(block).variants[0]["body"]
    save(block, texts("<mj-text>Ada</mj-text>"), ada, digest_of(told.value.theirs))
    assert "Ada" in open_revision(block).variants[0]["body"]
    with pytest.raises(Conflict):
        remove_texts(block_id=block.pk, key=KEY, base=base, by=maja, now=NOW)


def test_save_of_another_variant_at_the_same_time_is_no_conflict(block, maja, ada):
    save(block, texts(), maja)
    save(block, texts(language="de"), ada, "")
    draft = save(block, texts("<mj-text>2</mj-text>"), maja)
    assert len(draft.variants) == 2
    assert draft.edits == 3


def test_save_of_what_is_there_already_opens_no_draft(block, maja, ada):
    approved(block, maja, ada)
    assert save(block, texts(), ada) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (texts(subject=""), "subject is empty"),
        (texts(""), "text is empty"),
        (texts("<mj-text>Hi {{ contact.first_name }}</mj-text>"), "may be missing"),
        (texts("<mj-text>{% if contact.country %}{{ contact.last_name }}{% endif %}</mj-text>"), "contact.last_name"),
        (texts("<mj-text>{{ contact.frist_name | default: 'x' }}</mj-text>"), "no value"),
        (texts("<mj-text>{{ x</mj-text>"), ""),
        (texts("<mj-text><a href='javascript:alert(1)'>x</a></mj-text>"), "leads nowhere"),
        (texts('<mj-button href="data:text/html,x">x</mj-button>'), "leads nowhere"),
        (texts("<mj-text>" + '<a href="https://a.example">x</a>' * 201 + "</mj-text>"), "201 links"),
        (texts("</mj-column><mj-column>"), "cannot stand"),
        (texts("", parts=[{"id": 1, "kind": "image", "image": "nothing"}]), "not chosen"),
        (texts("Hi {{ contact.first_name }}", channel="sms", subject=""), "may be missing"),
    ],
)
def test_approve_of_a_text_with_something_wrong_says_what_and_writes_nothing(block, maja, ada, given, said):
    draft = save(block, given, maja)
    ask_review(block_id=block.pk, edits=draft.edits, note="", now=NOW)
    with pytest.raises(NotReady, match=said):
        approve(block_id=block.pk, edits=draft.edits, by=ada, now=NOW)
    block.refresh_from_db()
    assert (block.state, block.variants.count()) == ("in_review", 0)


@pytest.mark.parametrize(
    "wrong",
    [{"channel": "fax"}, {"language": "fr"}, {"arm": "x" * 51}, {"subject": "x" * 301}, {"body": "x" * 70_000}],
)
def test_save_of_texts_for_a_wrong_channel_or_language_is_refused(block, maja, wrong):
    with pytest.raises(ContentProblem):
        save_texts(block_id=block.pk, texts=texts(**wrong), base="", by=maja, now=NOW)
    assert not Revision.objects.exists()


def test_restore_makes_a_draft_of_an_older_version_unless_one_is_open(block, maja, ada):
    approved(block, maja, ada)
    approved(block, maja, ada, texts("<mj-text>Two</mj-text>"))
    draft = restore(block_id=block.pk, number=1, by=maja, now=LATER)
    assert (draft.number, "Hi" in draft.variants[0]["body"]) == (3, True)
    with pytest.raises(Refused, match="open"):
        restore(block_id=block.pk, number=1, by=maja, now=LATER)
    discard(block_id=block.pk, edits=draft.edits)
    assert open_revision(block) is None
    block.refresh_from_db()
    assert (block.state, block.version) == ("approved", 2)


def test_texts_from_before_versions_were_kept_become_one_on_the_first_edit(maja):
    old = Block.objects.create(
        slug="old", name_en="Old", name_de="Alt", phase="purchase", state="approved", version=4, changed_at=NOW
    )
    Variant.objects.create(block=old, language="en", subject="Old", body="<mj-text>old</mj-text>")
    draft = save(old, texts("<mj-text>new</mj-text>"), maja)
    assert draft.number == 5
    assert Revision.objects.get(block=old, number=4).variants[0]["subject"] == "Old"


def test_import_with_an_open_draft_goes_before_it(block, maja, ada):
    approved(block, maja, ada)
    draft = save(block, texts("<mj-text>mine</mj-text>"), maja)
    given = {"slug": "hello", "phase": "purchase", "variants": {"en": {"subject": "F", "body": "<mj-text>f</mj-text>"}}}
    import_blocks(blocks=[given], now=LATER)
    draft.refresh_from_db()
    block.refresh_from_db()
    assert (block.version, draft.number, draft.variants[0]["body"]) == (2, 3, "<mj-text>mine</mj-text>")
    import_blocks(blocks=[given], now=LATER)
    assert block.revisions.count() == 3
    assert block.revisions.get(number=2).note == "from a file"


def test_import_of_a_draft_waits_for_approval_and_is_idempotent():
    given = {
        "slug": "new",
        "phase": "purchase",
        "state": "draft",
        "purpose": "conversion",
        "signals": ["cart-filled"],
        "variants": [
            {"language": "en", "subject": "F", "parts": [{"kind": "text", "text": "a & b"}]},
            {"channel": "sms", "language": "de", "body": "Hallo"},
            {"language": "en", "arm": "b", "subject": "B", "body": "<mj-text>b</mj-text>"},
        ],
    }
    for _again in range(2):
        import_blocks(blocks=[given], now=NOW)
    made = Block.objects.get()
    assert (made.state, made.variants.count(), made.revisions.count(), made.signals) == ("draft", 0, 1, ["cart-filled"])
    assert {t["body"] for t in made.revisions.get().variants} == {
        "<mj-text>a &amp; b</mj-text>",
        "Hallo",
        "<mj-text>b</mj-text>",
    }
    given["variants"][1]["body"] = "Moin"
    with pytest.raises(InvalidContent, match="open draft"):
        import_blocks(blocks=[given], now=NOW)


def test_choose_variant_by_channel_language_and_arm(block, maja, ada):
    for n, one in enumerate(
        [texts(), texts(language="de"), texts(arm="b", language="de"), texts("Hi", channel="sms", subject="")]
    ):
        save(block, {**one, "subject": one["subject"] and f"{n}"}, maja)
    draft = open_revision(block)
    ask_review(block_id=block.pk, edits=draft.edits, note="", now=NOW)
    approve(block_id=block.pk, edits=draft.edits, by=ada, now=NOW)
    content = contents([block.pk])[block.pk]
    found = {
        asked: choose_variant(content, *asked)
        for asked in [
            ("email", "de", "b"),
            ("email", "de", "a"),
            ("email", "en", "b"),
            ("email", "fr", ""),
            ("sms", "de", "b"),
            ("push", "de", ""),
        ]
    }
    assert [v and v.subject for v in found.values()] == ["2", "1", "0", "0", "", None]


def test_duplicate_and_archive(block, maja, ada):
    approved(block, maja, ada)
    copy = duplicate_block(block_id=block.pk, by=maja, now=NOW)
    again = duplicate_block(block_id=block.pk, by=maja, now=NOW)
    assert (copy.slug, again.slug, copy.state, open_revision(copy).variants[0]["subject"]) == (
        "hello-copy",
        "hello-copy-2",
        "draft",
        "Hi",
    )
    archive_block(block_id=block.pk)
    with pytest.raises(Refused, match="archived"):
        save(block, texts("<mj-text>x</mj-text>"), maja)
    unarchive_block(block_id=block.pk)
    block.refresh_from_db()
    assert block.state == "approved"


def test_archive_of_what_a_running_journey_sends_is_refused(block, maja, ada):
    from journeys.models import Journey, Step, Version

    approved(block, maja, ada)
    journey = Journey.objects.create(slug="j", name_en="J", name_de="J", phase="purchase", state="live", created_at=NOW)
    version = Version.objects.create(
        journey=journey, number=1, definition={"steps": []}, created_at=NOW, published_at=NOW
    )
    Step.objects.create(
        version=version, key="s", kind="send", position=0, name_en="S", name_de="S", settings={"block": "hello"}
    )
    journey.live_version = version
    journey.save()
    with pytest.raises(StillSent) as told:
        archive_block(block_id=block.pk)
    assert [(use.journey_slug, use.step) for use in told.value.uses] == [("j", "S")]
