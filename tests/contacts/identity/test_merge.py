"""Two people become one with every row that either had, and two again."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from contacts.identity.models import Identifier, Merge, MergedRow, MergeProposal
from contacts.identity.operations import (
    CannotUndo,
    SamePerson,
    UnknownContact,
    forget_merged,
    hold_people,
    merge_contacts,
    merge_due,
    reroute,
    resolve_people,
    undo_merge,
)
from contacts.identity.registry import How, MissingReason, Mover, movers, register_mover
from contacts.identity.rules import Seen
from contacts.models import Account, Contact, Event, Handover, HandoverLog, News, Stage
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.models import Enrollment, Touch, Transition
from orchestrator.models import Verdict
from tests.contacts.identity.made import DAY, NOT_MOVED, NOW, everything, orphans, person, rows_about, rules, run

LATER = NOW + timedelta(hours=1)


def merge(survivor, loser, now=NOW):
    return merge_contacts(survivor_id=survivor.pk, loser_id=loser.pk, why="same phone", by="mia", now=now)


@pytest.fixture
def anna(db):
    rules()
    return person("u1", email="anna@people.example", first_name="Anna")


@pytest.fixture
def twin(anna):
    return person(
        "u2",
        email="a.berg@people.example",
        phone="+49301234567",
        last_name="Berg",
        country="AT",
        time_zone="Europe/Vienna",
    )


def test_every_table_about_people_says_what_a_merge_does():
    said = {(mover.table, mover.column) for mover in movers()}
    missing = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            about = field.name == "contact_id" or (
                isinstance(field, models.ForeignKey) and field.related_model is Contact
            )
            if about and (model._meta.db_table, field.column) not in said:
                missing.append((model._meta.db_table, field.column))
    assert missing == []
    tables = {model._meta.db_table for model in apps.get_models()}
    assert {mover.table for mover in movers()} <= tables


def test_register_mover_without_a_reason_is_refused():
    with pytest.raises(MissingReason):
        register_mover(Mover("contacts_other", how=How.KEPT))


def test_merge_contacts_moves_every_row_and_leaves_none_behind(anna, twin):
    everything(anna, person("u3"))
    everything(twin, person("u4"))
    before = rows_about(anna.pk, twin.pk, without=NOT_MOVED)
    done = merge(anna, twin)
    assert not Contact.objects.filter(pk=twin.pk).exists()
    left = rows_about(twin.pk, without=NOT_MOVED)
    assert {table: rows for table, rows in left.items() if rows} == {}
    after = rows_about(anna.pk, without=NOT_MOVED)
    less = {
        ("contacts_apartvalue", "contact_id"),
        ("contacts_scorevalue", "contact_id"),
        ("contacts_segmentmember", "contact_id"),
        ("consent_state", "contact_id"),
    }
    for table, rows in before.items():
        # the end of the second run; user id and e-mail address of the loser
        more = {("journeys_transition", "contact_id"): 1, ("contacts_identifier", "contact_id"): 2}.get(table, 0)
        proposals = table[0] == "contacts_mergeproposal"
        if not proposals and table != ("contacts_merge", "survivor_id"):
            assert len(after[table]) == len(rows) / (2 if table in less else 1) + more, table
    assert (done.survivor_id, done.loser_id, done.why, done.by, done.at) == (anna.pk, twin.pk, "same phone", "mia", NOW)
    assert orphans() == {}
    assert News.objects.filter(contact_id=anna.pk, name="profile").exists()


def test_undo_merge_brings_every_row_back(anna, twin):
    everything(anna, person("u3"))
    everything(twin, person("u4"))
    without = {"contacts_news", "contacts_merge", "contacts_mergeproposal"}
    before = rows_about(anna.pk, twin.pk, without=without)
    people = list(Contact.objects.order_by("id").values())
    logs = HandoverLog.objects.count()
    done = merge(anna, twin)
    undo_merge(merge_id=done.pk, by="mia", now=LATER)
    assert rows_about(anna.pk, twin.pk, without=without) == before
    again = list(Contact.objects.order_by("id").values())
    for row in [*people, *again]:
        row.pop("updated_at")
    assert again == people
    assert HandoverLog.objects.count() == logs
    assert not MergedRow.objects.exists()
    assert Identifier.objects.count() == 2
    pair = MergeProposal.objects.get(first_id=anna.pk, second_id=twin.pk)
    assert (pair.state, pair.decided_by) == ("refused", "mia")
    assert orphans() == {}
    done.refresh_from_db()
    assert (done.undone_at, done.undone_by, done.loser) == (LATER, "mia", {})


def test_merge_contacts_survivors_values_win_and_empty_ones_are_filled(anna, twin):
    stage = Stage.objects.get()
    Contact.objects.filter(pk=anna.pk).update(
        attributes={"tier": "gold", "size": 1, "old": 1},
        attributes_at={"tier": "2026-05-01T00:00:00+00:00", "size": "2026-05-03T00:00:00+00:00"},
    )
    Contact.objects.filter(pk=twin.pk).update(
        attributes={"tier": "silver", "size": 2, "old": 2, "new": True},
        attributes_at={"tier": "2026-05-02T02:00:00+02:00", "size": "2026-05-02T00:00:00+00:00"},
        stage=stage,
        stage_since=NOW,
        created_at=NOW - 9 * DAY,
    )
    merge(anna, twin)
    one = Contact.objects.get()
    assert (one.external_id, one.email, one.phone) == ("u1", "anna@people.example", "+49301234567")
    assert (one.first_name, one.last_name, one.country, one.time_zone) == ("Anna", "", "AT", "Europe/Vienna")
    assert one.attributes == {"tier": "silver", "size": 1, "old": 1, "new": True}
    assert one.attributes_at == {"tier": "2026-05-02T02:00:00+02:00", "size": "2026-05-03T00:00:00+00:00"}
    assert (one.stage, one.stage_since, one.created_at) == (stage, NOW, NOW - 9 * DAY)
    assert set(Identifier.objects.values_list("kind", "value", "contact_id")) == {
        ("user", "u2", one.pk),
        ("email", "a.berg@people.example", one.pk),
    }


def test_undo_merge_leaves_what_changed_since(anna, twin):
    Contact.objects.filter(pk=twin.pk).update(attributes={"tier": "silver", "shoe": 41})
    done = merge(anna, twin)
    Contact.objects.filter(pk=anna.pk).update(
        phone="+4940999999", attributes={"tier": "platinum", "shoe": 41, "hat": 7}
    )
    undo_merge(merge_id=done.pk, by="mia", now=LATER)
    anna.refresh_from_db()
    twin.refresh_from_db()
    assert (anna.phone, anna.country, anna.time_zone) == ("+4940999999", "", "Europe/Berlin")
    assert anna.attributes == {"tier": "platinum", "hat": 7}
    assert (twin.external_id, twin.phone, twin.attributes) == ("u2", "+49301234567", {"tier": "silver", "shoe": 41})


def test_names_of_the_loser_lead_to_the_survivor_and_change_none_of_its_own(anna, twin):
    merge(anna, twin)
    found = upsert_contacts(
        people=[
            NewContact("u2", "a.berg@people.example", job_title="Buyer"),
            NewContact(email="A.Berg@people.example"),
            NewContact("u2", "new@people.example", phone="+49401111111"),
        ],
        now=LATER,
        source="shop",
    )
    assert set(found) == {anna.pk}
    assert (
        resolve_people(people=[Seen("u2"), Seen(email="a.berg@people.example")], now=LATER, source="shop", trusted=True)
        == [anna.pk] * 2
    )
    one = Contact.objects.get()
    assert (one.external_id, one.email, one.phone, one.job_title) == (
        "u1",
        "anna@people.example",
        "+49301234567",
        "Buyer",
    )
    assert upsert_contacts(people=[NewContact(contact_id=twin.pk, job_title="Boss")], now=LATER, source="s") == [
        anna.pk
    ]


def test_upsert_contacts_main_user_id_may_take_a_former_address(anna, twin):
    merge(anna, twin)
    upsert_contacts(people=[NewContact("u1", "a.berg@people.example")], now=LATER, source="shop")
    assert Contact.objects.get().email == "a.berg@people.example"


def test_merge_contacts_both_in_one_journey_leaves_the_losers_run(anna, twin):
    mine, other = run(anna), run(twin)
    elsewhere = run(twin, "winback")
    merge(anna, twin)
    states = {e.pk: (e.contact_id, e.left_at, e.reason, e.seq) for e in Enrollment.objects.all()}
    assert states == {
        mine.pk: (anna.pk, None, "", 1),
        other.pk: (anna.pk, NOW, "merged", 2),
        elsewhere.pk: (anna.pk, None, "", 1),
    }
    end = Transition.objects.get(enrollment=other, seq=2)
    assert (end.contact_id, end.reason, end.from_step.key, end.to_step, end.at) == (
        anna.pk,
        "merged",
        "rest",
        None,
        NOW,
    )


def test_merge_contacts_runs_with_other_keys_go_on(anna, twin):
    run(anna, key="cart-1")
    run(twin, key="cart-2")
    merge(anna, twin)
    assert Enrollment.objects.filter(contact=anna, left_at=None).count() == 2


@pytest.mark.parametrize(
    ("mine", "theirs", "after"),
    [
        ("sent", "approved", ("sent", "suppressed")),
        ("held", "sent", ("suppressed", "sent")),
        ("proposed", "held", ("proposed", "suppressed")),
        ("held", "approved", ("suppressed", "approved")),
        ("approved", "sending", ("suppressed", "sending")),
        ("unknown", "proposed", ("unknown", "suppressed")),
        ("sent", "sent", ("sent", "sent")),
        ("suppressed", "held", ("suppressed", "held")),
    ],
)
def test_merge_contacts_message_that_both_were_about_to_get_goes_out_once(anna, twin, mine, theirs, after):
    runs = run(anna, state=mine), run(twin, state=theirs)
    before = [Touch.objects.values().get(enrollment=one) for one in runs]
    done = merge(anna, twin)
    touches = [Touch.objects.get(enrollment=one) for one in runs]
    assert tuple(touch.state for touch in touches) == after
    for touch, was in zip(touches, before, strict=True):
        if touch.state != was["state"]:
            assert touch.reason == "sent_before_merge"
            verdict = Verdict.objects.filter(touch=touch).latest("id")
            assert (verdict.contact_id, verdict.outcome, verdict.reason) == (anna.pk, "suppressed", "sent_before_merge")
    undo_merge(merge_id=done.pk, by="mia", now=LATER)
    assert [Touch.objects.values().get(enrollment=one) for one in runs] == before


def test_merge_contacts_runs_that_followed_each_other_are_two_reasons_to_write(anna, twin):
    run(twin, left=NOW - 2 * DAY)
    Enrollment.objects.update(entered_at=NOW - 5 * DAY)
    later = run(anna, state="held")
    merge(anna, twin)
    assert Touch.objects.get(enrollment=later).state == "held"


@pytest.mark.parametrize(
    ("mine", "theirs", "after"),
    [
        ("waiting", "waiting", ("waiting", "recycled")),
        ("waiting", "accepted", ("recycled", "accepted")),
        ("won", "waiting", ("won", "waiting")),
    ],
)
def test_merge_contacts_one_conversation_with_sales_goes_on(anna, twin, mine, theirs, after):
    both = [
        Handover.objects.create(contact=contact, team="inside", state=state, created_at=NOW, due_at=NOW + DAY)
        for contact, state in ((anna, mine), (twin, theirs))
    ]
    done = merge(anna, twin)
    assert tuple(Handover.objects.get(pk=one.pk).state for one in both) == after
    assert {one.contact_id for one in Handover.objects.all()} == {anna.pk}
    assert HandoverLog.objects.filter(reason="merged").count() == (1 if "recycled" in after else 0)
    undo_merge(merge_id=done.pk, by="mia", now=LATER)
    assert [Handover.objects.get(pk=one.pk).state for one in both] == [mine, theirs]
    assert not HandoverLog.objects.exists()


def test_merge_contacts_who_was_merged_already_stands_for_the_survivor(anna, twin):
    third = person("u3")
    first = merge(anna, twin)
    assert merge(anna, twin) == first
    assert merge(twin, anna) == first
    second = merge(third, twin)
    assert (second.survivor_id, second.loser_id) == (third.pk, anna.pk)
    assert Contact.objects.get() == third
    assert Merge.objects.get(pk=first.pk).survivor_id == third.pk
    assert hold_people(contact_ids=[anna.pk, twin.pk, third.pk, 10**9]) == dict.fromkeys(
        (anna.pk, twin.pk, third.pk), third.pk
    )


def test_undo_merge_in_the_order_of_the_merges(anna, twin):
    third = person("u3", email="third@people.example")
    run(twin)
    first = merge(anna, twin)
    second = merge(third, anna)
    with pytest.raises(CannotUndo, match="newer"):
        undo_merge(merge_id=first.pk, by="mia", now=LATER)
    undo_merge(merge_id=second.pk, by="mia", now=LATER)
    assert Enrollment.objects.get().contact_id == anna.pk
    undo_merge(merge_id=first.pk, by="mia", now=LATER)
    assert Enrollment.objects.get().contact_id == twin.pk
    assert set(Contact.objects.values_list("external_id", "email")) == {
        ("u1", "anna@people.example"),
        ("u2", "a.berg@people.example"),
        ("u3", "third@people.example"),
    }
    assert not Identifier.objects.exists()


def test_undo_merge_too_late_or_twice_is_refused(anna, twin):
    done = merge(anna, twin)
    with pytest.raises(CannotUndo, match="too_late"):
        undo_merge(merge_id=done.pk, by="mia", now=NOW + 30 * DAY)
    undo_merge(merge_id=done.pk, by="mia", now=NOW + 30 * DAY - timedelta(seconds=1))
    with pytest.raises(CannotUndo, match="undone"):
        undo_merge(merge_id=done.pk, by="mia", now=LATER)
    with pytest.raises(Merge.DoesNotExist):
        undo_merge(merge_id=10**9, by="mia", now=LATER)


def test_undo_merge_what_the_person_belonged_to_may_be_gone(anna, twin):
    firm = Account.objects.create(external_id="acme", name="Acme", created_at=NOW)
    Contact.objects.filter(pk=twin.pk).update(stage=Stage.objects.get(), account=firm)
    done = merge(anna, twin)
    Contact.objects.update(stage=None)
    Stage.objects.all().delete()
    firm.delete()
    undo_merge(merge_id=done.pk, by="mia", now=LATER)
    twin.refresh_from_db()
    assert (twin.stage, twin.account) == (None, None)


def test_forget_merged_deletes_what_the_undo_needed_when_it_is_over(anna, twin):
    run(twin)
    done = merge(anna, twin)
    assert forget_merged(now=NOW + 30 * DAY - timedelta(seconds=1)) == 0
    assert forget_merged(now=NOW + 30 * DAY) == 1
    done.refresh_from_db()
    assert (done.loser, done.survivor_before, done.rows.count()) == ({}, {}, 0)
    assert hold_people(contact_ids=[twin.pk]) == {twin.pk: anna.pk}


def test_merge_contacts_wrong_people_are_refused(anna):
    with pytest.raises(SamePerson):
        merge(anna, anna)
    with pytest.raises(UnknownContact):
        merge_contacts(survivor_id=anna.pk, loser_id=10**9, why="", by="mia", now=NOW)
    assert Contact.objects.get() == anna


def test_merge_due_visitor_goes_into_the_known_person(anna):
    device = "0b7a3c1e-58d1-4f0a-9c3e-1d2f3a4b5c6d"
    (visitor,) = resolve_people(people=[Seen(anonymous_id=device)], now=NOW, source="web", trusted=False)
    Event.objects.create(
        contact_id=visitor, name="page_viewed", occurred_at=NOW, received_at=NOW, source="web", message_id="1"
    )
    assert resolve_people(people=[Seen("u1", device)], now=NOW, source="shop", trusted=True) == [anna.pk]
    assert merge_due(now=NOW) == 1
    assert Contact.objects.get() == anna
    assert Event.objects.get().contact_id == anna.pk
    assert Merge.objects.values_list("by", "why").get() == ("rules", f"anonymous {device}")
    assert merge_due(now=NOW) == 0


def test_merge_due_visitor_who_got_a_name_is_asked_about(anna):
    visitor = person("", email="")
    MergeProposal.objects.create(
        first_id=anna.pk, second_id=visitor.pk, kind="anonymous", value="x", state="due", at=NOW
    )
    Contact.objects.filter(pk=visitor.pk).update(external_id="u9")
    assert merge_due(now=NOW) == 0
    assert MergeProposal.objects.values_list("state", "reason").get() == ("open", "user_ids")


def test_merge_due_chains_and_many_take_no_more_statements(anna):
    def visitors(n):
        made = [person("", created_at=NOW - DAY) for _ in range(n)]
        others = [person(f"x{one.pk}") for one in made]
        for visitor, other in zip(made, others, strict=True):
            MergeProposal.objects.create(
                first_id=visitor.pk, second_id=other.pk, kind="anonymous", value="x", state="due", at=NOW
            )
        return others

    counts = []
    for size in (1, 40):
        known = visitors(size)
        with CaptureQueriesContext(connection) as queries:
            assert merge_due(now=NOW) == size
        counts.append(len(queries))
        assert set(Contact.objects.exclude(pk=anna.pk)) == set(known)
        Contact.objects.exclude(pk=anna.pk).delete()
    assert counts[0] == counts[1]
    a, b = person("", created_at=NOW - 3 * DAY), person("", created_at=NOW - 2 * DAY)
    for one, other in ((a, b), (anna, a), (anna, b)):
        first, second = sorted((one.pk, other.pk))
        MergeProposal.objects.create(first_id=first, second_id=second, kind="anonymous", value="x", state="due", at=NOW)
    assert merge_due(now=NOW) == 2
    assert Contact.objects.get() == anna


def test_reroute_gives_what_came_late_to_the_survivor_and_the_undo_gives_it_back(anna, twin):
    done = merge(anna, twin)
    Event.objects.create(contact_id=twin.pk, name="late", occurred_at=NOW, received_at=NOW, source="t", message_id="1")
    assert reroute(contact_ids=[anna.pk, twin.pk], now=NOW) == {twin.pk: anna.pk}
    assert Event.objects.get().contact_id == anna.pk
    undo_merge(merge_id=done.pk, by="mia", now=LATER)
    assert Event.objects.get().contact_id == twin.pk


def test_proposals_about_the_loser_are_about_the_survivor(anna, twin):
    third, fourth = person("u3"), person("u4")
    for one, other, state in (
        (twin, third, "refused"),
        (twin, fourth, "open"),
        (anna, fourth, "refused"),
        (anna, twin, "open"),
    ):
        first, second = sorted((one.pk, other.pk))
        MergeProposal.objects.create(
            first_id=first, second_id=second, kind="email", value="x", reason="emails", state=state, at=NOW
        )
    before = list(MergeProposal.objects.order_by("id").values())
    done = merge(anna, twin)
    assert set(MergeProposal.objects.values_list("first_id", "second_id", "state")) == {
        (anna.pk, third.pk, "refused"),
        (anna.pk, fourth.pk, "refused"),
    }
    undo_merge(merge_id=done.pk, by="mia", now=LATER)
    after = list(MergeProposal.objects.order_by("id").values())
    assert [row for row in after if row["first_id"] != anna.pk or row["second_id"] != twin.pk] == before[:3]
    assert after[-1]["state"] == "refused"
