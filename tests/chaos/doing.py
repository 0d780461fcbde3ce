"""What people, staff, machines and workers do in a history: each door of the product once, and what the oracle hears of it."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from consent.models import Purpose
from consent.records.operations import suppress_address
from contacts.events.operations import NewEvent, record_events
from contacts.identity.operations import CannotUndo, merge_contacts, undo_merge
from contacts.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.definitions.operations import import_journey, pause, resume
from journeys.models import Journey
from orchestrator.channels.operations import deliver_touches, release_leases
from orchestrator.tick import loop
from tests.chaos import scene
from tests.chaos.invariants import Violation, rows, stuck
from tests.chaos.oracle import Oracle
from tests.chaos.provider import Call, Killed, Provider
from tests.chaos.saying import Saying


class Doing(Saying):
    """One history: the clock, the people, the oracle, and everything that may happen."""

    def __init__(self, oracle: Oracle, people: list[int], deliver: Callable = deliver_touches) -> None:
        super().__init__()
        self.now: datetime = scene.SOON + timedelta(minutes=1)
        self.oracle, self.people, self.deliver_touches = oracle, list(people), deliver
        self.merges: list[tuple[int, int, int]] = []
        self.parted = False
        self.sent: Counter[int] = Counter()
        self.points: Counter[str] = Counter()
        Provider.begin(self.watch)

    # --- who

    def living(self, number: int) -> int:
        """A person of the history as they are now."""
        return self.oracle.world.now_is(self.people[number % len(self.people)])

    def gone(self, who: int) -> bool:
        """Whether this person was erased."""
        return self.oracle.world.people[who].erased

    # --- who is who

    def merge(self, survivor: int, loser: int) -> None:
        """Make one person of two."""
        done = merge_contacts(survivor_id=survivor, loser_id=loser, why="same", by="maja", now=self.now)
        self.merges.append((done.pk, loser, survivor))
        self.oracle.heard(self.now, "merged", survivor, loser=loser)

    def part(self, number: int) -> None:
        """Undo a merge, where the product lets it."""
        merge, loser, survivor = self.merges[number % len(self.merges)]
        if self.gone(self.oracle.world.now_is(survivor)):
            return
        try:
            undo_merge(merge_id=merge, by="maja", now=self.now)
        except CannotUndo:
            return
        self.parted = True
        self.merges.remove((merge, loser, survivor))
        self.oracle.heard(self.now, "parted", survivor, loser=loser)

    def move(self, who: int, address: str) -> None:
        """Somebody has another address from now on; one that they had before is no news to the product, and changes nothing."""
        upsert_contacts(people=[NewContact(contact_id=who, email=address)], now=self.now, source="staff")
        ((address,),) = rows("SELECT email FROM contacts_contact WHERE id = %s", [who])
        self.oracle.heard(self.now, "address", who, address=address)

    def newcomer(self, address: str) -> None:
        """Somebody new, maybe with an address that is known."""
        person = Contact.objects.create(
            external_id=f"new-{len(self.people)}", email=address, language="en", time_zone="Europe/Berlin",
            created_at=self.now, updated_at=self.now,
        )  # fmt: skip
        self.people.append(person.pk)
        self.oracle.heard(self.now, "person", person.pk, address=address)

    # --- what stops

    def suppress(self, address: str, reason: str) -> None:
        """An address comes back, complains, or is blocked."""
        suppress_address(channel="email", address=address, reason=reason, now=self.now)
        self.oracle.heard(self.now, "suppressed", channel="email", address=address, reason=reason)

    def change_purpose(self, slug: str, **more: object) -> None:
        """Somebody changes what a purpose is."""
        Purpose.objects.filter(slug=slug).update(**more)
        known = {"existing_customer": "customers"}
        self.oracle.heard(
            self.now, "purpose", slug=slug, **{known.get(name, name): value for name, value in more.items()}
        )

    def turn_journey(self, slug: str, what: str) -> None:
        """Pause, go on, or publish a new version."""
        one = Journey.objects.get(slug=slug)
        if what == "pause":
            pause(journey=one)
        elif what == "resume":
            resume(journey=one)
        else:
            event = dict(scene.JOURNEYS)[slug]
            import_journey(definition=scene.journey(slug, event, wait=f"{len(self.oracle.facts) + 1}h"), now=self.now)

    # --- what works

    def happens(self, who: int, event: str) -> None:
        """The shop tells what somebody did."""
        record_events(events=[NewEvent(who, event, self.now)], source="shop", now=self.now)

    def tick(self, what: str) -> None:
        """The pulse or the beat."""
        if what == "pulse":
            loop.pulse(now=self.now)
        else:
            loop.beat(now=self.now, timed=False)

    def deliver(self, *, at: str = "", what: Callable[[], None] | None = None, answers: tuple[str, ...] = ()) -> None:
        """Free what dead workers held, then send. `what` happens at a named point: claimed, before_call, after_accept."""
        release_leases(now=self.now)
        if over := stuck(self.now):
            raise Violation(f"stuck in sending after the lease: {over}")
        Provider.answers[:], Provider.opened = list(answers), False
        asked, before = 0, len(Provider.calls)

        def clock() -> datetime:
            nonlocal asked, what
            asked += 1
            claimed = asked == 2
            calling = Provider.opened and len(Provider.calls) == before
            accepted = len(Provider.calls) > before
            here = {"claimed": claimed, "before_call": calling, "after_accept": accepted}.get(at, False)
            if here and what is not None:
                do, what = what, None
                self.points[at] += 1
                do()
            return self.now

        try:
            self.deliver_touches(now=clock)
        except Killed:
            self.points["killed"] += 1

    def watch(self, call: Call) -> None:
        """A call starts: is there anything against it?"""
        ((who,),) = rows("SELECT contact_id FROM journeys_touch WHERE id = %s", [call.touch])
        against = self.oracle.against(who, call.address, "email", call.purpose)
        if call.answer != "busy":
            self.sent[call.touch] += 1
            if self.sent[call.touch] > 1:
                against.append("this touch was handed over before")
        if against:
            raise Violation(f"{call.purpose} to {call.address} (person {who}): {'; '.join(against)}")


def killed() -> None:
    """The worker dies here."""
    raise Killed
