"""A process that has the product loaded and forks children that do one thing each: seed, feed, work, merge, erase, report.

Lines in: `<verb> <fault or -> <argument>`; lines out: the pid. Whoever started it kills children by their pid.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

PAUSE = 0.05
HELD = "email_marketing"
TIMES = 10  # each report is posted so often at once


def names(text: str) -> dict[str, str]:
    return {"en": text, "de": text}


def seed(count: str) -> None:
    """Write a journey of five steps, and people who agreed."""
    from consent.records.operations import Choice, record_consents
    from contacts.events.operations import keep_months
    from contacts.models import Contact, EventType
    from journeys.definitions.operations import import_journey
    from journeys.models import Block, Variant

    now = datetime.now(UTC)
    keep_months(now=now)
    EventType.objects.create(slug="cart", kind="transaction", name_en="cart", name_de="cart")
    for key in ("first", "second", "third"):
        block = Block.objects.create(
            slug=key, phase="purchase", state="approved", changed_at=now, name_en=key, name_de=key
        )
        for language in ("en", "de"):
            Variant.objects.create(block=block, language=language, subject=key, body="<mj-text>Hello</mj-text>")
    steps = [
        {"key": "first", "kind": "send", "block": "first", "next": "rest"},
        {"key": "rest", "kind": "wait", "for": "1s", "next": "second"},
        {"key": "second", "kind": "send", "block": "second", "next": "pause"},
        {"key": "pause", "kind": "wait", "for": "1s", "next": "third"},
        {"key": "third", "kind": "send", "block": "third", "next": "end"},
        {"key": "end", "kind": "end", "outcome": "sent"},
    ]
    for step in steps:
        step["name"] = names(str(step["key"]))
    import_journey(
        definition={"slug": "storm", "name": names("storm"), "phase": "purchase", "purpose": HELD, "entry": {"event": "cart"}, "steps": steps},
        now=now - timedelta(minutes=1),
    )  # fmt: skip
    people = Contact.objects.bulk_create(
        Contact(external_id=f"u{n}", email=f"u{n}@people.example", language="en", time_zone="UTC", created_at=now, updated_at=now)
        for n in range(int(count) + 4)  # four more, who are merged and erased and get nothing
    )  # fmt: skip
    agreed = [Choice(one.pk, HELD, "granted", "form", "", {}, now - timedelta(days=1)) for one in people]
    record_consents(choices=agreed, now=now)


def feed(log: str) -> None:
    """Record an event for each line of the log; those that are there already are known by their message id."""
    from contacts.events.operations import NewEvent, record_events
    from contacts.models import Contact

    ids = dict(Contact.objects.values_list("email", "pk"))
    for address in Path(log).read_text().split():
        now = datetime.now(UTC)
        record_events(events=[NewEvent(ids[address], "cart", now, {}, f"cart-{address}")], source="shop", now=now)


def work(end: str) -> None:
    """Run the tasks in turn until the file `end` is there; whatever fails is tried again."""
    from django.db import Error, connections

    from orchestrator.kernel.faults import Fault
    from orchestrator.tick import tasks

    while not Path(end).exists():
        for task in (tasks.beat, tasks.pulse, tasks.deliver):
            try:
                task()
            except Fault:
                continue
            except Error:  # the database was torn down
                connections.close_all()
                time.sleep(PAUSE * 4)
        time.sleep(PAUSE)


def merge(which: str) -> None:
    """Make one person of two of the four."""
    from contacts.identity.operations import merge_contacts
    from contacts.models import Contact

    first, second = Contact.objects.filter(external_id__in=which.split(",")).order_by("pk").values_list("pk", flat=True)
    merge_contacts(survivor_id=first, loser_id=second, why="same", by="storm", now=datetime.now(UTC))


def erase(which: str) -> None:
    """Erase one of the four."""
    from consent.privacy.operations import erase_contact
    from contacts.models import Contact

    erase_contact(contact_id=Contact.objects.get(external_id=which).pk, why="storm", now=datetime.now(UTC))


def report(given: str) -> None:
    """Post that each of these messages bounced, ten times at once, over the API; writes the answers to a file."""
    from django.db import connections
    from django.test import Client

    from orchestrator.api.operations import create_key

    path, *touches = given.split(",")
    key, answers = create_key(name="mail", source="mail", public=False, now=datetime.now(UTC)), []

    def post(touch: str) -> None:
        body = {"event": "email_bounced", "kind": "hard", "touch": int(touch), "id": f"b-{touch}"}
        answers.append(Client().post("/api/v1/feedback", body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}).status_code)  # fmt: skip
        connections.close_all()

    for touch in touches:
        threads = [threading.Thread(target=post, args=[touch]) for _ in range(TIMES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    Path(path).write_text(" ".join(map(str, answers)))


CHILDREN: dict[str, Callable[[str], None]] = {one.__name__: one for one in (seed, feed, work, merge, erase, report)}


def child(verb: str, armed: str, argument: str) -> None:
    """Do one thing and end; never goes back to the loop of the nursery."""
    from orchestrator.kernel import embedded, faults

    embedded.die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    faults.arm("" if armed == "-" else armed)
    code = 1
    try:
        CHILDREN[verb](argument)
        code = 0
    except faults.Fault:
        code = 3
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Load the product once, then fork on each line."""
    import django

    django.setup()
    import orchestrator.tick.tasks
    import orchestrator.urls  # noqa: F401  # everything is loaded before the first fork

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for children: they are gone when they are gone
    print("ready", flush=True)
    for line in sys.stdin:
        verb, armed, argument = line.split(maxsplit=2)
        pid = os.fork()
        if pid == 0:
            child(verb, armed, argument.strip())
        print(pid, flush=True)


if __name__ == "__main__":
    main()
