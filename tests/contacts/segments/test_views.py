"""What a marketer does with segments: make, change, two at once, circles, delete, lists."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from contacts.models import Contact, News, Segment, SegmentMember, SegmentSize, Signal, Stage
from orchestrator.tick import loop
from tests.contacts.segments.conftest import NOW

GERMAN = {"attribute": "country", "is": "DE"}


@pytest.fixture
def page(marketer):
    with time_machine.travel(NOW, tick=False):
        yield marketer


def given(**more):
    found = {
        "name_en": "Germans",
        "name_de": "Deutsche",
        "kind": "dynamic",
        "condition": json.dumps(GERMAN),
        "active": "on",
    }
    return found | more


def segment(slug, condition=GERMAN, **more):
    return Segment.objects.create(slug=slug, name_en=slug.title(), name_de=slug, condition=condition, **more)


def texts(answer):
    return [str(message) for message in answer.context["messages"]]


def form_of(client, url):
    """The fields of a form as a browser would send them back."""
    form = client.get(url).context["form"]
    fields = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    return {name: json.dumps(value) if name in ("condition", "loaded", "leave") and not isinstance(value, str) else value
            for name, value in fields.items()}  # fmt: skip


def test_segment_new_makes_the_short_name_and_is_computed_by_the_next_tick(page, people):
    answer = page.post(reverse("segment_new"), given(name_en="Grüße nach Köln"), follow=True)
    one = Segment.objects.get()
    assert (one.slug, one.condition, one.refreshed_at) == ("gruesse-nach-koeln", GERMAN, None)
    assert "being computed" in answer.content.decode()
    loop.beat(now=NOW + timedelta(seconds=5))
    html = page.get(reverse("segment", args=[one.slug])).content.decode()
    assert "being computed" not in html
    assert SegmentMember.objects.filter(segment=one).count() == 2
    assert "country is DE" in html.replace("“", "").replace("”", "")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"condition": ""}, "condition"), ({"condition": '{"all": []}'}, "condition"), ({"condition": "{"}, "condition"),
        ({"name_en": ""}, "name_en"), ({"slug": "a b"}, "slug"), ({"slug": "taken"}, "slug"), ({"kind": "x"}, "kind"),
        ({"condition": '{"segment": "germans"}'}, "condition"), ({"name_en": "日本"}, "slug"),
    ],
)  # fmt: skip
def test_segment_new_with_something_wrong_names_the_field(page, wrong, field):
    segment("taken")
    answer = page.post(reverse("segment_new"), given(**wrong))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert Segment.objects.count() == 1


def test_segment_new_that_holds_for_everybody_is_confirmed_first(page, people):
    everybody = given(condition='{"attribute": "created_at", "is_set": true}')
    answer = page.post(reverse("segment_new"), everybody)
    assert "This rule holds for everybody: 4 people." in answer.content.decode()
    assert not Segment.objects.exists()
    page.post(reverse("segment_new"), everybody | {"sure": "yes"})
    assert Segment.objects.count() == 1


def test_segment_new_with_unknown_names_is_saved_with_a_warning(page, people):
    answer = page.post(reverse("segment_new"), given(condition='{"event": "order_place", "within": "7d"}'), follow=True)
    assert Segment.objects.count() == 1
    assert any("order_place" in text for text in texts(answer))


def test_segment_edit_of_a_condition_computes_it_anew_and_keeps_the_short_name(page, people):
    one = segment("germans")
    loop.beat(now=NOW)
    url = reverse("segment_edit", args=["germans"])
    page.post(url, form_of(page, url) | {"description": "for the fair", "slug": "other"})
    one.refresh_from_db()
    assert (one.slug, one.description, one.refreshed_at) == ("germans", "for the fair", NOW)
    page.post(url, form_of(page, url) | {"condition": '{"attribute": "country", "is": "AT"}'})
    one.refresh_from_db()
    assert one.refreshed_at is None
    loop.beat(now=NOW + timedelta(seconds=5))
    assert [member.contact.external_id for member in SegmentMember.objects.all()] == ["cem"]


def test_segment_edit_by_two_at_once_refuses_the_second_and_says_what_changed(page, people):
    segment("germans")
    url = reverse("segment_edit", args=["germans"])
    first, second = form_of(page, url), form_of(page, url)
    page.post(url, first | {"condition": '{"attribute": "country", "is": "AT"}', "description": "Maja"})
    answer = page.post(url, second | {"name_en": "Of mine"})
    html = answer.content.decode()
    assert "Somebody else has saved this meanwhile." in html
    assert "condition: country is AT" in html.replace("“", "").replace("”", "")
    assert "description: Maja" in html
    one = Segment.objects.get()
    assert (one.name_en, one.condition["is"]) == ("Germans", "AT")
    again = {field.html_name: field.value() for field in answer.context["form"] if field.value() not in (None, False)}
    page.post(url, again)
    one.refresh_from_db()
    assert (one.name_en, one.condition["is"], one.description) == ("Of mine", "DE", "")


def test_segment_edit_that_closes_a_circle_is_refused_with_the_way(page, people):
    segment("a", {"segment": "b"})
    segment("b", {"all": [{"segment": "c"}, GERMAN]})
    segment("c")
    url = reverse("segment_edit", args=["c"])
    answer = page.post(url, form_of(page, url) | {"condition": '{"not": {"segment": "a"}}'})
    assert "c -> a -> b -> c" in answer.context["form"].errors["condition"][0]
    answer = page.post(url, form_of(page, url) | {"condition": '{"segment": "c"}'})
    assert "c -> c" in answer.context["form"].errors["condition"][0]
    Signal.objects.create(
        slug="s", kind="behaviour", name_en="S", name_de="S", condition={"segment": "c"}, cooldown=timedelta(1), holds_for=timedelta(1)
    )  # fmt: skip
    answer = page.post(url, form_of(page, url) | {"condition": '{"signal": "s"}'})
    assert "segment c -> signal s -> segment c" in answer.context["form"].errors["condition"][0]


def test_segment_delete_while_used_is_refused_with_the_uses(page, people):
    one = segment("germans")
    Stage.objects.create(
        slug="lead", name_en="Lead", name_de="Lead", phase="awareness", position=1, condition={"segment": "germans"}
    )
    segment("others", {"not": {"segment": "germans"}})
    answer = page.post(reverse("segment_delete", args=["germans"]), follow=True)
    assert texts(answer) == ["“Germans” is in use and cannot be taken away: segment “Others”, stage “Lead”."]
    assert Segment.objects.filter(pk=one.pk).exists()
    fields = form_of(page, reverse("segment_edit", args=["germans"]))
    answer = page.post(reverse("segment_edit", args=["germans"]), {k: v for k, v in fields.items() if k != "active"})
    assert "stage “Lead”" in answer.context["form"].errors["active"][0]
    one.refresh_from_db()
    assert one.active
    page.post(reverse("segment_delete", args=["others"]))
    Stage.objects.all().delete()
    page.post(reverse("segment_delete", args=["germans"]))
    assert not Segment.objects.exists()


def test_segment_page_shows_size_changes_overlap_and_users(page, people):
    segment("germans")
    segment("austrians", {"attribute": "country", "is": "AT"})
    loop.beat(now=NOW - timedelta(days=1))
    Contact.objects.filter(external_id="ben").update(country="AT")
    News.objects.create(contact_id=people["ben"].pk, name="profile", since=NOW)
    loop.pulse(now=NOW)
    SegmentSize.objects.create(segment=Segment.objects.get(slug="germans"), day=NOW.date() - timedelta(days=1), size=2)
    answer = page.get(reverse("segment", args=["germans"]), {"with": "austrians"})
    context = answer.context
    assert (context["size"], context["came"], context["went"]) == (1, 2, 1)
    assert context["figure"]["data"][0]["y"] == [2, 1]
    assert [row["n"] for row in context["overlap"]["rows"]] == [1, 0, 2]
    assert (context["changes"][0].contact.external_id, context["changes"][0].entered) == ("ben", False)
    assert page.get(reverse("segment", args=["none"])).status_code == 404


def test_segment_people_of_a_list_come_and_go(page, people):
    page.post(reverse("segment_new"), given(kind="fixed", condition="", name_en="Fair"))
    url = reverse("segment_people", args=["fair"])
    html = page.get(reverse("segment", args=["fair"]), {"q": "anna"}).content.decode()
    assert "anna@people.example" in html
    page.post(url, {"contact": [str(people["anna"].pk), "x"], "add": "yes"})
    answer = page.post(url, {"lines": "ben\nzoe@x.example, cem"})
    assert "1 line belongs to nobody" in answer.content.decode()
    assert "zoe@x.example" in answer.content.decode()
    assert SegmentMember.objects.count() == 3
    page.post(url, {"contact": [str(people["anna"].pk)], "remove": "yes"})
    segment("swiss", {"attribute": "country", "is": "CH"})
    loop.beat(now=NOW)
    answer = page.post(url, {"source": "swiss"}, follow=True)
    assert texts(answer)[-1] == "1 person was added."
    fair = SegmentMember.objects.filter(segment__slug="fair")
    assert sorted(fair.values_list("contact__external_id", flat=True)) == ["ben", "cem", "dora"]
    answer = page.post(reverse("segment_people", args=["swiss"]), {"contact": [str(people["ben"].pk)]}, follow=True)
    assert "no fixed list" in texts(answer)[0]
    assert page.post(url, {"source": "none"}).status_code == 404
    answer = page.post(url, {"lines": "\n".join(f"x{n}" for n in range(10_001))})
    assert "At most 10,000 lines" in answer.content.decode()


def test_segment_list_opens_a_journey_by_hand(page, people, django_capture_on_commit_callbacks):
    """Whoever is put on a list is seen by journeys like somebody whom a condition brought in."""
    from journeys.definitions.operations import import_journey
    from journeys.models import Enrollment

    fair = segment("fair", None, kind="fixed")
    steps = [
        {"key": "wait", "kind": "wait", "for": "1d", "name": {"en": "w", "de": "w"}},
        {"key": "end", "kind": "end", "name": {"en": "e", "de": "e"}},
    ]
    definition = {
        "slug": "j",
        "name": {"en": "Fair", "de": "Messe"},
        "phase": "purchase",
        "entry": {"segment": "fair"},
        "steps": steps,
    }
    definition |= {"exit": [{"when": {"not": {"segment": "fair"}}}]}
    import_journey(definition=definition, now=NOW)
    page.post(reverse("segment_people", args=["fair"]), {"contact": [str(people["anna"].pk)], "add": "yes"})
    loop.pulse(now=NOW)
    assert Enrollment.objects.get().contact == people["anna"]
    html = page.get(reverse("segment", args=["fair"])).content.decode()
    assert "entry, exit" in html
    answer = page.post(reverse("segment_delete", args=["fair"]), follow=True)
    assert "journey “Fair”" in texts(answer)[0]
    page.post(reverse("segment_people", args=["fair"]), {"contact": [str(people["anna"].pk)], "remove": "yes"})
    loop.pulse(now=NOW)
    assert Enrollment.objects.get().left_at == NOW
    assert Segment.objects.filter(pk=fair.pk).exists()
