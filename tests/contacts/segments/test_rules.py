"""Short names, circles, pasted lines, and what somebody else changed."""

import pytest

from contacts.segments.rules import differences, pasted_lines, slug_from, way_around


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Big spenders", "big-spenders"), ("Grüße aus Köln ß", "gruesse-aus-koeln-ss"), ("Café & Crème!", "cafe-creme"), ("日本", ""),
     ("  ", ""), ("a" * 300, "a" * 95), ("taken", "taken-3")],
)  # fmt: skip
def test_slug_from_makes_a_short_name(name, slug):
    assert slug_from(name, ["taken", "taken-2"]) == slug


def test_way_around_finds_the_shortest_way_back():
    named = {"a": ["b", "x"], "b": ["c"], "c": ["a"], "x": []}
    assert way_around("a", named) == ["a", "b", "c", "a"]
    assert way_around("c", named) == ["c", "a", "b", "c"]
    assert way_around("x", named) == []
    assert way_around("self", {"self": ["self"]}) == ["self", "self"]
    assert way_around("d", {**named, "d": ["a"]}) == []  # leads into a circle, is not part of it


def test_differences_compares_what_was_loaded():
    loaded = {"name_en": "A", "condition": {"a": 1}}
    assert differences(loaded, {"name_en": "A", "condition": {"a": 2}, "kind": "dynamic"}) == ["condition"]


def test_pasted_lines_takes_each_once():
    text = 'anna@x.example\r\n"ben@x.example"; <cem@x.example>,C-1\n\n anna@x.example \n\0'
    assert pasted_lines(text) == ["anna@x.example", "ben@x.example", "cem@x.example", "C-1"]
