"""Fixed lists: people come and go by hand, journeys and signals see it; sizes day by day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, News, Segment, SegmentChange, SegmentMember, SegmentSize
from contacts.segments import lists, queries
from contacts.segments.operations import refresh_segments
from orchestrator.kernel import doorbell
from orchestrator.kernel.scope import Scope
from tests.contacts.segments.conftest import NOW


@pytest.fixture
def vips(db):
    return Segment.objects.create(slug="vips", name_en="VIPs", name_de="VIPs", kind="fixed")


def on(segment):
    return sorted(SegmentMember.objects.filter(segment=segment).values_list("contact__external_id", flat=True))


def test_add_people_writes_changes_and_news_once(people, vips, django_capture_on_commit_callbacks):
    rung = []
    doorbell.listen(lambda: rung.append(1))
    ids = [people["anna"].pk, people["ben"].pk, 999_999]
    with django_capture_on_commit_callbacks(execute=True):
        assert lists.add_people(segment=vips, contact_ids=ids, now=NOW) == 2
    assert lists.add_people(segment=vips, contact_ids=ids, now=NOW + timedelta(minutes=1)) == 0
    assert on(vips) == ["anna", "ben"]
    assert set(SegmentChange.objects.values_list("entered", "at", "taken_at")) == {(True, NOW, None)}
    assert sorted(News.objects.values_list("contact_id", "name")) == [(pk, "segment:vips") for pk in ids[:2]]
    assert rung


def test_remove_people_writes_who_went(people, vips):
    lists.add_people(segment=vips, contact_ids=[people["anna"].pk], now=NOW)
    both = [people["anna"].pk, people["ben"].pk]
    assert lists.remove_people(segment=vips, contact_ids=both, now=NOW) == 1
    assert on(vips) == []
    assert list(SegmentChange.objects.order_by("id").values_list("entered", flat=True)) == [True, False]
    assert News.objects.count() == 2


def test_add_lines_finds_by_address_and_id_and_tells_the_unknown(people, vips):
    Contact.objects.create(external_id="anna-2", email="anna@people.example", created_at=NOW, updated_at=NOW)
    lists.add_people(segment=vips, contact_ids=[people["ben"].pk], now=NOW)
    came = lists.add_lines(segment=vips, lines=["ANNA@people.example", "ben", "nobody@x.example", "' OR 1=1"], now=NOW)
    assert came == lists.Pasted(2, 1, ["nobody@x.example", "' OR 1=1"])
    assert on(vips) == ["anna", "anna-2", "ben"]
    with pytest.raises(lists.TooManyLines):
        lists.add_lines(segment=vips, lines=[f"{n}@x.example" for n in range(10_001)], now=NOW)


def test_add_segment_takes_everybody_who_is_in_it_now(people, vips):
    germans = Segment.objects.create(
        slug="germans", name_en="G", name_de="G", condition={"attribute": "country", "is": "DE"}
    )
    refresh_segments(now=NOW, scope=Scope())
    assert lists.add_segment(segment=vips, source=germans, now=NOW) == 2
    Contact.objects.filter(external_id="anna").update(country="AT")
    refresh_segments(now=NOW, scope=Scope())
    assert (on(germans), on(vips)) == (["ben"], ["anna", "ben"])


def test_lists_refuse_a_dynamic_segment(people):
    germans = Segment.objects.create(
        slug="germans", name_en="G", name_de="G", condition={"attribute": "country", "is": "DE"}
    )
    for change in (lists.add_people, lists.remove_people):
        with pytest.raises(lists.NotAList):
            change(segment=germans, contact_ids=[people["anna"].pk], now=NOW)
    assert SegmentChange.objects.count() == 0


def test_add_lines_of_many_costs_as_many_statements_as_of_one(people, vips):
    def statements(count):
        rows = [Contact(external_id=f"{count}-{n}", created_at=NOW, updated_at=NOW) for n in range(count)]
        Contact.objects.bulk_create(rows)
        with CaptureQueriesContext(connection) as captured:
            assert lists.add_lines(segment=vips, lines=[row.external_id for row in rows], now=NOW).added == count
        return len(captured)

    assert statements(1) == statements(2_000) <= 6


def test_overlap_counts_each_side_once(people, vips):
    other = Segment.objects.create(slug="other", name_en="O", name_de="O", kind="fixed")
    ids = {name: person.pk for name, person in people.items()}
    lists.add_people(segment=vips, contact_ids=[ids["anna"], ids["ben"], ids["cem"]], now=NOW)
    lists.add_people(segment=other, contact_ids=[ids["cem"], ids["dora"]], now=NOW)
    assert queries.overlap(vips.pk, other.pk) == queries.Overlap(2, 1, 1)
    empty = Segment.objects.create(slug="empty", name_en="E", name_de="E", kind="fixed")
    assert queries.overlap(vips.pk, empty.pk) == queries.Overlap(3, 0, 0)


def test_record_sizes_writes_every_segment_and_updates_today(people, vips):
    Segment.objects.create(slug="empty", name_en="E", name_de="E", kind="fixed")
    lists.add_people(segment=vips, contact_ids=[people["anna"].pk], now=NOW)
    assert lists.record_sizes(now=NOW) == 2
    assert lists.record_sizes(now=NOW) == 0
    lists.add_people(segment=vips, contact_ids=[people["ben"].pk], now=NOW)
    assert lists.record_sizes(now=NOW + timedelta(hours=1)) == 1
    late = NOW.replace(hour=23, minute=30)  # the next day in Berlin
    lists.record_sizes(now=late)
    sizes = SegmentSize.objects.filter(segment=vips).order_by("day").values_list("day", "size")
    assert [(day.isoformat(), size) for day, size in sizes] == [("2026-11-18", 2), ("2026-11-19", 2)]
