"""What people say, each by its own door of the product, and what the oracle hears of it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import time_machine
from django.test import Client

from consent.preferences import queries as links
from consent.privacy import operations as privacy
from consent.records import existing
from consent.records.operations import Choice, record_consents
from contacts.imports import operations as imports
from tests.chaos import scene
from tests.chaos.invariants import Violation, rows
from tests.chaos.oracle import Level, Oracle

FORM = "application/x-www-form-urlencoded"
CONFIRM_WITHIN = timedelta(days=7)


class Saying:
    """The doors for what somebody agrees to or takes back."""

    now: datetime
    oracle: Oracle
    people: list[int]

    def __init__(self) -> None:
        self.client = Client()
        self.asked: list[tuple[int, datetime]] = []  # sign-ups: id and when
        self.restrictions: list[tuple[int, int]] = []  # requests of Art. 18: id and whose

    def heard(self, who: int, purpose: str, level: Level, **more: object) -> None:
        """Tell the oracle what somebody said."""
        self.oracle.heard(self.now, "said", who, purpose=purpose, level=level, **more)

    def level(self, who: int, purpose: str) -> Level:
        """What the oracle knows that somebody said."""
        return self.oracle.world.people[self.oracle.world.now_is(who)].level(purpose)

    def post(self, url: str, data: dict) -> int:
        """Send a form of a public page. Returns the status."""
        with time_machine.travel(self.now, tick=False):
            return self.client.post(urlsplit(url).path, urlencode(data, doseq=True), content_type=FORM).status_code

    def said(self, who: int, purpose: str, decision: str, source: str, at: datetime | None = None) -> None:
        """Record what somebody says about a purpose, by id, as a machine or a colleague does."""
        proof = {"by": "anna.sales", "note": "call"}
        record_consents(choices=[Choice(who, purpose, decision, source, f"{purpose}/en/1", proof, at)], now=self.now)
        self.heard(who, purpose, Level.YES if decision == "granted" else Level.NO, **({"said_at": at} if at else {}))

    # --- links of mails

    def follow_link(self, who: int, purpose: str, how: str) -> None:
        """Unsubscribe by the link of a mail: by a button of its page, or the mail program by itself (RFC 8058)."""
        url = links.unsubscribe_url(contact_id=who, purpose=purpose)
        data = {
            "one_click": {"List-Unsubscribe": "One-Click"},
            "page": {"confirm": "page"},
            "topic": {"confirm": "topic"},
        }
        status = self.post(url, data[how])
        assert status == 200, status
        alone = how == "topic" and purpose != scene.MARKETING
        purposes = {purpose} if alone else {scene.MARKETING, scene.TOPIC, purpose}
        self.oracle.heard(self.now, "link", who, purposes=sorted(purposes), own=scene.MARKETING)

    def use_centre(self, who: int, what: str) -> None:
        """Take back on the preference page: everything, or marketing by its box; a tick alone agrees to nothing."""
        url = links.footer_urls(contact_id=who, touch_id=0, purpose=scene.MARKETING)["preferences"]
        data = {
            "all": {"withdraw_all": "1"},
            "box": {
                "save": "1",
                "shown": [scene.MARKETING, scene.OPT_OUT],
                "agree": [scene.OPT_OUT],
                "frequency": "less",
            },
            "tick": {"save": "1", "shown": [], "agree": list(scene.SAID), "frequency": "normal", "pause": "1w"},
        }[what]
        status = self.post(url, data)
        assert status == 200, status
        held = any(self.level(n, scene.MARKETING) > Level.NOTHING for n in self.oracle.behind(who))
        if what == "all":
            self.oracle.heard(self.now, "link", who, purposes=list(scene.SAID), own=scene.MARKETING)
        elif what == "box" and held:
            self.oracle.heard(self.now, "link", who, purposes=[scene.MARKETING, scene.TOPIC], own=scene.MARKETING)
        self.note_signups()

    # --- double opt-in

    def sign_up(self, address: str, purposes: list[str]) -> None:
        """Fill in the sign-up form; nothing is agreed by that."""
        ticked = [f"{purpose}/en/1" for purpose in purposes]
        status = self.post(f"/f/{scene.FORM}/", {"email": address, "agree": ticked})
        assert status in (200, 422), status  # 422: a purpose that the form does not offer now
        self.note_signups()

    def note_signups(self) -> None:
        """Remember which mails went out that ask to confirm."""
        known = {number for number, _ in self.asked}
        found = rows("SELECT id FROM consent_signup ORDER BY id")
        self.asked += [(number, self.now) for (number,) in found if number not in known]

    def confirm(self, place: int, *, scanner: bool) -> None:
        """Follow the link of that mail, as a scanner (GET) or as a person (the button)."""
        number, asked_at = self.asked[place % len(self.asked)]
        url = links.confirm_url(number)
        if scanner:
            with time_machine.travel(self.now, tick=False):
                self.client.get(urlsplit(url).path)
            return
        before = rows("SELECT state, choices FROM consent_signup WHERE id = %s", [number])
        status = self.post(url, {})
        if not before or before[0][0] != "waiting" or status != 200:
            return
        if self.now >= asked_at + CONFIRM_WITHIN:
            raise Violation("a confirmation after a week counts")
        ((who, address, choices),) = rows(
            "SELECT contact_id, email, choices::text FROM consent_signup WHERE id = %s", [number]
        )
        if who not in self.oracle.world.people:
            self.people.append(who)
            self.oracle.heard(self.now, "person", who, address=address)
        for purpose in scene.SAID:
            if f'"{purpose}/en/1"' in choices and self.oracle.world.purposes[purpose].active:
                self.heard(who, purpose, Level.YES)

    # --- files, sales

    def bring_file(self, who: int, column: str, cell: str, *, proven: bool) -> None:
        """Import a file with one person and what it claims about e-mail marketing."""
        ((name,),) = rows("SELECT coalesce(external_id, '') FROM contacts_contact WHERE id = %s", [who])
        if not name:
            return
        content = f"user,claim\n{name},{cell}\n".encode()
        job = imports.keep_upload(file_name="people.csv", chunks=[content], by="maja", now=self.now)
        at = self.now - timedelta(days=2)
        proof = {"source": "fair", "wording": f"{scene.MARKETING}/en/1", "at": at.isoformat()} if proven else {}
        options = {"key": "external_id", "update": True, "empty": "leave", "consent": proof, "journeys": True}
        mapping = ["external_id", f"{column}:{scene.MARKETING}"]
        imports.plan_import(job_id=job.pk, look={}, mapping=mapping, options=options, source="file")
        imports.start_import(job_id=job.pk, by="maja", now=self.now)
        imports.work_on_imports(now=lambda: self.now, settle=lambda names: None)
        job.refresh_from_db()
        assert job.state == "done", (job.state, job.problem)
        self._hear_file(who, column, cell, at if proven else None)

    def _hear_file(self, who: int, column: str, cell: str, at: datetime | None) -> None:
        """A yes counts with proof, and undoes no no; a no counts always, where there is something to say no to."""
        level = self.level(who, scene.MARKETING)
        if column == "objection":
            if cell != "no" and level is not Level.NO:
                self.heard(who, scene.MARKETING, Level.NO)
        elif cell == "yes" and level is Level.NOTHING:
            self.heard(who, scene.MARKETING, Level.YES, proven=at is not None, said_at=at or self.now)
        elif cell == "no" and level > Level.NOTHING:
            self.heard(who, scene.MARKETING, Level.NO)

    def buy(self, who: int) -> None:
        """Somebody bought and was told that they may object: § 7(3) UWG, where the purpose allows it."""
        day = self.now - timedelta(hours=1)
        sale = existing.Sale(who, f"order-{len(self.oracle.facts)}", day, "shoes", f"{scene.MARKETING}/en/1", day)
        (outcome,) = existing.record_existing_customers(
            purpose=scene.MARKETING, sales=[sale], source="shop", now=self.now
        )
        if outcome.record is None:
            return
        address = self.oracle.world.people[self.oracle.world.now_is(who)].address
        no = any(self.level(n, scene.MARKETING) is Level.NO for n in self.oracle.behind(who))
        if no or not address or self.level(who, scene.MARKETING) is not Level.NOTHING:
            raise Violation(f"existing customer although somebody objected or agreed: {who} {address}")
        self.heard(who, scene.MARKETING, Level.CUSTOMER)

    # --- rights

    def object(self, who: int) -> None:
        """Art. 21, by a request that staff carry out."""
        request = privacy.open_request(kind="objection", contact_id=who, source="mail", text="", by=None, now=self.now)
        privacy.carry_out_objection(request_id=request, by=None, now=self.now)
        self.oracle.heard(self.now, "objected", who)

    def restrict(self, who: int) -> None:
        """Art. 18."""
        request = privacy.open_request(
            kind="restriction", contact_id=who, source="mail", text="", by=None, now=self.now
        )
        privacy.carry_out_restriction(request_id=request, on=True, by=None, now=self.now)
        self.restrictions.append((request, who))
        self.oracle.heard(self.now, "restricted", who, on=True)

    def lift(self, place: int) -> None:
        """The restriction is over."""
        request, who = self.restrictions.pop(place % len(self.restrictions))
        if self.oracle.world.people[self.oracle.world.now_is(who)].erased:
            return
        privacy.carry_out_restriction(request_id=request, on=False, by=None, now=self.now)
        self.oracle.heard(self.now, "restricted", who, on=False)

    def erase(self, who: int) -> None:
        """Art. 17."""
        assert privacy.erase_contact(contact_id=who, why="staff", now=self.now)
        self.oracle.heard(self.now, "erased", who)
