"""The files of the demo company: everything they say is valid, and exists in both languages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contacts.conditions.language import say, validate
from contacts.events.models import EventType
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.stages.models import Stage
from journeys.content.models import Block, Variant
from journeys.content.queries import problems_of
from journeys.definitions.models import Journey
from orchestrator.demo import definitions

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
FILES = ("events", "stages", "segments", "signals")
STEP_KINDS = {"wait", "branch", "split", "send", "update", "handover", "end", "offer", "survey"}


def conditions(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every condition in a file: what stands under `condition`, `when` or `until`."""
    if isinstance(node, list):
        for place, inner in enumerate(node):
            yield from conditions(inner, f"{path}[{place}]")
    elif isinstance(node, dict):
        for key, inner in node.items():
            if key in ("condition", "when", "until"):
                yield f"{path}.{key}", inner
            else:
                yield from conditions(inner, f"{path}.{key}")


def names(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every name in a file."""
    if isinstance(node, list):
        for place, inner in enumerate(node):
            yield from names(inner, f"{path}[{place}]")
    elif isinstance(node, dict):
        for key, inner in node.items():
            if key == "name" and not isinstance(inner, str):
                yield f"{path}.name", inner
            elif key != "arms":
                yield from names(inner, f"{path}.{key}")


def everything() -> Iterator[tuple[str, Any]]:
    for name in (*FILES, "limits"):
        yield name, definitions.read(name)
    yield "blocks", definitions.blocks()
    for journey in definitions.journeys():
        yield journey["slug"], journey


@pytest.fixture
def company(db: Any) -> None:
    definitions.write_facts()
    definitions.write_journeys(now=NOW)


def test_conditions_of_the_company_are_valid_and_can_be_said(company: None) -> None:
    found = [one for name, content in everything() for one in conditions(content, name)]
    assert len(found) > 40
    for path, condition in found:
        assert [p for p in validate(condition, path) if p.level == "error"] == []
        for language in ("en", "de"):
            assert say(condition, language).strip(), path


def test_names_of_the_company_exist_in_both_languages() -> None:
    for path, name in (one for file, content in everything() for one in names(content, file)):
        assert set(name) == {"en", "de"}, path
        assert all(text.strip() for text in name.values()), path


def test_write_company_brings_everything_into_the_tables(company: None) -> None:
    for model, name in ((EventType, "events"), (Stage, "stages"), (Segment, "segments"), (Signal, "signals")):
        assert model.objects.filter(slug__in=[one["slug"] for one in definitions.read(name)]).count() == len(
            definitions.read(name)
        )
    assert Journey.objects.filter(state="live").count() == len(definitions.journeys())
    assert Block.objects.filter(state="approved").count() == len(definitions.blocks())


def test_write_company_twice_changes_nothing(company: None) -> None:
    before = list(Journey.objects.order_by("slug").values_list("slug", "live_version_id"))
    versions = list(Block.objects.order_by("slug").values_list("slug", "version"))
    definitions.write_facts()
    definitions.write_journeys(now=NOW)
    assert list(Journey.objects.order_by("slug").values_list("slug", "live_version_id")) == before
    assert list(Block.objects.order_by("slug").values_list("slug", "version")) == versions


def test_blocks_have_both_languages_and_no_problem(company: None) -> None:
    for block in Block.objects.prefetch_related("variants"):
        assert {variant.language for variant in block.variants.all()} == {"en", "de"}, block.slug
    for variant in Variant.objects.select_related("block"):
        assert [p for p in problems_of(variant) if p.level == "error"] == [], variant.block.slug


def test_journeys_use_every_kind_of_step_and_only_known_blocks() -> None:
    steps = [step for journey in definitions.journeys() for step in journey["steps"]]
    assert {step["kind"] for step in steps} == STEP_KINDS
    assert {key for step in steps for key in ("for", "window", "until") if key in step} == {"for", "window", "until"}
    slugs = {block["slug"] for block in definitions.blocks()}
    assert {step["block"] for step in steps if step["kind"] in ("send", "survey")} == slugs
    assert any(arm.get("holdout") for step in steps for arm in step.get("arms", ()))


def test_services_are_the_first_mail_of_account_and_order() -> None:
    first = {j["slug"]: next(s for s in j["steps"] if s["kind"] in ("send", "survey")) for j in definitions.journeys()}
    assert {slug for slug, step in first.items() if step.get("purpose") == "service"} == {
        "onboarding",
        "order-service",
        "b2b-nurture",
    }
