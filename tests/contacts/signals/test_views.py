"""What a marketer does with signals: make, change, read the history, see who listens; context never acts alone."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.urls import reverse

from contacts.events.operations import NewEvent, record_events
from contacts.models import Account, Contact, EventType, Score, ScoreRule, Segment, Signal, SignalFiring, Stage
from journeys.definitions.check import check
from journeys.definitions.operations import import_journey
from orchestrator.tick import loop
from tests.contacts.segments.conftest import NOW
from tests.contacts.segments.test_views import form_of, texts

ORDERED = {"event": "order_placed", "count": {"gte": 1}, "within": "7d"}
HOTEL = {"account": "industry", "is": "hotel"}


@pytest.fixture
def page(client, db):
    EventType.objects.create(slug="order_placed", kind="transaction", name_en="Order placed", name_de="Bestellung")
    EventType.objects.create(slug="review_written", kind="transaction", name_en="Review", name_de="Bewertung")
    client.force_login(User.objects.create_user("maja"))
    with time_machine.travel(NOW, tick=False):
        yield client


def given(**more):
    found = {
        "name_en": "Ordered",
        "name_de": "Bestellt",
        "kind": "behaviour",
        "strength": "strong",
        "decay": "half_life",
    }
    found |= {
        "condition": json.dumps(ORDERED),
        "cooldown_0": "2",
        "cooldown_1": "w",
        "holds_for_0": "10",
        "holds_for_1": "d",
    }
    return found | {"goal": "Second order", "active": "on"} | more


def signal(slug, condition, kind="behaviour", **more):
    spans = {"cooldown": timedelta(days=1), "holds_for": timedelta(days=7)}
    return Signal.objects.create(
        slug=slug, name_en=slug.title(), name_de=slug, kind=kind, condition=condition, **spans | more
    )


def journey(entry, *steps, slug="j", **more):
    steps = [*steps, {"key": "end", "kind": "end", "name": {"en": "e", "de": "e"}}]
    names = {"en": slug.title(), "de": slug}
    return {"slug": slug, "name": names, "phase": "purchase", "entry": entry, "steps": steps} | more


def test_signal_new_writes_spans_and_fires(page):
    anna = Contact.objects.create(external_id="anna", created_at=NOW, updated_at=NOW)
    page.post(reverse("signal_new"), given())
    one = Signal.objects.get()
    assert (one.slug, one.cooldown, one.holds_for, one.decay) == (
        "ordered",
        timedelta(weeks=2),
        timedelta(days=10),
        "half_life",
    )
    record_events(events=[NewEvent(anna.pk, "order_placed", NOW, {"value": 12}, "m")], source="shop", now=NOW)
    loop.pulse(now=NOW)
    answer = page.get(reverse("signal", args=["ordered"]))
    html = answer.content.decode()
    assert "“Order placed” once within 7 days" in html
    assert answer.context["fired"] == (1, 1)
    assert answer.context["figure"]["data"][0]["y"][-1] == 1
    form = page.get(reverse("signal_edit", args=["ordered"])).context["form"]
    assert form.fields["cooldown"].widget.decompress(one.cooldown) == [2, "w"]
    assert "1.5 of 3 left" not in page.get(reverse("contact", args=[anna.pk])).content.decode()
    with time_machine.travel(NOW + timedelta(days=5), tick=False):
        assert "1.5 of 3 left" in page.get(reverse("contact", args=[anna.pk])).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "context"}, "condition"), ({"condition": ""}, "condition"), ({"key_event": "order_placed"}, "key_property"),
        ({"cooldown_0": "-1"}, "cooldown"), ({"holds_for_0": "1000000"}, "holds_for"), ({"holds_for_0": ""}, "holds_for"),
        ({"condition": '{"signal": "ordered", "within": "2d"}'}, "condition"), ({"holds_for_1": "y"}, "holds_for"),
        ({"condition": '{"any": [{"signal": "hotel"}, {"event": "order_placed"}]}'}, "condition"),
        ({"kind": "context", "condition": json.dumps(HOTEL), "key_event": "a", "key_property": "b"}, "key_event"),
    ],
)  # fmt: skip
def test_signal_new_with_something_wrong_names_the_field(page, wrong, field):
    signal("hotel", HOTEL, kind="context")
    answer = page.post(reverse("signal_new"), given(**wrong))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert Signal.objects.count() == 1


def test_signal_history_leafs_page_by_page(page):
    one = signal("ordered", ORDERED)
    people = Contact.objects.bulk_create(
        Contact(external_id=f"p{n}", created_at=NOW, updated_at=NOW) for n in range(30)
    )
    evidence = {"counts": {"order_placed": 2}, "properties": {"plan": "pro", "nested": {}}}
    SignalFiring.objects.bulk_create(
        SignalFiring(signal=one, contact=p, fired_at=NOW, evidence=evidence) for p in people
    )
    first = page.get(reverse("signal", args=["ordered"]))
    assert len(first.context["rows"]) == 25
    assert first.context["rows"][0]["properties"] == "plan pro"
    second = page.get(reverse("signal", args=["ordered"]), {"before": first.context["following"]})
    assert (len(second.context["rows"]), second.context["following"]) == (5, None)
    assert page.get(reverse("signal", args=["ordered"]), {"before": "9" * 30}).status_code == 200


def test_signal_edit_by_two_at_once_refuses_the_second(page):
    signal("ordered", ORDERED)
    url = reverse("signal_edit", args=["ordered"])
    fields = given() | {"loaded": form_of(page, url)["loaded"]}
    page.post(url, fields | {"goal": "One"})
    answer = page.post(url, fields | {"goal": "Two"})
    assert "linked goal: One" in answer.content.decode()
    assert Signal.objects.get().goal == "One"


def test_signal_delete_while_used_is_refused_with_the_uses(page):
    signal("ordered", ORDERED)
    import_journey(definition=journey({"signal": "ordered"}), now=NOW)
    answer = page.post(reverse("signal_delete", args=["ordered"]), follow=True)
    assert texts(answer) == ["“Ordered” is in use and cannot be taken away: journey “J”."]
    signal("unheard", ORDERED)
    page.post(reverse("signal_delete", args=["unheard"]))
    assert [one.slug for one in Signal.objects.all()] == ["ordered"]


def test_listeners_say_who_listens_how_and_mark_the_rest(page):
    anna = Contact.objects.create(external_id="anna", created_at=NOW, updated_at=NOW)
    signal("ordered", {"all": [ORDERED, {"segment": "buyers"}]})
    signal("unheard", {"event": "never_seen", "within": "7d"})
    Segment.objects.create(slug="buyers", name_en="Buyers", name_de="K", condition=ORDERED)
    Stage.objects.create(
        slug="new", name_en="New", name_de="Neu", phase="purchase", position=1, leave={"signal": "ordered"}
    )
    score = Score.objects.create(slug="fit", name_en="Fit", name_de="Fit", axis="fit")
    ScoreRule.objects.create(score=score, name_en="r", name_de="r", points=5, event={"event": "order_placed"})
    wait = {
        "key": "w",
        "kind": "wait",
        "name": {"en": "w", "de": "w"},
        "until": {"event": "review_written", "since": "entry"},
        "at_most": "3d",
    }
    hand = {"key": "h", "kind": "handover", "name": {"en": "h", "de": "h"}, "team": "t"}
    definition = journey(
        {"signal": "ordered", "when": {"segment": "buyers"}},
        wait,
        hand,
        goal={"name": {"en": "g", "de": "g"}, "when": {"signal": "ordered"}},
    )
    import_journey(definition=definition, now=NOW)
    record_events(events=[NewEvent(anna.pk, "order_placed", NOW, {}, "m")], source="shop", now=NOW)
    answer = page.get(reverse("listeners"))
    signals = {row["slug"]: row for row in answer.context["signals"]}
    events = {row["slug"]: row for row in answer.context["events"]}

    def cell(row, title):
        return [(user["name"], user["hows"]) for one in row["cells"] if one["title"] == title for user in one["users"]]

    assert cell(signals["ordered"], "Journeys") == [("J", ["entry", "goal"])]
    assert cell(signals["ordered"], "Handover") == [("J", ["entry"])]
    assert cell(signals["ordered"], "Stages") == [("New", ["leaving"])]
    assert (signals["unheard"]["unheard"], signals["ordered"]["unheard"]) == (True, False)
    assert cell(events["order_placed"], "Scores") == [("Fit", ["points"])]
    assert cell(events["order_placed"], "Segments") == [("Buyers", ["rule"])]
    assert cell(events["review_written"], "Journeys") == [("J", ["wait"])]
    assert cell(events["review_written"], "Handover") == [("J", ["wait"])]
    assert [name for name, row in events.items() if row["silent"]] == ["never_seen", "review_written"]
    assert "did not come in 30 days" in answer.content.decode()


def test_check_refuses_a_journey_that_context_alone_opens(page):
    signal("hotel", HOTEL, kind="context")
    signal("ordered", ORDERED)
    Segment.objects.create(slug="hotels", name_en="H", name_de="H", condition={"signal": "hotel"})

    def errors(entry):
        return [(p.path, p.message.split(":")[0]) for p in check(journey(entry)) if p.level == "error"]

    alone = "a context signal alone opens no journey"
    assert errors({"signal": "hotel"}) == [("entry.signal", alone)]
    assert errors({"segment": "hotels"}) == [("entry.segment", alone)]
    assert errors({"signal": "hotel", "when": HOTEL}) == [("entry.when", alone)]
    assert errors({"signal": "hotel", "when": ORDERED}) == errors({"signal": "hotel", "when": {"stage": "lead"}}) == []
    assert errors({"signal": "ordered", "when": HOTEL}) == []


def test_a_stage_driven_by_context_alone_is_refused(page):
    Account.objects.create(external_id="a", name="A", industry="hotel", created_at=NOW)
    signal("hotel", HOTEL, kind="context")
    fields = {
        "name_en": "Hot",
        "name_de": "Heiß",
        "phase": "purchase",
        "condition": '{"signal": "hotel"}',
        "leave": "",
        "goals_en": "",
        "goals_de": "",
    }
    answer = page.post(reverse("stage_new"), fields)
    assert "alone moves nobody" in answer.context["form"].errors["condition"][0]
    assert not Stage.objects.exists()


def test_account_signal_of_context_holds(page):
    """A signal without events fires as well, with an empty evidence."""
    account = Account.objects.create(external_id="a", name="A", industry="hotel", created_at=NOW)
    anna = Contact.objects.create(external_id="anna", account=account, created_at=NOW, updated_at=NOW)
    page.post(reverse("signal_new"), given(kind="context", condition=json.dumps(HOTEL), name_en="Hotel", sure="yes"))
    from contacts.models import News

    News.objects.create(contact_id=anna.pk, name="profile", since=NOW)
    loop.pulse(now=NOW)
    assert SignalFiring.objects.get().contact == anna
    assert page.get(reverse("signal", args=["hotel"])).status_code == 200
