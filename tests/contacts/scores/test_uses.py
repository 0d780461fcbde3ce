"""Who uses a score through a grade, and circles that lead through one."""

import json

import pytest

from contacts.conditions.uses import in_conditions, load_uses, named_by
from contacts.models import Score, ScoreRule, Segment
from contacts.scores.operations import Circle, StillUsed, delete_score, save_score
from contacts.scores.page import score_list
from contacts.segments.forms import SegmentForm
from tests.contacts.scores.conftest import NOW, score

pytestmark = pytest.mark.django_db
GRADE = {"any": [{"grade": "A1"}, {"not": {"grade": {"in": ["A2", "B1"]}}}]}


def graded(slug="best", condition=GRADE):
    return Segment.objects.create(slug=slug, name_en=slug.title(), name_de=slug.title(), condition=condition)


def rule(condition):
    return ScoreRule(name_en="r", name_de="r", condition=condition, points=1)


def test_conditions_name_every_cell_of_a_grade():
    assert list(named_by(GRADE)) == [("grade", "A1"), ("grade", "A2"), ("grade", "B1")]
    assert list(in_conditions({"exit": [{"when": GRADE}]})) == list(named_by(GRADE))


def test_uses_list_who_names_a_grade():
    graded()
    assert {(use.slug, use.room, use.user) for use in load_uses() if use.kind == "grade"} == {
        (cell, "segment", "best") for cell in ("A1", "A2", "B1")
    }


def test_last_score_of_an_axis_stays_while_a_grade_is_named():
    score("fit", axis="fit")
    score("one")
    score("two")
    segment = graded()
    delete_score(slug="two", now=NOW)  # a grade is still made of the other one
    for slug in ("one", "fit"):
        with pytest.raises(StillUsed, match="best"):
            delete_score(slug=slug, now=NOW)
    one = Score.objects.get(slug="one")
    one.active = False
    with pytest.raises(StillUsed, match="best"):
        save_score(score=one, rules=[], now=NOW)
    assert {row["slug"]: row["users"] for row in score_list()["rows"]} == {
        slug: ["segment “Best”"] for slug in ("fit", "one")
    }
    segment.delete()
    delete_score(slug="one", now=NOW)


def test_score_that_would_read_itself_through_a_grade_is_refused():
    one = score("one")
    with pytest.raises(Circle) as refused:
        save_score(score=one, rules=[rule({"grade": "A1"})], now=NOW)
    assert refused.value.way == [("score", "one"), ("grade", "A1"), ("score", "one")]
    graded()
    with pytest.raises(Circle) as refused:
        save_score(score=one, rules=[rule({"segment": "best"})], now=NOW)
    way = refused.value.way
    assert (way[:2], way[-1]) == ([("score", "one"), ("segment", "best")], ("score", "one"))


def test_segment_that_would_read_itself_through_a_grade_is_refused():
    graded(condition={"segment": "other"})
    score("one", {"condition": {"segment": "best"}, "points": 5})
    given = {"name_en": "Best", "name_de": "Best", "kind": "dynamic", "active": "on"}
    for condition, step in (({"grade": "A1"}, "grade A1 -> score one"), ({"score": "one", "gte": 1}, "score one")):
        form = SegmentForm(given | {"condition": json.dumps(condition)}, instance=Segment.objects.get(slug="best"))
        said = f"This condition leads back to itself: segment best -> {step} -> segment best"
        assert form.errors["condition"] == [said]
    Score.objects.update(active=False)
    form = SegmentForm(given | {"condition": json.dumps({"grade": "A1"})}, instance=Segment.objects.get(slug="best"))
    assert form.is_valid(), form.errors
