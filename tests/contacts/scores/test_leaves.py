"""The leaves on scores: what holds, what is unknown, what is said, what is refused."""

from datetime import timedelta

import pytest

from contacts.conditions.language import compile_condition, depends_on, explain, say, validate
from contacts.conditions.names import load_names
from contacts.models import Contact, Grade, News, ScoreValue, Segment, SegmentMember
from contacts.scores.rules import DEFAULT_BANDS, grade_of
from orchestrator.tick import loop
from tests.contacts.scores.conftest import NOW, happened, person, score

pytestmark = pytest.mark.django_db


def truth(contact, condition):
    """The three-valued truth, which must also agree with what a filter and an explanation say."""
    assert validate(condition) == []
    found = Contact.objects.filter(pk=contact.pk)
    value = found.annotate(t=compile_condition(condition, now=NOW, positive=False)).values_list("t", flat=True).get()
    assert found.filter(compile_condition(condition, now=NOW)).exists() is (value is True)
    assert explain(condition, contact_id=contact.pk, now=NOW)["truth"] is value
    return value


def bands():
    Grade.objects.bulk_create(
        Grade(axis=axis, label=label, least=least) for axis, rows in DEFAULT_BANDS.items() for label, least in rows
    )


def give(contact, made, value):
    ScoreValue.objects.create(score=made, contact=contact, value=value, since=NOW)


@pytest.mark.parametrize(
    ("comparison", "for_60", "for_nothing"),
    [
        ({"gte": 60}, True, False),
        ({"gt": 60}, False, False),
        ({"lt": 60}, False, True),
        ({"lte": 60}, True, True),
        ({"is": 60}, True, False),
        ({"is": 0}, False, True),
        ({"gte": 0}, True, True),
        ({"between": [50, 60]}, True, False),
        ({"between": [0, 10]}, False, True),
        ({"is_set": True}, True, False),
        ({"is_set": False}, False, True),
    ],
)
def test_score_leaf_gives_its_truth_and_no_row_is_0(comparison, for_60, for_nothing):
    anna, ben = person("anna"), person("ben")
    give(anna, score("fit", axis="fit"), 60)
    leaf = {"score": "fit", **comparison}
    assert (truth(anna, leaf), truth(ben, leaf)) == (for_60, for_nothing)
    assert (truth(anna, {"not": leaf}), truth(ben, {"not": leaf})) == (not for_60, not for_nothing)


def test_score_leaf_of_a_score_that_is_not_there_or_off_is_unknown():
    anna = person("anna")
    give(anna, score("fit", axis="fit", active=False), 60)
    for slug in ("fit", "unheard"):
        assert truth(anna, {"score": slug, "gte": 10}) is None
        assert truth(anna, {"not": {"score": slug, "gte": 10}}) is None


@pytest.mark.parametrize(("fit", "engagement", "cell"), [(80, 76, "A1"), (50, 74, "B2"), (0, 0, "D4"), (100, 24, "A4")])
def test_grade_leaf_gives_the_cell_of_the_grid(fit, engagement, cell):
    bands()
    anna = person("anna")
    for axis, value in (("fit", fit), ("engagement", engagement)):
        made = score(axis, axis=axis)
        if value:
            give(anna, made, value)
    assert grade_of(fit, engagement, DEFAULT_BANDS) == cell
    assert truth(anna, {"grade": cell}) is True
    assert truth(anna, {"grade": {"in": ["C3", cell]}}) is True
    assert truth(anna, {"not": {"grade": "C3"}}) is True
    assert explain({"grade": cell}, contact_id=anna.pk, now=NOW)["value"] == cell


def test_grade_leaf_takes_the_highest_active_score_of_an_axis():
    bands()
    anna = person("anna")
    for slug, value, active in (("fit", 30, True), ("fit-2", 60, True), ("fit-3", 90, False)):
        give(anna, score(slug, axis="fit", active=active), value)
    assert truth(anna, {"grade": "B4"}) is True


def test_grade_leaf_without_bands_is_unknown():
    anna = person("anna")
    assert truth(anna, {"grade": "A1"}) is None
    assert truth(anna, {"not": {"grade": "A1"}}) is None


def test_leaves_are_said_with_names():
    score("fit", axis="fit")
    names = load_names()
    assert say({"score": "fit", "gte": 50}, "en", names) == "score “Fit” is at least 50"
    assert say({"score": "fit", "between": [1, 5]}, "de", names) == "Score „Fit“ liegt zwischen 1 und 5"
    assert say({"score": "fit", "is_set": False}, "en", names) == "score “Fit” is not known"
    assert say({"grade": {"in": ["A1", "A2"]}}, "en") == "grade is A1 or A2"
    assert say({"not": {"grade": "A1"}}, "de") == "Grad ist nicht A1"


def test_leaves_say_what_they_depend_on():
    assert depends_on({"all": [{"score": "fit", "gte": 1}, {"grade": "A1"}]}).news() == {"score:fit", "grade"}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"score": "fit"}, "expected one comparison of is, lt, lte, gt, gte, between, is_set, got []"),
        ({"score": "", "gte": 1}, "score: expected a name, "),
        ({"score": "fit", "gte": "three"}, "gte: expected a number"),
        ({"score": "fit", "gte": float("nan")}, "gte: expected a number"),
        ({"score": "fit", "between": [1]}, "between: expected a list of two numbers, got [1]"),
        ({"score": "fit", "gte": 1, "lte": 2}, "expected one comparison"),
        ({"score": "fit", "contains": "x"}, "contains: unknown"),
        ({"grade": 5}, 'grade: expected a grade like "A1"'),
        ({"grade": {"in": []}}, 'grade.in: expected a grade like "A1"'),
        ({"grade": {"in": [["A1"]]}}, 'grade.in: expected a grade like "A1"'),
        ({"grade": "A1", "gte": 3}, "gte: unknown"),
    ],
)
def test_validate_of_bad_leaves_names_the_place(condition, message):
    assert any(message in str(problem) for problem in validate(condition))


def test_segment_over_a_score_follows_in_the_same_pulse_and_as_time_passes():
    anna = person("anna")
    score("engagement", {"event": {"event": "pricing_viewed"}, "points": 30}, decay="linear", decay_days=10)
    bands()
    hot = Segment.objects.create(slug="hot", name_en="h", name_de="h", condition={"score": "engagement", "gte": 50})
    graded = Segment.objects.create(slug="d2", name_en="h", name_de="h", condition={"grade": "D2"})
    loop.beat(now=NOW - timedelta(days=2))
    happened(anna, "pricing_viewed", 0, 0)
    News.objects.create(contact_id=anna.pk, name="pricing_viewed", since=NOW)
    loop.pulse(now=NOW)
    assert set(SegmentMember.objects.values_list("segment", "since")) == {(hot.pk, NOW), (graded.pk, NOW)}
    loop.beat(now=NOW + timedelta(days=1))  # 54
    assert SegmentMember.objects.count() == 2
    loop.beat(now=NOW + timedelta(days=2))  # 48: only time has passed
    assert SegmentMember.objects.count() == 0
    assert ScoreValue.objects.get().value == 48


def test_segment_over_a_score_follows_a_withdrawal():
    from consent.records.operations import record_consent

    anna = person("anna")
    score("engagement", {"event": {"event": "pricing_viewed"}, "points": 60})
    Segment.objects.create(slug="hot", name_en="h", name_de="h", condition={"score": "engagement", "gte": 50})
    happened(anna, "pricing_viewed", 0)
    loop.beat(now=NOW)
    assert SegmentMember.objects.count() == 1
    record_consent(contact_id=anna.pk, purpose="profiling", decision="withdrawn", source="t", now=NOW)
    loop.pulse(now=NOW + timedelta(minutes=1))
    assert (SegmentMember.objects.count(), ScoreValue.objects.count()) == (0, 0)
