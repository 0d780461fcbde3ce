"""Brings the demo company into an empty database."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User
from django.db import connection

from contacts.accounts.operations import upsert_accounts
from contacts.events.operations import open_months
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from contacts.segments.lists import add_people, record_sizes
from contacts.segments.models import Segment, SegmentMember
from orchestrator.api.models import ApiKey
from orchestrator.api.operations import create_key, revoke_key
from orchestrator.demo import definitions
from orchestrator.demo.config import Config
from orchestrator.demo.consent import write_consent_texts, write_requests
from orchestrator.demo.history import facts
from orchestrator.demo.logins import LOGINS, PRIVACY_PERSON, SALES_PERSON
from orchestrator.demo.past import SOURCE, Past, relive
from orchestrator.demo.people import Person, companies, people, ways
from orchestrator.demo.sales import SalesDesk
from orchestrator.demo.site import write_site
from orchestrator.kernel import doorbell, sql
from orchestrator.kernel.access import PRIVACY_GROUP, SALES_GROUP
from orchestrator.tick.loop import pulse
from reporting.kpis.operations import roll_up_kpis

KEY_NAME = "Demo visitors"
PANEL = 40
MOST_PHONES = 1_000  # numbers in the range


class NotEmpty(Exception):
    """The database holds something that is not the demo: name an empty one in DATABASE_URL."""


class BrokenOff(Exception):
    """The demo company was being loaded when somebody stopped it; the database has to be made anew."""


def is_loaded() -> bool:
    """Whether the demo company is in the database, whole.

    Raises NotEmpty, BrokenOff: the last thing that loading writes is a key.
    """
    if ApiKey.objects.filter(name=KEY_NAME).exists():
        return True
    if not Contact.objects.exists():
        return False
    if Contact.objects.exclude(external_id__startswith="NL-").exists():
        raise NotEmpty
    raise BrokenOff


def load_company(*, config: Config, now: datetime, say: Callable[[str], None]) -> str:
    """Load the demo company: definitions, people, history, the lived weeks, logins. Returns the visitors' API key."""
    begun = time.perf_counter()

    def note(text: str) -> None:
        say(f"{time.perf_counter() - begun:5.1f} s  {text}")

    start = now - timedelta(days=config.history_days)
    lived_from = now - timedelta(days=config.lived_days)
    with doorbell.silence():
        sql.count(
            "SET synchronous_commit = off"
        )  # a load that was broken off begins anew; the key at the end is durable
        sql.count("SET max_parallel_workers_per_gather = 0")  # many small statements on few cores
        definitions.write_facts()
        write_consent_texts()
        open_months(first=start.date(), last=now.date())
        accounts = companies(seed=config.seed, count=config.companies)
        upsert_accounts(accounts=accounts, now=start)
        everybody = list(people(seed=config.seed, count=config.contacts, accounts=accounts, start=start, now=now))
        history = [fact for person in everybody for fact in facts(seed=config.seed, person=person, now=now)]
        past = Past(everybody, history, seed=config.seed, end=now)
        past.happen(lived_from)
        sql.count(sql.statement("orchestrator/demo/sql/count_orders.sql"), {"contacts": None})
        _analyze()
        note(f"{len(everybody)} contacts, {len(history)} events")
        definitions.write_journeys(now=lived_from)
        write_logins()
        desk = SalesDesk(seed=config.seed, owner=User.objects.get(username=SALES_PERSON))
        relive(past, start=lived_from, desk=desk, say=note)
        _write_ways([person for person in everybody if person.number in past.ids], past.ids, now=now)
        write_site(now=now)
        _fill_panel(now=now)
        write_requests(officer=User.objects.get(username=PRIVACY_PERSON), now=now)
        sql.count(sql.statement("orchestrator/demo/sql/count_orders.sql"), {"contacts": None})
        _analyze()
        roll_up_kpis(now=now, days=config.lived_days)
        sql.count("SET synchronous_commit = on")
    note("loaded")
    return renew_key(now=now)


def _write_ways(everybody: list[Person], ids: dict[int, int], *, now: datetime) -> None:
    """Give some people a phone number (a range kept for films) and a street: SMS and letters begin today, not in the past."""
    at_home = [person.number for person in everybody if person.said["country"] == "DE" and person.number % 4 == 0]
    some = sorted(at_home)[:MOST_PHONES]
    told = [NewContact(contact_id=ids[number], **ways(number, place)) for place, number in enumerate(some)]
    upsert_contacts(people=told, now=now, source=SOURCE)


def _fill_panel(*, now: datetime) -> None:
    """Put some of the loyal customers onto the list of the test panel, as the team would do it by hand."""
    loyal = SegmentMember.objects.filter(segment__slug="loyal-customers").order_by("contact_id")
    ids = list(loyal.values_list("contact_id", flat=True)[::7][:PANEL])
    add_people(segment=Segment.objects.get(slug="test-panel"), contact_ids=ids, now=now)
    pulse(now=now)
    record_sizes(now=now)


def write_logins() -> None:
    """Make the demo's users, or set their passwords again."""
    groups = {
        person: Group.objects.get_or_create(name=name)[0]
        for person, name in ((SALES_PERSON, SALES_GROUP), (PRIVACY_PERSON, PRIVACY_GROUP))
    }
    for name, password, full_name in LOGINS:
        first, last = full_name.split()
        user, _ = User.objects.get_or_create(username=name, defaults={"first_name": first, "last_name": last})
        user.is_staff = user.is_superuser = name == "admin"
        user.set_password(password)
        user.save()
        if name in groups:
            user.groups.add(groups[name])


def renew_key(*, now: datetime) -> str:
    """Give the visitors a new API key and end the old one. Returns it in clear."""
    old = list(ApiKey.objects.filter(name=KEY_NAME, revoked_at=None).values_list("pk", flat=True))
    key = create_key(name=KEY_NAME, source=SOURCE, now=now)
    for key_id in old:
        revoke_key(key_id=key_id, now=now)
    return key


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
