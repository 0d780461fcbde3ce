"""Every template is complete: it checks clean where nothing else is, its file is what export writes, its texts can be sent."""

from datetime import UTC, datetime

import pytest

from journeys.content.queries import problems_of
from journeys.definitions.check import check
from journeys.definitions.checklist import hints
from journeys.gallery.operations import import_bundle
from journeys.gallery.queries import bundle_of
from journeys.gallery.reading import read_document
from journeys.gallery.templates import PARTS, ROOM, SLUGS, named_anew, template
from journeys.gallery.writing import write_document
from journeys.models import Block

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def take_in(slug):
    return import_bundle(document=template(slug).document, by=None, now=NOW, approved=True, live=True)


@pytest.mark.parametrize("slug", SLUGS)
def test_template_on_an_empty_installation_has_nothing_to_complain_of(slug):
    taken = take_in(slug)
    definition = template(slug).journey
    assert taken.warnings == []
    assert check(definition) == []
    assert [hint.text for hint in hints(definition)] == []
    assert taken.versions[0].published_at == NOW


@pytest.mark.parametrize("slug", SLUGS)
def test_template_file_is_what_export_writes(slug):
    take_in(slug)
    assert write_document(bundle_of([template(slug).journey["slug"]])) == (
        (ROOM / "templates" / f"{slug}.yaml").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_template_texts_in_both_languages_have_no_problem(slug):
    take_in(slug)
    blocks = Block.objects.prefetch_related("variants")
    assert {(block.slug, block.state) for block in blocks} == {(block.slug, "approved") for block in blocks}
    for block in blocks:
        assert sorted(variant.language for variant in block.variants.all()) == ["de", "en"]
        for variant in block.variants.all():
            assert problems_of(variant) == [], (block.slug, variant.language)
            assert variant.subject
            assert variant.preheader


@pytest.mark.parametrize("slug", SLUGS)
def test_template_has_goal_key_figures_an_end_and_a_holdout(slug):
    journey = template(slug).journey
    assert journey["goal"]["within"]
    assert 2 <= len(journey["kpis"]) <= 3
    assert all(kpi["target"] for kpi in journey["kpis"])
    assert journey["max_age"]
    assert set(journey["description"]) == {"en", "de"}
    (split,) = [step for step in journey["steps"] if step["kind"] == "split"]
    assert split["arms"][0] == {"name": "holdout", "weight": 10, "holdout": True}
    assert [step["kind"] for step in journey["steps"]].count("end") >= 1


@pytest.mark.parametrize("slug", SLUGS)
def test_template_guide_says_everything_in_both_languages(slug):
    guide = template(slug).guide
    assert list(guide) == ["en", "de"]
    for language in guide:
        assert list(guide[language]) == list(PARTS)
        for part in ("needs", "adapt", "pitfalls"):
            assert len(guide[language][part]) >= 2
    for part in PARTS:
        assert isinstance(guide["en"][part], list) == isinstance(guide["de"][part], list)
        assert len(guide["en"][part]) == len(guide["de"][part]) or isinstance(guide["en"][part], str)


def test_named_anew_gives_the_journey_another_name_only():
    document = template("onboarding").document
    new = named_anew(document, slug="hello", name={"en": "Hello", "de": "Hallo"})
    assert new["journeys"][0]["slug"] == "hello"
    assert document["journeys"][0]["slug"] == "onboarding-first-order"
    assert new["blocks"] == document["blocks"]
    assert read_document(write_document(new))["journeys"][0]["name"] == {"en": "Hello", "de": "Hallo"}


def test_all_templates_together_do_not_disturb_each_other():
    for slug in SLUGS:
        take_in(slug)
    for slug in SLUGS:
        assert check(template(slug).journey) == []
        assert write_document(bundle_of([template(slug).journey["slug"]])) == (
            (ROOM / "templates" / f"{slug}.yaml").read_text(encoding="utf-8")
        )
