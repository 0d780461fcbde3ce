"""The pages of scores: list, editor with preview, grades, people of a cell, the card of a person."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Contact, Event, Grade, News, Score, ScoreRule, ScoreValue, Segment
from contacts.scores.operations import compute_scores
from contacts.scores.rules import DEFAULT_BANDS
from orchestrator.kernel.access import SALES_GROUP
from orchestrator.kernel.scope import EVERYBODY
from tests.contacts.scores.conftest import NOW, happened, person, score

pytestmark = pytest.mark.django_db


@pytest.fixture
def maja(client):
    client.force_login(User.objects.create_user("maja", password="x"))
    return client


def form(*rules, **columns):
    """The fields of the editor."""
    fields = {"name_en": "Engagement", "name_de": "", "slug": "", "axis": "engagement", "decay": "none", "decay_days": "30", "active": "on"}  # fmt: skip
    fields |= {"rules-TOTAL_FORMS": str(len(rules)), "rules-INITIAL_FORMS": "0"} | columns
    for i, rule in enumerate(rules):
        given = {"name_en": f"Rule {i}", "kind": "event", "points": "5"} | rule
        fields |= {f"rules-{i}-{name}": value for name, value in given.items()}
    return fields


VIEWED = {"event": "pricing_viewed", "points": "12.5", "most_a_day": "2"}
GERMAN = {"kind": "condition", "condition": '{"attribute": "country", "is": "DE"}', "points": "-7"}


def test_new_score_keeps_events_conditions_and_filters(maja):
    filters = {
        "property_0": "plan",
        "operator_0": "in",
        "value_0": 'pro, "3"',
        "property_1": "value",
        "operator_1": "gte",
        "value_1": "20",
    }
    answer = maja.post(reverse("score_new"), form(VIEWED | filters, GERMAN))
    assert answer.status_code == 302
    made = Score.objects.get()
    assert (made.slug, made.name_de, made.computed_at) == ("engagement", "Engagement", None)
    where = [{"property": "plan", "in": ["pro", "3"]}, {"property": "value", "gte": 20}]
    first, second = made.rules.all()
    assert (first.event, first.condition, first.points, first.most_a_day) == (
        {"event": "pricing_viewed", "where": where},
        None,
        12.5,
        2,
    )
    assert (second.event, second.condition, second.points) == (None, {"attribute": "country", "is": "DE"}, -7)
    page = maja.get(reverse("score_edit", args=["engagement"])).content.decode()
    assert "pro, &quot;3&quot;" in page


def test_edit_keeps_ids_of_rules_and_takes_others_away(maja):
    made = score("engagement", {"event": {"event": "a_b"}, "points": 1}, {"event": {"event": "c_d"}, "points": 2})
    other = score("other", {"event": {"event": "x_y"}, "points": 1})
    first, second = made.rules.all()
    stranger = other.rules.get()
    rows = [
        VIEWED | {"rule": str(second.pk)},
        VIEWED | {"rule": str(stranger.pk)},
        VIEWED | {"rule": str(first.pk), "DELETE": "on"},
    ]
    assert maja.post(reverse("score_edit", args=["engagement"]), form(*rows)).status_code == 302
    kept = list(made.rules.values_list("id", flat=True))
    assert kept[0] == second.pk
    assert stranger.pk not in kept
    assert len(kept) == 2
    assert not ScoreRule.objects.filter(pk=first.pk).exists()
    assert other.rules.get() == stranger


@pytest.mark.parametrize(
    ("rule", "field", "message"),
    [
        ({"event": "x", "points": "NaN"}, "points", "Enter a number"),
        ({"event": "x", "points": "1e9"}, "points", "less than or equal to 1000"),
        ({"event": "x", "points": "-1e9"}, "points", "greater than or equal to -1000"),
        ({"event": "x", "points": "0.001"}, "points", "no more than 2 decimal places"),
        ({"event": "x", "points": ""}, "points", "required"),
        ({"event": ""}, "event", "Say which event"),
        ({"event": "x", "most_a_day": "0"}, "most_a_day", "greater than or equal to 1"),
        ({"event": "x", "most_a_day": "99999999999999999999"}, "most_a_day", "less than or equal to 1000"),
        ({"event": "x", "name_en": ""}, "name_en", "required"),
        ({"event": "x" * 101}, "event", "at most 100 characters"),
        ({"event": "x\0"}, "event", "Null characters"),
        ({"event": "x", "property_0": "value", "operator_0": "gte", "value_0": "many"}, "value_0", "expected a number"),
        ({"event": "x", "property_0": "", "operator_0": "is", "value_0": "pro"}, "property_0", "Say of which property"),
        ({"event": "x", "property_0": "a", "operator_0": "between", "value_0": "1"}, "value_0", "expected a list of two numbers"),
        ({"event": "x", "property_0": "a", "operator_0": "json", "value_0": "{"}, None, None),
        ({"kind": "condition", "condition": ""}, "condition", "Say what has to hold"),
        ({"kind": "condition", "condition": '{"attribute": 5}'}, "condition", "expected"),
        ({"kind": "condition", "condition": "{"}, "condition", "valid JSON"),
        ({"kind": "other", "event": "x"}, "kind", "Select a valid choice"),
    ],
)  # fmt: skip
def test_new_score_with_a_bad_rule_names_the_field_and_writes_nothing(maja, rule, field, message):
    answer = maja.post(reverse("score_new"), form(rule))
    if field is None:
        assert answer.status_code in (302, 400)
        return
    assert answer.status_code == 400
    assert any(message in error for error in answer.context["rows"][0].errors[field])
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"name_en": ""}, "name_en"),
        ({"name_en": "!!!"}, "slug"),
        ({"slug": "new"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "taken"}, "slug"),
        ({"axis": "height"}, "axis"),
        ({"decay": "cubic"}, "decay"),
        ({"decay_days": "0"}, "decay_days"),
        ({"decay_days": "NaN"}, "decay_days"),
        ({"decay_days": "1e9"}, "decay_days"),
    ],
)
def test_new_score_with_bad_columns_names_the_field(maja, columns, field):
    score("taken")
    answer = maja.post(reverse("score_new"), form(VIEWED, **columns))
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert Score.objects.count() == 1


@pytest.mark.parametrize("total", ["x", "-1", "99999999", ""])
def test_new_score_with_a_broken_number_of_rows_is_refused(maja, total):
    answer = maja.post(reverse("score_new"), form(VIEWED) | {"rules-TOTAL_FORMS": total})
    assert answer.status_code == 400
    assert not Score.objects.exists()


def test_new_score_that_leads_back_to_itself_is_refused_with_the_way(maja):
    Segment.objects.create(slug="hot", name_en="h", name_de="h", condition={"score": "engagement", "gte": 5})
    rule = {"kind": "condition", "condition": '{"segment": "hot"}', "points": "1"}
    answer = maja.post(reverse("score_new"), form(rule))
    assert answer.status_code == 400
    assert "engagement → hot → engagement" in answer.content.decode()
    assert not Score.objects.exists()


def test_add_shows_one_more_row_and_keeps_what_was_typed(maja):
    answer = maja.post(reverse("score_new"), form(VIEWED) | {"add": "1"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count('class="score-rule"') == 2
    assert 'value="12.5"' in page
    assert not Score.objects.exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_preview_shows_values_and_reasons_and_writes_nothing(maja, htmx):
    anna = person("anna", country="DE")
    happened(anna, "pricing_viewed", 0, 0, 0, 3)
    for i in range(20):
        person(f"p{i}")
    headers = {"HX-Request": "true"} if htmx else {}
    answer = maja.post(reverse("score_new"), form(VIEWED, GERMAN) | {"preview": "1", "person": "anna"}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert ("<html" in page) is not htmx
    assert (answer.context["tried"]["name"], answer.context["tried"]["value"]) == ("Anna", 31)
    assert len(answer.context["shown"]) == 10
    assert "Rule 0 3 times" in page
    assert "+37.5" in page
    assert not Score.objects.exists()
    assert not ScoreValue.objects.exists()


def test_preview_of_a_saved_score_does_not_change_it(maja):
    score("engagement", {"event": {"event": "pricing_viewed"}, "points": 1})
    person("anna")
    answer = maja.post(reverse("score_edit", args=["engagement"]), form(VIEWED, name_en="Other") | {"preview": "1"})
    assert answer.status_code == 200
    assert (Score.objects.get().name_en, ScoreRule.objects.get().points) == ("Engagement", 1)


def test_preview_of_a_wrong_draft_says_so(maja):
    answer = maja.post(reverse("score_new"), form({"event": ""}) | {"preview": "1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Rule 1, Event: Say which event." in answer.content.decode()


def test_delete_while_used_is_refused_with_the_users(maja):
    score("engagement")
    Segment.objects.create(slug="hot", name_en="Hot leads", name_de="h", condition={"score": "engagement", "gte": 5})
    answer = maja.post(reverse("score_delete", args=["engagement"]), follow=True)
    assert "Hot leads" in answer.content.decode()
    assert Score.objects.exists()
    off = form(VIEWED)
    del off["active"]
    answer = maja.post(reverse("score_edit", args=["engagement"]), off)
    assert "Hot leads" in answer.context["form"].errors["active"][0]
    Segment.objects.all().delete()
    assert maja.post(reverse("score_delete", args=["engagement"])).status_code == 302
    assert not Score.objects.exists()


def test_switching_off_takes_the_values_away_and_tells_the_pulse(maja):
    anna = person("anna")
    ScoreValue.objects.create(score=score("engagement"), contact=anna, value=60, since=NOW)
    off = form(VIEWED)
    del off["active"]
    assert maja.post(reverse("score_edit", args=["engagement"]), off).status_code == 302
    assert not ScoreValue.objects.exists()
    assert list(News.objects.values_list("contact_id", "name")) == [(anna.pk, "grade")]


def grade_fields(*, fit, engagement):
    rows = [("fit", fit), ("engagement", engagement)]
    return {
        f"{axis}_{name}_{i}": str(value)
        for axis, bands in rows
        for i, band in enumerate(bands)
        for name, value in zip(("label", "least"), band, strict=True)
    }


def test_grades_are_kept_and_people_are_looked_at_again(maja):
    anna = person("anna")
    assert maja.get(reverse("score_grades")).status_code == 200
    assert (
        maja.post(reverse("score_grades"), grade_fields(fit=[("A", 50), ("D", 0)], engagement=[("1", 0)])).status_code
        == 302
    )
    assert set(Grade.objects.values_list("axis", "label", "least")) == {
        ("fit", "A", 50),
        ("fit", "D", 0),
        ("engagement", "1", 0),
    }
    assert list(News.objects.values_list("contact_id", "name")) == [(anna.pk, "grade")]


@pytest.mark.parametrize(
    ("fit", "field"),
    [
        ([("A", 50)], "fit_least_0"),
        ([("A", 50), ("A", 0)], "fit_label_1"),
        ([("A", 0), ("B", 0)], "fit_label_1"),
        ([("A", 101), ("B", 0)], "fit_least_0"),
        ([("A", "NaN"), ("B", 0)], "fit_least_0"),
        ([("AAAAA", 50), ("B", 0)], "fit_label_0"),
        ([("A", ""), ("B", 0)], "fit_least_0"),
    ],
)
def test_grades_that_do_not_fit_are_refused_with_the_field(maja, fit, field):
    answer = maja.post(reverse("score_grades"), grade_fields(fit=fit, engagement=[("1", 0)]))
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert not Grade.objects.exists()


def crowd(n):
    made = score("engagement", {"event": {"event": "pricing_viewed"}, "points": 30})
    fit = score("fit", {"condition": {"attribute": "country", "is": "DE"}, "points": 80}, axis="fit")
    Grade.objects.bulk_create(
        Grade(axis=a, label=label, least=least) for a, rows in DEFAULT_BANDS.items() for label, least in rows
    )
    people = [person(f"p{i}", country="DE" if i % 2 else "AT") for i in range(n)]
    for one in people[: n // 2]:
        happened(one, "pricing_viewed", 0, 0, 0)
    compute_scores(now=NOW, scope=EVERYBODY)
    return made, fit, people


def test_list_shows_spread_and_grid(maja):
    crowd(8)
    answer = maja.get(reverse("scores"))
    rows = {row["slug"]: row["people"] for row in answer.context["rows"]}
    assert rows == {"engagement": 4, "fit": 4}
    cells = {cell["grade"]: cell["people"] for line in answer.context["grid"]["rows"] for cell in line["cells"]}
    assert {grade: n for grade, n in cells.items() if n} == {"A1": 2, "A4": 2, "D1": 2}
    assert answer.context["without"] == 2


def test_list_asks_the_same_for_many_scores(maja):
    counts = []
    for _round in range(2):
        for i in range(3):
            score(f"s{Score.objects.count()}-{i}", {"event": {"event": "x_y"}, "points": 1})
        with CaptureQueriesContext(connection) as asked:
            maja.get(reverse("scores"))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_people_of_a_cell_are_listed_the_highest_first(maja):
    _made, _fit, people = crowd(4)
    answer = maja.get(reverse("score_people", args=["A1"]))
    assert [(row["contact"], row["fit"], row["engagement"]) for row in answer.context["rows"]] == [(people[1], 80, 90)]
    assert maja.get(reverse("score_people", args=["Z9"])).status_code == 404
    assert maja.get(reverse("score_people", args=["A1"]) + "?page=99999999999999999999").status_code == 200


def test_contact_page_shows_values_grade_and_reasons(maja):
    _made, _fit, people = crowd(4)
    page = maja.get(reverse("contact", args=[people[1].pk])).content.decode()
    assert "Grade A1" in page
    assert "Rule 0 3 times" in page
    assert "+90" in page
    assert "nothing that counts" in maja.get(reverse("contact", args=[people[2].pk])).content.decode()


def test_contact_page_without_scores_has_no_card(maja):
    anna = person("anna")
    assert "scores-title" not in maja.get(reverse("contact", args=[anna.pk])).content.decode()


def test_pages_are_for_marketing_only(client):
    sam = User.objects.create_user("sam", password="x")
    sam.groups.add(Group.objects.create(name=SALES_GROUP))
    score("engagement")
    for url in (
        reverse("scores"),
        reverse("score_new"),
        reverse("score_grades"),
        reverse("score_edit", args=["engagement"]),
    ):
        assert client.get(url).status_code == 302
    client.force_login(sam)
    for url in (
        reverse("scores"),
        reverse("score_new"),
        reverse("score_grades"),
        reverse("score_edit", args=["engagement"]),
    ):
        assert client.get(url).status_code == 403
    assert client.post(reverse("score_delete", args=["engagement"])).status_code == 403
    assert Contact.objects.count() + Event.objects.count() == 0
