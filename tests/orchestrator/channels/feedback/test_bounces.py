"""Bounces and complaints stop mail at once: whoever has the address, in whatever order and however often they come."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connections

from consent.models import Record, State, Suppression
from consent.records.operations import record_consent
from contacts.events.operations import NewEvent
from contacts.models import Contact, Event, EventType
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.models import Touch
from orchestrator.channels.feedback.bounces import record_facts, take_reports
from orchestrator.channels.feedback.rules import BOUNCES, Kind, Report
from orchestrator.channels.operations import deliver_touches
from tests.waiting import ended

from ..conftest import NOW

ANNA = "anna@mail.example"
DAY = timedelta(days=1)


def soft(day, address=ANNA):
    return Report(Kind.SOFT, address, at=NOW + day * DAY, key=f"soft {day} {address}")


HARD = Report(Kind.HARD, ANNA, at=NOW + DAY, key="hard")
LATER_HARD = Report(Kind.HARD, ANNA, at=NOW + 3 * DAY, key="hard again")
COMPLAINT = Report(Kind.COMPLAINT, ANNA, at=NOW + 2 * DAY, key="complaint")
LATE = NOW + 40 * DAY


def suppressed(address=ANNA):
    return Suppression.objects.filter(address=address).values_list("reason", "since").first()


def withdrawn():
    return sorted(Record.objects.filter(source="complaint").values_list("contact__first_name", "purpose__slug"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([HARD], ("bounced", 1)),
        ([COMPLAINT], ("complained", 2)),
        ([soft(n) for n in range(4)], None),
        ([soft(n) for n in range(5)], ("bounced", 4)),
        ([soft(n) for n in (0, 3, 6, 9, 13.99)], ("bounced", 13.99)),
        ([soft(n) for n in (0, 3, 6, 9, 14)], None),  # within 14 days, and not on the fifteenth
        ([soft(n) for n in (0, 3, 6, 9, 14, 15)], ("bounced", 15)),
        ([soft(n) for n in (0, 1, 2, 3, 20, 21, 22, 23)], None),
        ([soft(0)] * 9, None),
        ([HARD, LATER_HARD], ("bounced", 1)),
        ([COMPLAINT, HARD], ("bounced", 1)),
        ([COMPLAINT, *(soft(n) for n in range(5))], ("bounced", 4)),
        ([COMPLAINT, *(soft(n) for n in range(4))], ("complained", 2)),
    ],
)  # fmt: skip
def test_take_reports_table_in_any_order_and_again(world, reports, expected):
    """The same address is suppressed for the same reason since the same moment, whatever came first or twice."""
    orders = [reports, reports[::-1], reports[1:] + reports[:1], [*reports, *reports]]
    found = []
    for number, order in enumerate(orders):
        address = f"{number}{ANNA}"
        world.person(f"Anna{number}", email=address)
        for report in order:
            take_reports(reports=[report._replace(address=address, key=f"{number}{report.key}")], now=LATE)
        found.append(suppressed(address))
    together = f"5{ANNA}"
    world.person("Anna5", email=together)
    take_reports(reports=[one._replace(address=together, key=f"5{one.key}") for one in reports], now=LATE)
    found.append(suppressed(together))
    wanted = expected and (expected[0], NOW + expected[1] * DAY)
    assert found == [wanted] * 5


@pytest.mark.django_db
def test_take_reports_of_every_order_of_three_end_the_same(world):
    for number, order in enumerate(itertools.permutations([HARD, COMPLAINT, soft(0)])):
        address = f"{number}{ANNA}"
        contact = world.person(f"Anna{number}", email=address)
        for report in order:
            take_reports(reports=[report._replace(address=address, key=f"{number}{report.key}")], now=LATE)
        assert suppressed(address) == ("bounced", NOW + DAY)
        state = State.objects.get(contact=contact, purpose__slug="email_marketing")
        assert (state.granted, state.since) == (False, NOW + 2 * DAY)
        assert Event.objects.filter(contact=contact).count() == 3


@pytest.mark.django_db
def test_take_reports_of_a_complaint_withdraws_for_everybody_of_the_address_and_nothing_is_sent(world, smtp, clock):
    anna, twin, ben = world.person("Anna"), world.person("Ann", email=ANNA), world.person("Ben")
    touches = [world.touch(one) for one in (anna, twin, ben)]
    assert take_reports(reports=[COMPLAINT._replace(at=NOW)], now=NOW) == ["stored"]
    assert withdrawn() == [("Ann", "email_marketing"), ("Anna", "email_marketing")]
    record = Record.objects.filter(source="complaint").first()
    assert record.decision == "withdrawn"
    assert record.proof["report"].startswith("complaint-")
    assert not State.objects.filter(contact__in=[anna, twin], purpose__slug="email_marketing", granted=True).exists()
    assert State.objects.get(contact=ben, purpose__slug="email_marketing").granted
    assert deliver_touches(now=clock)["sent"] == 1
    assert [mail["To"] for mail in smtp.mails] == ["ben@mail.example"]
    assert sorted(Touch.objects.filter(pk__in=[t.pk for t in touches]).values_list("state", flat=True)) == [
        "sent", "suppressed", "suppressed",
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("report", [HARD, COMPLAINT])
def test_import_upsert_and_a_new_consent_revive_nobody(world, smtp, clock, report):
    anna = world.person("Anna")
    take_reports(reports=[report._replace(at=NOW)], now=NOW)
    before = suppressed()
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="import", now=NOW + DAY)
    upsert_contacts(people=[NewContact(None, ANNA.upper(), first_name="Anna")], source="shop", now=NOW + DAY)
    upsert_contacts(people=[NewContact("new-id", ANNA)], source="import", now=NOW + DAY)
    assert take_reports(reports=[report._replace(at=NOW)], now=NOW + 2 * DAY) == ["duplicate"]
    assert suppressed() == before
    assert State.objects.get(contact=anna, purpose__slug="email_marketing").granted  # the old complaint is heard once
    clock.move(days=1)
    world.touch(Contact.objects.get(pk=anna.pk), expires_at=NOW + 9 * DAY)
    assert not deliver_touches(now=clock)["sent"]
    assert smtp.mails == []


@pytest.mark.django_db
def test_take_reports_of_a_complaint_that_is_older_than_a_consent_leaves_it(world):
    anna = world.person("Anna")
    record_consent(contact_id=anna.pk, purpose="email_marketing", decision="granted", source="form", now=NOW + 5 * DAY)
    take_reports(reports=[COMPLAINT], now=NOW + 6 * DAY)
    assert State.objects.get(contact=anna, purpose__slug="email_marketing").granted
    assert suppressed() == ("complained", NOW + 2 * DAY)


@pytest.mark.django_db
def test_take_reports_of_somebody_unknown_suppresses_the_address_for_later(world, smtp, clock):
    assert take_reports(reports=[HARD], now=LATE) == ["stored"]
    assert not Event.objects.exists()
    world.touch(world.person("Anna"))
    assert deliver_touches(now=clock) == {"address_bounced": 1}
    assert smtp.mails == []


@pytest.mark.django_db
def test_take_reports_goes_by_the_touch(world):
    touch = world.touch(world.person("Anna"), state="sent", address=ANNA)
    by_touch = Report(Kind.HARD, touch=touch.pk)
    assert take_reports(reports=[by_touch, by_touch._replace(address="Anna@mail.example ")], now=NOW) == [
        "stored", "duplicate",
    ]  # fmt: skip
    assert Event.objects.get().properties == {
        "address": ANNA, "kind": "hard", "touch": touch.pk, "journey": "cart",
    }  # fmt: skip
    wrong = Report(Kind.HARD, "ben@mail.example", touch.pk)
    assert take_reports(reports=[wrong, Report(Kind.HARD, touch=touch.pk + 1)], now=NOW) == ["other_address", "unknown"]
    assert not Suppression.objects.filter(address="ben@mail.example").exists()
    forwarded = Report(Kind.COMPLAINT, "anna@elsewhere.example", touch.pk, signed=True)
    assert take_reports(reports=[forwarded], now=NOW) == ["stored"]
    assert list(Suppression.objects.values_list("address", flat=True)) == [ANNA]


@pytest.mark.django_db
def test_take_reports_about_an_erased_touch_goes_by_the_address(world):
    assert take_reports(reports=[Report(Kind.HARD, ANNA, 4711)], now=NOW) == ["stored"]
    assert suppressed() == ("bounced", NOW)


@pytest.mark.django_db
def test_take_reports_of_many_takes_as_many_statements_as_of_one(world, django_assert_max_num_queries):
    for n in range(30):
        world.person(f"P{n}")
    reports = [
        Report(kind, f"p{n}@mail.example", key=f"{kind}{n}") for n in range(30) for kind in (*BOUNCES, Kind.COMPLAINT)
    ]
    with django_assert_max_num_queries(30) as one:
        take_reports(
            reports=[r._replace(address="p0@mail.example", key=f"first {r.key}") for r in reports[:3]], now=NOW
        )
    with django_assert_max_num_queries(len(one)):
        assert take_reports(reports=reports, now=NOW) == ["stored"] * 90
    assert Suppression.objects.filter(reason="bounced").count() == 30


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "properties", "reason"),
    [
        ("email_bounced", {"kind": "hard"}, "bounced"),
        ("email_bounced", {"kind": "soft"}, None),
        ("email_bounced", {}, None),
        ("email_bounced", {"kind": ["hard"]}, None),
        ("email_complained", {}, "complained"),
        ("email_complained", {"address": "Anna@Mail.example"}, "complained"),
        ("order_placed", {"kind": "hard"}, None),
    ],
)
def test_record_facts_heeds_events_by_name_and_kind(world, name, properties, reason):
    anna = world.person("Anna")
    event = NewEvent(anna.pk, name, NOW, properties, "m1")
    assert record_facts(events=[event], source="shop", now=NOW) == [True]
    assert record_facts(events=[event], source="shop", now=NOW) == [False]
    assert (suppressed() or [None])[0] == reason
    assert len(withdrawn()) == (name == "email_complained")
    assert Event.objects.count() == 1
    if reason:
        assert EventType.objects.get(slug=name).kind == "feedback"


@pytest.mark.django_db
def test_record_facts_of_five_soft_bounces_of_two_people_with_the_address_suppress_it(world):
    people = [world.person("Anna"), world.person("Ann", email=ANNA)]
    for n in range(5):
        assert suppressed() is None
        event = NewEvent(people[n % 2].pk, "email_bounced", NOW + n * DAY, {"kind": "soft"}, f"m{n}")
        record_facts(events=[event], source="shop", now=LATE)
    assert suppressed() == ("bounced", NOW + 4 * DAY)


@pytest.mark.django_db
def test_record_facts_counts_bounces_of_the_address_and_not_of_the_person(world):
    anna = world.person("Anna")
    for n in range(4):
        take_reports(reports=[soft(n)], now=LATE)
    Contact.objects.filter(pk=anna.pk).update(email="new@mail.example")
    event = NewEvent(anna.pk, "email_bounced", NOW + 4 * DAY, {"kind": "soft"}, "m")
    record_facts(events=[event], source="shop", now=LATE)
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_take_reports_again_after_a_colleague_set_the_address_free_stops_nothing(world):
    world.person("Anna")
    reports = [HARD, COMPLAINT, *(soft(n) for n in range(5))]
    take_reports(reports=reports, now=LATE)
    Suppression.objects.all().delete()
    assert set(take_reports(reports=reports, now=LATE)) == {"duplicate"}
    assert take_reports(reports=[soft(30)], now=LATE) == ["stored"]
    assert not Suppression.objects.exists()


def at_once(*works):
    """Do things at the same moment, each over its own connection; gives what they returned."""
    barrier, found = threading.Barrier(len(works)), [None] * len(works)

    def do(place, work):
        try:
            barrier.wait()
            found[place] = work()
        except Exception as error:
            found[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    ended(threads)
    return found


@pytest.mark.django_db(transaction=True)
def test_take_reports_ten_times_by_ten_threads_counts_once(world):
    world.person("Anna")
    world.person("Ann", email=ANNA)
    reports = [HARD, COMPLAINT, soft(0)]
    orders = [*itertools.permutations(reports)] * 2
    found = at_once(*(lambda o=o: [take_reports(reports=o, now=LATE) for _ in range(10)] for o in orders[:10]))
    assert all(isinstance(one, list) for one in found), found
    assert sum(words.count("stored") for one in found for words in one) == 3
    assert suppressed() == ("bounced", NOW + DAY)
    assert withdrawn() == [("Ann", "email_marketing"), ("Anna", "email_marketing")]
    assert Event.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_take_reports_of_five_soft_bounces_at_once_sees_the_fifth(world):
    world.person("Anna")
    for round_ in range(5):
        days = [round_ * 100 + n for n in range(5)]
        Suppression.objects.all().delete()
        found = at_once(*(lambda n=n: take_reports(reports=[soft(n)], now=NOW + 999 * DAY) for n in days))
        assert found == [["stored"]] * 5
        assert suppressed() == ("bounced", NOW + days[4] * DAY)
