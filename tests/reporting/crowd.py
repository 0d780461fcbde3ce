"""A crowd about whom everything is random: people, journeys, rules and messages that wait for their verdict."""

import random
from datetime import UTC, datetime, time, timedelta

from consent.models import (
    Holdout,
    HoldoutMember,
    Limit,
    Preference,
    Purpose,
    QuietHours,
    Rest,
    State,
    Suppression,
)
from consent.records.operations import Choice, record_consents
from contacts.models import Account, Contact, Handover
from journeys.models import Block, Enrollment, Journey, Offer, OfferGrant, Step, Touch, Version

NOW = datetime(2026, 11, 18, 19, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Auckland", "Europe/London"]


class Crowd:
    """Writes the crowd; the same seed gives the same one."""

    def __init__(self, people, seed=1):
        self.dice = random.Random(seed)
        self.people = self._people(people)
        self._purposes()
        self.journeys = [self._journey(n) for n in range(9)]
        self._rules()
        self._facts()

    def rarely(self, share):
        return self.dice.random() < share

    def _people(self, number):
        accounts = [
            Account.objects.create(external_id=f"a{n}", name=f"A{n}", created_at=NOW) for n in range(number // 8)
        ]
        rows = []
        for n in range(number):
            twin = n if not self.rarely(0.15) else max(0, n - 1)
            rows.append(
                Contact(
                    external_id=f"p{n}",
                    email="" if self.rarely(0.04) else f"p{twin}@people.example",
                    time_zone=self.dice.choice(ZONES),
                    account=self.dice.choice(accounts) if self.rarely(0.3) else None,
                    restricted_at=NOW - DAY if self.rarely(0.04) else None,
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
        return Contact.objects.bulk_create(rows)

    def _purposes(self):
        main = Purpose.objects.get(slug="email_marketing")
        for slug, more in (
            ("topic", {"parent": main, "enforcement": "opt_in"}),
            ("objectable", {"enforcement": "opt_out"}),
            ("old", {"active": False}),
        ):
            Purpose.objects.create(slug=slug, name_en=slug, name_de=slug, **more)
        choices = []
        for person in self.people:
            for slug, share in (("email_marketing", 0.93), ("topic", 0.7), ("objectable", 0.2)):
                if self.rarely(share):
                    decision = "granted" if self.rarely(0.93) else self.dice.choice(["withdrawn", "refused"])
                    at = NOW - self.dice.randint(1, 99) * DAY
                    choices.append(Choice(person.pk, slug, decision, "form", wording="v1", at=at))
        record_consents(choices=choices, now=NOW)
        some = State.objects.filter(purpose=main).order_by("pk").values_list("pk", flat=True)[::40]
        State.objects.filter(pk__in=list(some)).update(basis="existing_customer")

    def _journey(self, n):
        journey = Journey.objects.create(
            slug=f"j{n}",
            name_en=f"Journey {n}",
            name_de=f"Journey {n}",
            phase=self.dice.choice(["awareness", "purchase", "retention"]),
            state=["live", "live", "live", "live", "ending", "live", "live", "paused", "archived"][n],
            priority=self.dice.randint(1, 9) * 10,
            created_at=NOW,
        )
        version = Version.objects.create(journey=journey, number=n + 1, definition={}, created_at=NOW, published_at=NOW)
        return journey, Step.objects.create(
            version=version, key="mail", kind="send", position=1, name_en="M", name_de="M"
        )

    def _rules(self):
        def limit(slug, **more):
            window = more.pop("window", 7 * DAY)
            Limit.objects.create(slug=slug, name_en=slug, name_de=slug, window=window, **more)

        limit("week", most=3, overflow="hold")
        limit("day", most=2, overflow="drop", window=DAY, calendar="day")
        limit("month", most=5, overflow="next", window=31 * DAY, calendar="month", phase="purchase")
        limit("firm", most=4, overflow="hold", per="account", window=2 * DAY)
        limit("ahead", most=3, overflow="hold", window=2 * DAY, lookahead_hours=24)
        for zone_free in (time(21), time(7)), (time(12, 30), time(14)):
            QuietHours.objects.create(starts=zone_free[0], ends=zone_free[1])
        Rest.objects.create(slug="after", name_en="After", name_de="Danach", hours=48)

    def _facts(self):
        dice, people = self.dice, self.people
        held_out = Holdout.objects.create(
            slug="all", name_en="All", name_de="Alle", buckets=0, salt="s", active=True, created_at=NOW
        )
        some = [person for person in people if self.rarely(0.03)]
        HoldoutMember.objects.bulk_create([HoldoutMember(holdout=held_out, contact=p, since=NOW) for p in some])
        Preference.objects.bulk_create(
            [
                Preference(
                    contact=person,
                    frequency=dice.choice(["less", "normal"]),
                    paused_until=dice.choice([None, NOW + 3 * DAY, NOW - DAY]),
                    since=NOW,
                )
                for person in people
                if self.rarely(0.12)
            ]
        )
        reasons = ["bounced", "complained", "blocked", "objected"]
        addresses = {person.email for person in people if person.email and self.rarely(0.1)}
        Suppression.objects.bulk_create(
            [Suppression(address=a, reason=dice.choice(reasons), since=NOW) for a in sorted(addresses)]
        )
        Handover.objects.bulk_create(
            [
                Handover(contact=p, account=p.account, team="t", state=dice.choice(["accepted", "won"]), created_at=NOW, due_at=NOW)
                for p in people
                if self.rarely(0.05)
            ]
        )  # fmt: skip
        self.offers = [
            Offer.objects.create(slug=f"o{n}", kind="gift", state="live", name_en="O", name_de="O", created_at=NOW)
            for n in range(2)
        ]

    def propose(self, least):
        """Have at least so many messages wait for their verdict, and some that went out before."""
        block = Block.objects.create(
            slug="b", phase="purchase", state="approved", changed_at=NOW, name_en="B", name_de="B"
        )
        dice, runs, touches = self.dice, [], []
        while len(touches) < least:
            person = dice.choice(self.people)
            journey, step = dice.choice(self.journeys)
            left = dice.choice(["", "", "", "", "", "", "", "completed", "moved_version", "goal", "stopped"])
            run = Enrollment(
                contact=person, journey=journey, version=step.version, key=str(len(runs)), step=None if left else step,
                entered_at=NOW - 9 * DAY, arrived_at=NOW, left_at=NOW - dice.randint(1, 90) * HOUR if left else None,
                reason=left, arm=dice.choice(["", "", "", "", "", "", "", "", "holdout"]),
            )  # fmt: skip
            runs.append(run)
            sent = self.rarely(0.25)
            purposes = ["email_marketing"] * 9 + ["topic"] * 2 + ["service", "objectable", "old", "unheard_of"]
            touches.append(
                Touch(
                    enrollment=run, step=step, visit=1, contact=person, journey=journey, block=block, channel="email",
                    purpose=dice.choice(purposes), state="sent" if sent else dice.choice(["proposed", "held"]),
                    proposed_at=NOW - dice.randint(0, 99) * HOUR, hold_until=None if sent else NOW + dice.choice([-1, -1, -1, 10]) * HOUR,
                    decided_at=NOW - dice.randint(1, 99) * HOUR if sent else None,
                    expires_at=NOW + dice.randint(-3, 90) * HOUR,
                )
            )  # fmt: skip
        Enrollment.objects.bulk_create(runs)
        self._offer(touches)
        Touch.objects.bulk_create(touches)
        self._got_before_a_merge(runs, touches)

    def _offer(self, touches):
        granted = []
        for touch in touches:
            if self.rarely(0.1) and touch.contact_id not in {grant.contact_id for grant in granted}:
                grant = OfferGrant(
                    offer=self.dice.choice(self.offers), contact=touch.contact, enrollment=touch.enrollment,
                    state=self.dice.choice(["open", "open", "declined", "accepted"]), granted_at=NOW - DAY,
                    expires_at=NOW + 9 * DAY, rest_until=self.dice.choice([None, NOW + DAY]),
                )  # fmt: skip
                granted.append(grant)
                touch.grant = grant
        OfferGrant.objects.bulk_create(granted)

    def _got_before_a_merge(self, runs, touches):
        """Some messages were got already, in a run of somebody who is the same person now."""
        for touch in [t for t in touches if t.state != "sent"][::25]:
            run = Enrollment.objects.create(
                contact=touch.contact, journey=touch.journey, version=touch.step.version, key=touch.enrollment.key,
                entered_at=NOW - 10 * DAY, arrived_at=NOW, left_at=NOW - DAY, reason="merged",
            )  # fmt: skip
            Touch.objects.create(
                enrollment=run, step=touch.step, visit=1, contact=touch.contact, journey=touch.journey, block=touch.block,
                channel="email", purpose="email_marketing", state="sent", proposed_at=NOW - 9 * DAY,
                decided_at=NOW - 9 * DAY, expires_at=NOW,
            )  # fmt: skip
