"""The pages of versions: the dialog of publishing, approval, versions, comparison, pause, archive, the list."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from journeys.definitions.models import SavedView
from journeys.models import Enrollment, Journey, Version
from journeys.versions import operations
from tests.flows.conftest import NOW, journey, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, maja):
    client.force_login(maja)

    def ask(name, *args, post=None, query="", follow=False):
        address = reverse(name, args=args) + query
        return client.get(address) if post is None else client.post(address, post, follow=follow)

    return ask


def text(answer):
    return answer.content.decode()


def wait_longer(flight, wait="9h"):
    return flight.draft(lambda steps, d: steps["wait"].update({"for": wait}))


def test_dialog_says_what_changes_and_who_stands_where(flight, page):
    flight.put("wait", 3), flight.put("rest", 2)

    def change(steps, d):
        steps["wait"].update({"for": "9h"})
        d["steps"].remove(steps["again"])
        steps["which"]["branches"][0]["next"] = "done"
        d["priority"] = 50

    flight.draft(change)
    answer = page("journey_publish", "cart")
    rows = {row["key"]: row for row in answer.context["rows"]}
    assert {key: (row["word"], row["people"]) for key, row in rows.items()} == {
        "wait": ("changed", 3), "which": ("changed", 0), "again": ("removed", 0),
    }  # fmt: skip
    assert rows["wait"]["texts"] == ["was: waits 4 hours", "now: waits 9 hours"]
    assert any("now leads to “done” (was “again”)" in said for said in rows["which"]["texts"])
    assert (answer.context["unchanged"], answer.context["people"]) == (2, 5)
    assert [row["name"] for row in answer.context["frame"]] == ["Priority"]
    chosen = {key: [o["value"] for o in row["options"] if o["chosen"]] for key, row in rows.items()}
    assert chosen == {"wait": ["move"], "which": ["move"], "again": ["finish"]}


def test_dialog_publishes_with_the_plan_and_says_what_it_did(flight, page, maja):
    (run,) = flight.put("wait")
    draft = wait_longer(flight)
    post = {
        "revision": draft.revision,
        "live": flight.version.pk,
        "do-wait": "again",
        "unchanged": "move",
        "note": "More time",
    }
    answer = page("journey_publish", "cart", post=post, follow=True)
    assert "Version 2 is live." in text(answer)
    assert "1 went on in it with a new time" in text(answer)
    run.refresh_from_db()
    assert run.due_at == NOW + timedelta(hours=9)
    draft.refresh_from_db()
    assert (draft.published_by, draft.note) == (maja, "More time")
    assert "More time" in text(page("journey_versions", "cart"))


def test_dialog_moves_to_another_step(flight, page):
    flight.put("wait")
    wait_longer(flight)
    page("journey_publish", "cart", post={"do-wait": "to:done"})
    assert flight.where() == {(2, "done"): 1}


def test_94_publish_twice_gets_a_clear_message(flight, page):
    draft = wait_longer(flight)
    post = {"revision": draft.revision, "live": flight.version.pk}
    page("journey_publish", "cart", post=post)
    assert "no draft" in text(page("journey_publish", "cart", post=post, follow=True))


def test_95_publish_of_a_draft_that_somebody_changed_meanwhile_gets_a_clear_message(flight, page):
    draft = wait_longer(flight)
    wait_longer(flight, "7h")
    post = {"revision": draft.revision, "live": flight.version.pk}
    answer = page("journey_publish", "cart", post=post, follow=True)
    assert "has changed since" in text(answer)
    assert Version.objects.get(pk=draft.pk).published_at is None


@pytest.mark.parametrize(
    "post",
    [
        {"do-wait": "to:nowhere"},
        {"do-wait": "\0"},
        {"unchanged": "x"},
        {"revision": "9" * 400},
        {"live": "9" * 400, "revision": "1"},
        {"do-wait": ["move", "leave"], "older": ""},
    ],
)
def test_publish_with_what_nobody_can_mean_is_no_server_error(flight, page, post):
    wait_longer(flight)
    assert page("journey_publish", "cart", post=post).status_code == 302


def test_errors_stop_publishing_and_lead_to_the_place(flight, page):
    flight.draft(lambda steps, d: steps["mail"].update(block="lost"))
    answer = page("journey_publish", "cart")
    assert [hint.step_key for hint in answer.context["errors"]] == ["mail"]
    assert 'type="submit">Publish' not in text(answer)
    page("journey_publish", "cart", post={})
    assert Journey.objects.get().live_version.number == 1


def test_dialog_shows_a_draft_that_is_not_complete(flight, page):
    flight.draft(lambda steps, d: d["steps"].insert(0, {"key": "new", "kind": "send", "name": {"en": "n", "de": "n"}}))
    answer = page("journey_publish", "cart")
    assert answer.status_code == 200
    assert answer.context["errors"]


def test_many_people_need_a_second_person(flight, page, client, otto, settings):
    settings.PUBLISH_ALONE_UP_TO = 1
    flight.put("wait", 2)
    wait_longer(flight)
    assert "second person" in text(page("journey_publish", "cart", post={}, follow=True))
    page("journey_publish", "cart", post={"ask": "yes", "do-wait": "again", "note": "please"})
    mine = text(page("journey_publish", "cart"))
    assert "Maja Lindner asked on" in mine
    assert "Approve and publish" not in mine
    assert "waits for approval" in text(page("journeys"))
    assert "Somebody else than who asked" in text(page("journey_approve", "cart", post={}, follow=True))
    client.force_login(otto)
    assert "Approve and publish" in text(page("journey_publish", "cart"))
    assert "Version 2 is live" in text(page("journey_approve", "cart", post={}, follow=True))
    assert set(Enrollment.objects.values_list("due_at", flat=True)) == {NOW + timedelta(hours=9)}


def test_send_back_keeps_the_draft(flight, page):
    wait_longer(flight)
    page("journey_publish", "cart", post={"ask": "yes"})
    page("journey_send_back", "cart", post={})
    draft = Version.objects.get(published_at=None)
    assert (draft.requested_at, draft.requested_by) == (None, None)


def test_versions_list_counts_each_version_and_compare_shows_both(flight, page):
    flight.put("wait", 2)
    draft = wait_longer(flight)
    operations.publish(version=draft, plan={"unchanged": "finish", "steps": {"wait": "finish"}}, by=None, now=NOW)
    flight.put("wait", 3, version=draft)
    rows = page("journey_versions", "cart").context["rows"]
    assert [(row["version"].number, row["numbers"].here, row["numbers"].entered) for row in rows] == [
        (2, 3, 3),
        (1, 2, 2),
    ]
    answer = page("journey_compare", "cart", query="?a=1&b=2")
    row = next(row for row in answer.context["rows"] if row["key"] == "wait")
    assert [side["arrived"] for side in row["sides"]] == [2, 3]
    assert row["word"] == "changed"
    assert page("journey_compare", "cart").status_code == 200
    for query in ("?a=9", "?b=x", "?a=-1", "?a=" + "9" * 400):
        assert page("journey_compare", "cart", query=query).status_code == 404


def test_roll_back_opens_the_dialog(flight, page):
    operations.publish(version=wait_longer(flight), plan={}, by=None, now=NOW)
    answer = page("journey_roll_back", "cart", post={"version": "1", "publish": "yes"})
    assert answer.url == reverse("journey_publish", args=["cart"])
    assert Version.objects.get(published_at=None).definition == flight.version.definition
    assert page("journey_roll_back", "cart", post={"version": "x"}).status_code == 404


def test_pause_dialog_holds_or_lets_run_out_with_a_deadline(flight, page):
    assert page("journey_pause", "cart").status_code == 200
    late = page("journey_pause", "cart", post={"mode": "hold", "until": "2001-01-01T10:00"})
    assert "over already" in text(late)
    page("journey_pause", "cart", post={"mode": "run_out", "until": "2099-01-01T10:00", "archive": "yes"})
    flight.journey.refresh_from_db()
    assert (flight.journey.state, flight.journey.archive_when_empty) == ("ending", True)
    assert flight.journey.pause_until.isoformat() == "2099-01-01T09:00:00+00:00"
    page("journey_resume", "cart", post={})
    page("journey_pause", "cart", post={})
    flight.journey.refresh_from_db()
    assert flight.journey.state == "paused"


def test_archive_dialog_asks_about_the_people(flight, page):
    flight.put("rest")
    assert "is in it now" in text(page("journey_archive", "cart"))
    assert "say what happens" in text(page("journey_archive", "cart", post={}, follow=True))
    page("journey_archive", "cart", post={"people": "run_out"})
    flight.journey.refresh_from_db()
    assert (flight.journey.state, flight.journey.archive_when_empty) == ("ending", True)
    page("journey_archive", "cart", post={"people": "stop"})
    flight.journey.refresh_from_db()
    assert flight.journey.state == "archived"
    page("journey_unarchive", "cart", post={})
    flight.journey.refresh_from_db()
    assert flight.journey.state == "draft"


def test_list_filters_and_several_are_paused_or_archived_at_once(flight, page):
    from tests.journeys.versions.conftest import Flight

    other = Flight("other", phase="retention")
    other.put("rest")
    ids = {"journey": [flight.journey.pk, other.journey.pk]}

    def shown(query):
        return [row["journey"].slug for row in page("journeys", query=query).context["rows"]]

    assert shown("?phase=retention") == ["other"]
    assert shown("?q=oth") == ["other"]
    assert shown("?entry=signal") == ["cart", "other"]
    assert shown("?entry=api") == []
    assert shown("?state=nonsense&phase=\0") == ["cart", "other"]
    page("journeys_change", post={**ids, "pause": "yes"})
    assert set(Journey.objects.values_list("state", flat=True)) == {"paused"}
    page("journeys_change", post={**ids, "resume": "yes"})
    answer = page("journeys_change", post={**ids, "archive": "yes"}, follow=True)
    assert "people in it" in text(answer)
    assert shown("") == ["other"]
    assert shown("?state=archived") == ["cart"]
    assert page("journeys_change", post={"journey": ["x", "9" * 400], "pause": "yes"}).status_code == 302


def test_views_are_kept_per_person_and_forgotten(flight, page, maja, client, otto):
    page("journeys_views", post={"name": "Mine", "phase": "purchase", "state": "live", "nonsense": "x"})
    assert SavedView.objects.get().query == "state=live&phase=purchase"
    assert "Mine" in text(page("journeys"))
    client.force_login(otto)
    assert "Mine" not in text(page("journeys"))
    client.force_login(maja)
    page("journeys_views", post={"name": "Mine", "drop": "yes"})
    assert not SavedView.objects.exists()


def test_priority_and_copy(flight, page):
    page("journey_priority", "cart", post={"priority": "88"})
    for wrong in ("", "-1", "1001", "x", "9" * 400):
        page("journey_priority", "cart", post={"priority": wrong})
    flight.journey.refresh_from_db()
    assert flight.journey.priority == 88
    assert page("journey_duplicate", "cart", post={}).url == reverse("journey_edit", args=["cart-2"])


def test_list_asks_as_often_for_many_journeys_as_for_few(flight, page, django_assert_max_num_queries):
    from tests.journeys.versions.conftest import Flight

    for n in range(5):
        Flight(f"more-{n}")
    with django_assert_max_num_queries(13):
        page("journeys")


def test_contacts_are_filtered_by_step_version_arm_and_reason(flight, page):
    flight.put("wait", 2), flight.put("rest", 1)
    draft = wait_longer(flight)
    operations.publish(version=draft, plan={"unchanged": "finish"}, by=None, now=NOW)

    def count(query):
        return len(page("journey_contacts", "cart", query=query).context["rows"])

    assert [count(q) for q in ("", "?step=wait", "?version=1", "?version=2&step=rest", "?arm=b")] == [3, 2, 1, 0, 0]
    operations.archive(journey=flight.journey, now=NOW, stop=True)
    assert [count(q) for q in ("", "?state=left", "?state=stopped", "?state=goal", "?version=x&page=9")] == [
        0,
        3,
        3,
        0,
        0,
    ]


def test_today_shows_what_waits_for_approval(flight, page):
    wait_longer(flight)
    page("journey_publish", "cart", post={"ask": "yes"})
    said = text(page("today"))
    assert "Maja Lindner asks to publish version 2" in said
    assert reverse("journey_publish", args=["cart"]) in said


def test_contacts_tab_takes_a_person_out(flight, page):
    (run,) = flight.put("rest")
    assert reverse("journey_people", args=["cart"]) in text(page("journey_contacts", "cart"))
    page("journey_take_out", "cart", post={"people": str(run.contact_id), "key": ""})
    run.refresh_from_db()
    assert run.reason == "stopped"


def test_findings_lead_to_the_place_in_the_editor(flight, page, client):
    flight.draft(lambda steps, d: (steps["mail"].update(block="lost"), d.pop("goal", None)))
    answer = page("journey_publish", "cart")
    edit = reverse("journey_edit", args=["cart"])
    assert f'href="{edit}?step=mail"' in text(answer)
    places = {hint.place for hint in answer.context["hints"] if not hint.step_key}
    for place in places:
        assert client.get(f"{edit}?part={place}").status_code == 200


def test_dialog_says_what_changes_around_the_steps(flight, page):
    def change(steps, d):
        d["entry"] |= {"reentry": "never", "limits": {"day": 500}}
        d["goal"] = {"name": {"en": "Ordered", "de": "Bestellt"}, "when": {"event": "order_placed", "since": "entry"}}
        d["exit"] = [{"event": "order_placed"}]
        d["kpis"] = [{"name": {"en": "Share", "de": "Anteil"}, "measure": "goal_share", "target": 0.2}]
        d |= {"max_age": "30d", "description": {"en": "Why", "de": "Warum"}}

    flight.draft(change)
    rows = {row["name"]: (row["was"], row["now"]) for row in page("journey_publish", "cart").context["frame"]}
    assert set(rows) == {"Who enters", "Goal", "Leaves when", "Key figures", "Longest stay", "Description"}
    assert rows["Goal"][0] == "no goal"
    assert "Ordered" in rows["Goal"][1]
    assert rows["Longest stay"] == ("not set", "30d")
    assert all(was != now for was, now in rows.values())


@pytest.mark.parametrize(
    ("measure", "target", "said"),
    [("entered", 2, "0 / 2"), ("sent", 5, "0 / 5"), ("click_share", 0.2, "– / 20 %"), ("handovers_accepted_share", 0.5, "– / 50 %")],
)  # fmt: skip
def test_list_shows_the_core_figure_against_its_target(flight, page, measure, target, said):
    kpi = {"name": names("Core"), "measure": measure, "target": target}
    journey("core", [{"key": "done", "kind": "end"}], kpis=[kpi])
    html = re.sub(r"<[^>]+>", "", page("journeys").content.decode())
    assert f"Core: {said}" in html.replace("\xa0", " ")
