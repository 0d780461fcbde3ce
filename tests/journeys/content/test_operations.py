"""Blocks come in from files, are rendered for a person, and say what is wrong with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from contacts.models import Account, Contact
from journeys.content.operations import InvalidContent, import_blocks
from journeys.content.queries import contents, preview, problems_of, render
from journeys.content.rules import MissingContent
from journeys.models import Block, Variant

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def block(**more):
    texts = {
        "subject": "Hi {{ contact.first_name }}",
        "preheader": "p",
        "body": "<mj-text>{{ journey.name }} {{ account.name }}</mj-text>",
    }
    german = {"subject": "Hallo", "preheader": "", "body": "<mj-text>Guten Tag</mj-text>"}
    return {
        "slug": "hello",
        "name": {"en": "Hello", "de": "Hallo"},
        "phase": "purchase",
        "channel": "email",
        "state": "approved",
        "variants": {"en": texts, "de": german},
    } | more


def anna(**more):
    account = Account.objects.create(external_id="a", name="Lamp & Co", created_at=NOW)
    return Contact.objects.create(
        first_name="Anna", email="a@m.example", account=account, created_at=NOW, updated_at=NOW, **more
    )


def test_import_blocks_twice_changes_nothing_and_keeps_the_version():
    (first,) = import_blocks(blocks=[block()], now=NOW)
    (second,) = import_blocks(blocks=[block()], now=NOW + timedelta(days=1))
    kept = Block.objects.get()
    assert first == second == kept.pk
    assert (kept.version, kept.changed_at) == (1, NOW)
    assert Variant.objects.count() == 2


def test_import_blocks_with_another_text_bumps_the_version_once():
    import_blocks(blocks=[block()], now=NOW)
    other = block()
    other["variants"]["en"] = {**other["variants"]["en"], "subject": "Hey"}
    import_blocks(blocks=[other], now=NOW + timedelta(days=1))
    assert Block.objects.get().version == 2
    import_blocks(blocks=[block(name="Only a name", variants=other["variants"])], now=NOW)
    assert Block.objects.get().version == 2
    assert Block.objects.get().name_de == "Only a name"
    import_blocks(blocks=[block(variants={"en": other["variants"]["en"]})], now=NOW)
    assert Block.objects.get().version == 3
    assert [v.language for v in Variant.objects.all()] == ["en"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slug": ""}, "slug"),
        ({"phase": "sky"}, "hello.phase"),
        ({"state": "new"}, "hello.state"),
        ({"variants": {"fr": {"subject": "x", "body": "y"}}}, "hello.variants.fr"),
        ({"variants": {"en": {"subject": "x"}}}, "hello.variants.en: subject and body"),
        ({"variants": {"en": {"subject": "x" * 301, "body": "<mj-text>x</mj-text>"}}}, "300"),
        ({"variants": {"en": {"subject": "x", "body": "<mj-text>{{ x</mj-text>"}}}, "hello.variants.en"),
        ({"variants": {"en": {"subject": "x", "body": "<mj-text>x</mj-text>", "footer": "x"}}}, "unknown footer"),
    ],
)
def test_import_blocks_with_an_error_says_where_and_writes_nothing(wrong, said):
    with pytest.raises(InvalidContent, match=said):
        import_blocks(blocks=[block(slug="fine"), block(**wrong)], now=NOW)
    assert not Block.objects.exists()


def test_render_speaks_the_language_of_the_person_and_names_the_journey():
    (pk,) = import_blocks(blocks=[block()], now=NOW)
    person, content = anna(language="en"), contents([pk])[pk]
    got = render(
        content, contact=person, journey={"en": "Cart", "de": "Warenkorb"}, unsubscribe="https://x.example/u/1/"
    )
    assert (got.subject, got.language, got.version) == ("Hi Anna", "en", 1)
    assert "Cart Lamp &amp; Co" in got.html
    assert "Lamp & Co" in got.text
    assert "“Cart”" in got.text
    person.language = "de"
    assert render(content, contact=person).subject == "Hallo"


def test_render_service_message_has_no_unsubscribe_link():
    (pk,) = import_blocks(blocks=[block()], now=NOW)
    got = render(contents([pk])[pk], contact=anna(language="en"))
    assert "nsubscribe" not in got.html + got.text


def test_render_without_any_text_is_missing_content():
    (pk,) = import_blocks(blocks=[block()], now=NOW)
    Variant.objects.all().delete()
    with pytest.raises(MissingContent):
        render(contents([pk])[pk], contact=anna())


def test_preview_shows_the_language_asked_for_with_a_dead_unsubscribe_link():
    (pk,) = import_blocks(blocks=[block()], now=NOW)
    got = preview(pk, anna(language="en").pk, "de")
    assert got.subject == "Hallo"
    assert "unsubscribe.invalid" in got.html


def test_problems_of_lists_missing_values_unknown_names_and_errors():
    import_blocks(blocks=[block()], now=NOW)
    variant = Variant.objects.get(language="en")
    variant.body = "<mj-text>{% if contact.last_name %}{{ contact.last_name }}{% endif %}{{ contact.frist_name | default: 'x' }}{{ nothing }}</mj-text>"
    found = [(p.field, p.level, p.message) for p in problems_of(variant)]
    said = " ".join(m for _f, _l, m in found)
    assert ("subject", "warning") in {(f, level) for f, level, _m in found}
    assert "“contact.first_name” may be missing" in said
    assert "no value “contact.frist_name”" in said
    assert "no value “nothing”" in said
    assert "last_name” may" not in said
    variant.body = "<mj-text>{{ x | nope }}</mj-text>"
    assert [p.level for p in problems_of(variant) if p.field == "body"] == ["error"]
    variant.body, variant.subject = "<mj-text>fine</mj-text>", "fine"
    assert problems_of(variant) == []


def test_contents_needs_two_statements_however_many(django_assert_num_queries):
    ids = import_blocks(blocks=[block(slug=f"b{n}") for n in range(5)], now=NOW)
    with django_assert_num_queries(2):
        assert len(contents(ids)) == 5


def test_blocks_of_the_demo_company_come_in_without_a_problem():
    files = sorted(Path("orchestrator/demo/company/blocks").glob("*.yaml"))
    blocks = [b for file in files for b in yaml.safe_load(file.read_text(encoding="utf-8"))]
    import_blocks(blocks=blocks, now=NOW)
    found = [(v, p) for v in Variant.objects.select_related("block") for p in problems_of(v)]
    assert [(f"{v.block.slug} {v.language}", p) for v, p in found if p.level == "error"] == []
