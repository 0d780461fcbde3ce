"""Bad inputs 65 to 84 of the promises: refused with the path and what was expected, or harmless data; quick, never a crash."""

import json
import time
from datetime import UTC, datetime

import pytest

from contacts.conditions.language import compile_condition, explain, say, validate
from contacts.conditions.vocabulary import advise, load_vocabulary
from contacts.models import Attribute, Contact, Event, Segment
from contacts.segments.forms import SegmentForm

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    contact = Contact.objects.create(
        external_id="anna", email="anna@nord.example", country="DE", created_at=NOW, updated_at=NOW, attributes={"age": 30, "empty": "", "nothing": None, "plan": "pro"}
    )  # fmt: skip
    Event.objects.create(
        contact=contact, name="x", occurred_at=NOW, received_at=NOW, properties={"p": 1}, source="t", message_id="1"
    )
    return contact


def nested(depth, leaf):
    for _ in range(depth):
        leaf = {"not": leaf}
    return leaf


def inside(value):
    """Somewhere deep in a leaf, where nobody expects anything."""
    for _ in range(500):
        value = [value]
    return value


REFUSED = [
    (66, {"attribute": "token", "is": {"secret": 1}}, 'is: expected a text, a number, true or false, got {"secret": 1}'),
    (67, {"attribute": "age", "matches": "x"}, "matches: unknown; expected one of is, is_not"),
    (67, {"event": "x", "count": {"about": 3}}, "count: expected one of is, lt, lte, gt, gte with a number"),
    (67, {"xor": [{"stage": "a"}]}, "expected one of all, any, not"),
    (68, {"attribute": "birthday", "before": "abc"}, 'before: expected a date like "2026-03-01" or "-30d", got "abc"'),
    (68, {"attribute": "birthday", "lt": "abc"}, 'lt: expected a number, got "abc"'),
    (68, {"attribute": "created_at", "is": "abc"}, "is: expected one of before, after, within, is_set"),
    (68, {"attribute": "country", "is": 3}, "is: expected a text, got 3"),
    (68, {"attribute": "country", "gte": 3}, "gte: expected one of is, is_not, in, contains"),
    (68, {"account": "industry", "in": [1, 2]}, "in: expected a text, got [1, 2]"),
    (69, {"all": []}, "all: expected a list with at least one condition, got []"),
    (69, {"all": [{"any": []}]}, "all[0].any: expected a list with at least one condition, got []"),
    (69, {"not": []}, "not: expected an object"),
    (69, {}, "expected one of all, any, not"),
    (70, nested(200, {"stage": "a"}), "not.not.not.not.not.not.not.not: expected at most 8 levels"),
    (70, {"all": [nested(200, {"stage": "a"}), {"stage": "b"}]}, "all[0].not.not.not.not.not.not.not: expected at most 8 levels"),
    (70, {"attribute": "age", "is": inside(1)}, "is: expected a text, a number, true or false, got [[[["),
    (71, {"any": [{"stage": "a"}] * 10_000}, "any: expected at most 100 parts, got 10000"),
    (71, {"all": [{"any": [{"stage": "a"}] * 100}] * 100}, "expected at most 100 parts"),
    (75, {"attribute": "age", "matches": "(a+)+$"}, "matches: unknown"),
    (77, {"event": "x", "within": "-7d"}, 'within: expected a duration like "30m", "12h", "7d", "4w" or "6mo", got "-7d"'),
    (77, {"event": "x", "within": "1000000000d"}, 'within: expected at most 100 years, got "1000000000d"'),
    (77, {"event": "x", "within": "999999999mo"}, "within: expected at most 100 years"),
    (77, {"event": "x", "within": "0s"}, "within: expected a duration"),
    (77, {"event": "x", "within": 7}, "within: expected a duration"),
    (77, {"event": "x", "within": "7d\n"}, "within: expected a duration"),
    (77, {"attribute": "birthday", "within": {"days": 10**9, "of": "today"}}, "within: expected an object like"),
    (77, {"attribute": "birthday", "within": {"days": -1, "of": "today"}}, "within: expected an object like"),
    (77, {"attribute": "birthday", "after": "-1000000000d"}, "after: expected a date"),
    (77, {"attribute": "birthday", "after": "-12h"}, "after: expected a date"),  # days are compared, so whole days
    (78, {"event": "x", "count": {"gte": -1}}, "count.gte: expected a whole number from 0 to 1000000, got -1"),
    (78, {"event": "x", "count": {"gte": 1.5}}, "count.gte: expected a whole number from 0 to 1000000, got 1.5"),
    (78, {"event": "x", "count": {"gte": 2**31}}, "count.gte: expected a whole number from 0 to 1000000, got 2147483648"),
    (78, {"event": "x", "count": {"lt": 0}}, "count.lt: expected a whole number from 1 to 1000000, got 0"),
    (78, {"event": "x", "count": {"gte": True}}, "count.gte: expected a number, got true"),
    (78, {"event": "x", "count": {"gte": "three"}}, 'count.gte: expected a number, got "three"'),
    (78, {"event": "x", "sum": {"property": "p", "gte": "three"}}, 'sum.gte: expected a number, got "three"'),
    (78, {"attribute": "age", "gte": 10**16}, "gte: expected a number, got 10000000000000000"),
    (78, {"attribute": "age", "gte": 10**4_000}, "gte: expected a number, got 1000"),
    (79, {"attribute": "age", "gte": float("nan")}, "gte: expected a number, got NaN"),
    (79, {"attribute": "age", "gte": float("inf")}, "gte: expected a number, got Infinity"),
    (79, {"attribute": "age", "in": [1, float("-inf")]}, "in: expected a list of 1 to 1000 texts or numbers"),
    (79, {"event": "x", "count": {"gte": float("nan")}}, "count.gte: expected a number, got NaN"),
    (80, {"attribute": "age", "is' OR 1=1--": 1}, "is' OR 1=1--: unknown"),
    (80, {"attribute": "age", "is": "a\x00b"}, 'is: expected a text without the character NUL, got "a\\u0000b"'),
    (80, {"attribute": "a\x00ge", "is": "b"}, "attribute: expected a text without the character NUL"),
    (80, {"attribute": "age", "is\x00": "b"}, "expected a text without the character NUL"),
    (80, {"attribute": "age", "in": ["a", "\ud800"]}, "in[1]: expected a text of whole characters"),
    (80, {"all": [{"stage": "s"}, {"event": "x", "where": [{"property": "\udfff", "is": 1}]}]}, "all[1].where[0].property: expected a text of whole characters"),
    (80, {"attribute": "a" * 201, "is": "b"}, "attribute: expected the name of an attribute"),
    (80, {"attribute": "age", "is": "b" * 1_001}, "is: expected a text"),
    (81, {"account": "contact__user__password", "is": "x"}, "account: expected one of name, domain, industry, country"),
    (81, {"context": "__class__", "in": ["x"]}, "context: expected one of weekday, hour, month, season"),
    (81, {"touch": {"contact__email": "x"}}, "touch.contact__email: unknown"),
    (82, {"context": "hour", "between": [8, 18], "zone": "Mars/Base"}, "zone: unknown"),
    (83, {"attribute": "age", "is": None}, "is: expected a text, a number, true or false, got null"),
    (83, {"attribute": "age", "is": ""}, 'is: expected a text, a number, true or false, got ""'),
    (83, {"attribute": "age", "in": [None]}, "in: expected a list"),
    (83, {"attribute": None, "is": 1}, "attribute: expected the name of an attribute, got null"),
    (83, {"event": "x", "within": None}, "within: expected a duration"),
    (83, None, "expected an object with all, any, not or a leaf, got null"),
    (83, {"journey": "x", "state": []}, "state: expected one of in, left, goal, completed, got []"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "condition", "error"), REFUSED)
def test_validate_of_bad_input_says_where_and_what_was_expected_at_once(number, condition, error):
    begin = time.thread_time()  # of the processor: what the rest of the machine does counts for nothing
    problems = [str(problem) for problem in validate(condition)]
    assert time.thread_time() - begin < 30  # a check that backtracks takes minutes
    assert any(problem.startswith(error) for problem in problems), problems
    json.dumps(problems).encode()  # what is said can be stored and sent
    assert all(len(problem) < 500 for problem in problems)
    "".join(problems).encode("utf-8")


HARMLESS = [
    (65, {"attribute": "nobody_knows", "is": "x"}, None),
    (66, {"attribute": "consent_text", "is": "x"}, None),
    (66, {"attribute": "token", "is_set": True}, False),
    (74, {"segment": "deleted-long-ago"}, False),
    (76, {"attribute": "email", "contains": "%"}, False),
    (76, {"attribute": "email", "contains": "_"}, False),
    (76, {"attribute": "email", "starts_with": "\\"}, False),
    (77, {"event": "x", "within": "36500d"}, None),
    (77, {"event": "x", "within": "1s"}, None),
    (80, {"attribute": "x' OR 1=1--", "is": "'; DROP TABLE contacts_contact; --"}, None),
    (80, {"attribute": "{a,b}", "contains": "$.*"}, None),
    (80, {"attribute": "%s", "is": "%(x)s"}, None),
    (80, {"attribute": "plan", "in": ["a' OR 'x'='x", "{pro}"]}, False),
    (81, {"attribute": "user__password", "starts_with": "pbkdf2"}, None),
    (81, {"attribute": "account__name", "is_set": True}, False),
    (81, {"attribute": "_connector", "is": "OR"}, None),
    (81, {"attribute": "0", "is": "x"}, None),
    (82, {"attribute": "time_zone", "is": "Mars/Base"}, False),
    (83, {"attribute": "missing", "is_not": "x"}, None),
    (83, {"not": {"attribute": "missing", "is": "x"}}, None),
    (83, {"attribute": "nothing", "is_set": True}, False),
    (83, {"attribute": "empty", "is_set": True}, True),  # a text of the team's own may be empty
    (83, {"attribute": "phone", "is_set": True}, False),  # a column cannot say "missing" otherwise
    (84, {"attribute": "email", "is_set": True}, True),
]


@pytest.mark.parametrize(("number", "condition", "expected"), HARMLESS)
def test_bad_input_that_is_plain_data_matches_only_what_it_says(anna, number, condition, expected):
    assert validate(condition) == []
    exact = compile_condition(condition, now=NOW, positive=False)
    assert Contact.objects.annotate(truth=exact).values_list("truth", flat=True).get() is expected
    for wide in (False, True):
        held = Contact.objects.filter(compile_condition(condition, now=NOW, wide=wide)).exists()
        assert held is (expected is True)
    assert explain(condition, contact_id=anna.pk, now=NOW)["truth"] is expected
    assert say(condition, "en")
    assert say({"not": condition}, "de")
    assert Contact.objects.count() == 1


def test_65_and_74_unknown_names_are_warned_of(anna):
    vocabulary = load_vocabulary()
    assert [problem.level for problem in advise({"attribute": "nobody_knows", "is": "x"}, vocabulary)] == ["warning"]
    assert "deleted-long-ago" in str(advise({"segment": "deleted-long-ago"}, vocabulary)[0])


def test_68_values_are_checked_against_the_types_of_the_definitions():
    from contacts.attributes.queries import definitions

    for key, kind in (("age", "whole"), ("vip", "yes_no"), ("born", "date"), ("tags", "list"), ("plan", "choice")):
        Attribute.objects.create(key=key, kind=kind, name_en=key, name_de=key, created_at=NOW)
    known = definitions()

    def errors(condition):
        return [str(problem) for problem in validate(condition, definitions=known)]

    assert errors({"all": [{"stage": "s"}, {"attribute": "age", "is": "three"}]}) == [
        'all[1].is: expected a number, got "three"'
    ]
    assert errors({"attribute": "age", "starts_with": "3"})[0].startswith("starts_with: expected one of is, is_not, in")
    assert errors({"attribute": "vip", "is": "yes"}) == ['is: expected true or false, got "yes"']
    assert errors({"attribute": "born", "is": "abc"}) == ['is: expected a date like "2026-03-01", got "abc"']
    assert errors({"attribute": "born", "lt": 3}) == ["lt: expected before or after, since these are dates"]
    assert errors({"attribute": "tags", "is": "a"})[0].startswith("is: expected one of contains, in, is_set")
    assert errors({"attribute": "plan", "in": [1]}) == ["in: expected a text, got [1]"]
    for fine in (
        {"attribute": "age", "between": [1, 2]},
        {"attribute": "born", "within": {"days": 3, "of": "today", "yearly": True}},
        {"attribute": "tags", "contains": "a"},
        {"attribute": "plan", "is": "pro"},
        {"attribute": "undefined", "gte": 3},
    ):
        assert errors(fine) == []


@pytest.mark.parametrize(
    ("number", "condition", "others", "circle"),
    [
        (72, {"segment": "a"}, {}, "a -> a"),
        (73, {"not": {"segment": "b"}}, {"b": {"any": [{"segment": "c"}]}, "c": {"segment": "a"}}, "a -> b -> c -> a"),
        (73, {"segment": "b"}, {"b": {"segment": "c"}, "c": {"segment": "b"}}, ""),  # a circle, but not over a
        (73, {"segment": "b"}, {"a": {"segment": "a"}, "b": None}, ""),  # what was stored before does not matter
        (74, {"segment": "gone"}, {}, ""),
    ],
)
def test_segment_form_refuses_a_circle_with_the_way(number, condition, others, circle):
    for slug, read in others.items():
        Segment.objects.create(
            slug=slug, name_en=slug, name_de=slug, kind="dynamic" if read else "fixed", condition=read
        )
    given = {"name_en": "A", "name_de": "A", "slug": "a", "kind": "dynamic", "active": "on"}
    form = SegmentForm(given | {"condition": json.dumps(condition)}, instance=Segment.objects.filter(slug="a").first())
    said = f"This condition leads back to itself: {circle}"
    assert form.errors.get("condition", []) == ([said] if circle else [])
