"""Out and in and out again is the same file, byte by byte; here and on another installation."""

from datetime import UTC, datetime

import jsonschema
import pytest
from django.db import transaction

from contacts.conditions.uses import uses_of
from contacts.models import Segment, Stage
from journeys.definitions.check import check
from journeys.gallery.comparing import compare
from journeys.gallery.operations import InvalidBundle, import_bundle
from journeys.gallery.queries import bundle_of
from journeys.gallery.reading import read_document
from journeys.gallery.schema import journey_schema
from journeys.gallery.writing import write_document
from journeys.models import Journey
from orchestrator.demo import definitions

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


@pytest.fixture
def company(db):
    definitions.write_facts()
    definitions.write_journeys(now=NOW)


class _Undone(Exception):
    pass


def write_elsewhere():
    """Write the company into another installation and take its journeys out; of it nothing but stages stays here."""
    try:
        with transaction.atomic():
            definitions.write_facts()
            definitions.write_journeys(now=NOW)
            texts = {slug: write_document(bundle_of([slug])) for slug in Journey.objects.values_list("slug", flat=True)}
            stages = list(Stage.objects.all())
            raise _Undone
    except _Undone:
        Stage.objects.bulk_create(stages)
    return texts


def test_export_import_export_of_each_demo_journey_is_byte_identical(db):
    texts = write_elsewhere()
    assert len(texts) >= 6
    assert not Segment.objects.exists()
    for slug, text in texts.items():
        taken = import_bundle(document=read_document(text), by=None, now=NOW, approved=True, live=True)
        assert [version.journey.slug for version in taken.versions] == [slug]
    assert {slug: write_document(bundle_of([slug])) for slug in texts} == texts


def test_export_of_all_journeys_taken_in_here_changes_nothing(company):
    text = write_document(bundle_of(list(Journey.objects.values_list("slug", flat=True))))
    assert {change.state for change in compare(read_document(text))} == {"same"}
    before = {journey.slug: journey.live_version_id for journey in Journey.objects.all()}
    taken = import_bundle(document=read_document(text), by=None, now=NOW, live=True)
    assert taken.changes == []
    assert {journey.slug: journey.live_version_id for journey in Journey.objects.all()} == before


WEIGHTS = {
    "value": 1.25,
    "context": {"all": [{"attribute": "country", "is": "AT"}, {"segment": "dormant-customers"}]},
    "context_factor": 2,
    "propensity": "fit",
}


def test_export_import_export_carries_weights_set_beside_the_definition(company):
    by_hand = {**WEIGHTS, "priority": 77}
    Journey.objects.filter(slug="abandoned-cart").update(**by_hand)
    text = write_document(bundle_of(["abandoned-cart"]))
    (said,) = read_document(text)["journeys"]
    assert {key: said[key] for key in by_hand} == by_hand
    assert "dormant-customers" in [one["slug"] for one in read_document(text)["segments"]]  # what a context needs
    assert [error.message for error in jsonschema.Draft202012Validator(journey_schema()).iter_errors(read_document(text))] == []  # fmt: skip
    assert {change.state for change in compare(read_document(text))} == {"same"}
    # elsewhere: the journey is not there
    Journey.objects.filter(slug="abandoned-cart").update(slug="elsewhere")
    taken = import_bundle(document=read_document(text), by=None, now=NOW, live=True)
    assert [version.journey.slug for version in taken.versions] == ["abandoned-cart"]
    made = Journey.objects.get(slug="abandoned-cart")
    assert {key: getattr(made, key) for key in by_hand} == by_hand
    assert write_document(bundle_of(["abandoned-cart"])) == text
    # and taken away by hand they are not in the file any more
    Journey.objects.filter(pk=made.pk).update(context=None, context_factor=1, propensity="")
    (said,) = bundle_of(["abandoned-cart"])["journeys"]
    assert said["context_factor"] == 1
    assert set(said) & {"context", "propensity"} == set()
    assert not [one for one in check(said) if one.level == "error"]


def test_import_shows_and_takes_over_changed_weights(company):
    document = bundle_of(["abandoned-cart"])
    document["journeys"][0] |= WEIGHTS
    (change,) = [one for one in compare(document) if one.state != "same"]
    told = {one.what: (one.before, one.after) for one in change.differences}
    assert set(told) == {"Value", "Context", "Weight in the context", "Propensity"}
    assert told["Weight in the context"] == ("–", "2")
    assert told["Propensity"] == ("–", "fit")
    assert "country" in told["Context"][1].lower()
    assert "AT" in told["Context"][1]
    import_bundle(document=document, by=None, now=NOW, live=True)
    row = Journey.objects.get(slug="abandoned-cart")
    assert {key: getattr(row, key) for key in WEIGHTS} == WEIGHTS
    # a version that says nothing new of them keeps what is set by hand
    Journey.objects.filter(pk=row.pk).update(context_factor=3)
    document["journeys"][0] |= {"max_age": "90d"}
    import_bundle(document=document, by=None, now=NOW, live=True)
    row.refresh_from_db()
    assert (row.context_factor, row.live_version.definition["max_age"]) == (3, "90d")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"context": {"attribute": "country", "is": 7}}, "context.is"),
        ({"context": {"event": "x", "since": "entry"}}, "context"),
        ({"context": None}, "context"),
        ({"context_factor": 0}, "context_factor"),
        ({"context_factor": "2"}, "context_factor"),
        ({"context_factor": 2, "context": KeyError}, "context_factor"),
        ({"propensity": "pigeon"}, "propensity"),
        ({"propensity": ""}, "propensity"),
    ],
)
def test_import_refuses_wrong_weights_with_their_place(company, wrong, path):
    document = bundle_of(["abandoned-cart"])
    given = {**document["journeys"][0], **WEIGHTS, **wrong}
    document["journeys"][0] = {key: value for key, value in given.items() if value is not KeyError}
    with pytest.raises(InvalidBundle) as refused:
        import_bundle(document=document, by=None, now=NOW)
    assert [problem.path for problem in refused.value.problems if problem.path.startswith(f"journeys[0].{path}")]


def test_uses_name_what_a_weight_set_by_hand_needs(company):
    Journey.objects.filter(slug="abandoned-cart").update(**WEIGHTS)
    assert ("abandoned-cart", "weight") in {(use.user, use.how) for use in uses_of("segment", "dormant-customers")}
    assert [(use.user, use.how) for use in uses_of("score", "fit") if use.how == "weight"] == [("abandoned-cart", "weight")]  # fmt: skip


def test_export_alone_holds_the_journey_only(company):
    assert set(bundle_of(["abandoned-cart"], alone=True)) == {"bundle", "journeys"}


def test_export_brings_what_segments_and_signals_need(company):
    found = bundle_of(["reactivation"])
    assert [one["slug"] for one in found["segments"]] == ["dormant-customers"]
    assert {"order_placed", "email_clicked"} <= {one["slug"] for one in found["event_types"]}
    assert [one["key"] for one in found["attributes"]] == ["reactivation"]
    assert found["stages"] == ["inactive"]
    assert len(found["blocks"]) == 4
    assert Stage.objects.exists()


def test_export_is_the_same_for_a_definition_with_other_order_of_keys(company):
    text = write_document(bundle_of(["loyalty"]))
    version = Journey.objects.get(slug="loyalty").live_version
    turned = dict(reversed(version.definition.items()))
    assert write_document({"journeys": [turned], "bundle": 1}) == write_document(bundle_of(["loyalty"], alone=True))
    assert text.startswith("bundle: 1\njourneys:\n  - slug: loyalty\n")
