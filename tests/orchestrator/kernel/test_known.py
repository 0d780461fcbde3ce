"""Definitions kept in memory: loaded once, anew after any write, also after one that was taken back."""

import pytest
from django.db import transaction

from contacts.models import Segment
from orchestrator.kernel import known

TABLES = ("contacts_segment",)


class Broken(Exception):
    pass


@pytest.fixture
def slugs(db, monkeypatch):
    """Give a function that looks, and tells what is kept and how often it was loaded until now."""
    monkeypatch.setattr(known, "_kept", {})
    loads = []

    def load():
        loads.append(1)
        return sorted(Segment.objects.values_list("slug", flat=True))

    def look():
        with known.looked_at(known.TICK):
            return known.kept("test", TABLES, load), len(loads)

    return look


def make(slug):
    return Segment.objects.create(slug=slug, condition={"attribute": "country", "is": "DE"}, name_en=slug, name_de=slug)


def test_kept_loads_once_until_a_row_is_written(slugs):
    one = make("a")
    assert slugs() == (["a"], 1)
    assert slugs() == (["a"], 1)
    make("b")
    assert slugs() == (["a", "b"], 2)
    Segment.objects.filter(pk=one.pk).update(slug="c")
    assert slugs() == (["b", "c"], 3)
    one.delete()
    assert slugs() == (["b"], 4)


def test_kept_after_a_write_that_was_taken_back_is_what_was_there_before(slugs):
    make("a")
    assert slugs()[0] == ["a"]

    def try_it():
        with transaction.atomic():
            make("b")
            assert slugs()[0] == ["a", "b"]
            raise Broken

    for _ in range(2):
        with pytest.raises(Broken):
            try_it()
        assert slugs()[0] == ["a"]


def test_kept_outside_of_a_look_is_loaded_each_time(db):
    made = [known.kept("test", TABLES, lambda: object()) for _ in range(2)]
    assert made[0] is not made[1]
