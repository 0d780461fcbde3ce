"""9,240 real leads: whoever objected, bounced, unsubscribed or called it spam gets nothing, whatever way they come in."""

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from consent.models import State
from consent.preferences.mails import ask_service_mail
from contacts.handover.models import Handover
from contacts.handover.operations import reject
from contacts.models import Contact
from journeys.content.operations import import_blocks
from journeys.definitions.operations import import_journey
from journeys.enrollments.doors import put_in
from journeys.models import Enrollment, Touch
from orchestrator.api.operations import create_key
from orchestrator.channels.operations import deliver_touches
from orchestrator.channels.service_mail import send_service_mails
from orchestrator.tick import loop
from tests.contacts.imports.conftest import PROOF, bring
from tests.orchestrator.replay.test_real_logs import data

from .conftest import NOW

pytestmark = [pytest.mark.replay, pytest.mark.django_db]
BAD = ("Email Bounced", "Unsubscribed", "Email Marked Spam")
OTHERS = 100  # who may be written to, beside all who may not
BATCH = 500
WEEK = timedelta(days=8)  # until the limits of a week have room again
MAIL = {"key": "mail", "kind": "send", "block": "hi", "expires": "5d"}
LEAD = {"key": "lead", "kind": "handover", "team": "inside"}
END = {"key": "end", "kind": "end"}


def names(text):
    return {"en": text, "de": text}


def portions(items):
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


def mail_of(row):
    return f"lead-{row['Lead Number']}@people.example"


class Leads:
    """The file, who of it must not be written to, some others, and the machine that tells us about them."""

    def __init__(self, client, clock, smtp):
        self.raw = gzip.decompress(data("leads_xeducation/Leads.csv.gz").read_bytes())
        self.rows = list(csv.DictReader(self.raw.decode().splitlines()))
        self.never = [row for row in self.rows if row["Do Not Email"] == "Yes" or row["Last Activity"] in BAD]
        gone = {row["Prospect ID"] for row in self.never}
        self.others = [row for row in self.rows if row["Prospect ID"] not in gone][:OTHERS]
        self.client, self.clock, self.smtp = client, clock, smtp
        self.key = create_key(name="crm", source="crm", now=clock())

    def post(self, path, body):
        with time_machine.travel(self.clock(), tick=False):
            answer = self.client.generic("POST", f"/api/v1/{path}", json.dumps(body), content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {self.key}")  # fmt: skip
        assert answer.status_code == 202, answer.content
        assert answer.json()["rejected"] == 0, answer.content
        return answer.json()["accepted"]

    def enter(self, slug):
        people = [{"user_id": row["Prospect ID"]} for row in [*self.never, *self.others]]
        return sum(self.post(f"journeys/{slug}/enter", {"contacts": some}) for some in portions(people))

    def journey(self, slug, *steps):
        steps = [{**step, "name": names(step["key"])} for step in steps]
        definition = {"slug": slug, "name": names(slug), "phase": "purchase", "entry": {"api": True}, "steps": steps}
        return import_journey(definition=definition, now=self.clock()).journey

    def run(self):
        """Let a minute pass: the tick decides, the delivery sends. Gives who got how many mails in it."""
        before = len(self.smtp.mails)
        self.clock.move(minutes=1)
        loop.beat(now=self.clock())
        loop.beat(now=self.clock())
        while deliver_touches(now=self.clock):
            pass
        return Counter(mail["To"].addresses[0].addr_spec.lower() for mail in self.smtp.mails[before:])

    def reasons(self, slug, rows):
        touches = Touch.objects.filter(journey__slug=slug, contact__email__in=[mail_of(row) for row in rows])
        return Counter(touches.values_list("state", "reason"))


def test_leads_who_must_not_be_mailed_get_nothing_by_any_path(client, smtp, clock, admin_user):
    clock.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
    leads = Leads(client, clock, smtp)
    never, others = leads.never, leads.others
    assert len(leads.rows) == 9_240
    assert (sum(row["Do Not Email"] == "Yes" for row in never), len(never)) == (734, 734 + 18)
    everybody = {mail_of(row): 1 for row in others}  # what each way in is to give, and not one mail more
    # 1 the CRM's file, with an objection and a status column
    columns = leads.raw.split(b"\n", 1)[0].decode().strip().split(",")
    places = {"Prospect ID": "external_id", "Do Not Email": "objection:email_marketing", "Last Activity": "status:email_marketing"}  # fmt: skip
    job = bring(leads.raw, mapping=[places.get(name, "") for name in columns], key="external_id", source="crm", now=NOW)
    assert (job.state, job.made_count) == ("done", 9_240)
    assert State.objects.filter(purpose__slug="email_marketing", granted=False).count() == len(never)
    # 2 a second file, in which everybody agrees: who said no stays out
    agreed = "external_id,email,agrees\n" + "".join(f"{row['Prospect ID']},{mail_of(row)},yes\n" for row in [*never, *others])  # fmt: skip
    bring(agreed, mapping=["external_id", "email", "consent:email_marketing"], key="external_id", consent=PROOF, now=NOW)  # fmt: skip
    assert State.objects.filter(purpose__slug="email_marketing", granted=True).count() == OTHERS
    # 3 a machine sends the profiles again, and puts them into a journey that writes to them
    text = {"channel": "email", "language": "en", "subject": "Hello", "body": "<mj-text>Hello</mj-text>"}
    import_blocks(blocks=[{"slug": "hi", "phase": "purchase", "name": names("Hi"), "variants": [text, text | {"language": "de"}]}], now=NOW)  # fmt: skip
    profiles = [{"external_id": row["Prospect ID"], "email": mail_of(row)} for row in never]
    assert sum(leads.post("contacts", {"batch": some}) for some in portions(profiles)) == len(never)
    leads.journey("machine", MAIL, END)
    assert leads.enter("machine") == len(never) + OTHERS
    assert leads.run() == everybody
    # 4 a colleague puts everybody whom we know into a journey
    clock.at += WEEK
    by_hand = leads.journey("hand", MAIL, END)
    assert put_in(journey=by_hand, contact_ids=list(Contact.objects.values_list("pk", flat=True)), by=admin_user, now=clock()) == 9_240  # fmt: skip
    assert leads.run() == everybody
    assert Enrollment.objects.filter(journey=by_hand).count() == Touch.objects.filter(journey=by_hand).count() == 9_240
    # 5 sales: nobody is written to while they talk, and afterwards only those who may
    clock.at += WEEK
    leads.journey("sales", LEAD, MAIL, END)
    leads.enter("sales")
    assert leads.run() == {}
    assert Handover.objects.filter(state="waiting").count() == len(never) + OTHERS
    assert leads.reasons("sales", others) == {("held", "sales_conversation"): OTHERS}
    for pk in Handover.objects.values_list("pk", flat=True):
        reject(handover_id=pk, reason="no_need", by="Sven", now=clock())
    clock.move(hours=1)
    assert leads.run() == everybody
    # 6 what somebody asked for themselves goes out even so, and is all that they ever got
    ask_service_mail(kind="double_opt_in", address=mail_of(never[0]), language="en", values={"signup": 1, "url": "https://x.example/d/1.a/", "days": 7, "choices": []}, now=clock())  # fmt: skip
    clock.move(seconds=1)
    assert send_service_mails(now=clock) == {"sent": 1}
    got = Counter(mail["To"].addresses[0].addr_spec.lower() for mail in smtp.mails)
    assert {row["Lead Number"]: n for row in never if (n := got[mail_of(row)])} == {never[0]["Lead Number"]: 1}
    assert got.total() == 3 * OTHERS + 1
    assert Contact.objects.filter(email__in=[mail_of(row) for row in never]).count() == len(never)
    for slug in ("machine", "hand", "sales"):
        why = leads.reasons(slug, never)
        print(f"{slug}: {len(never)} who may not: {dict(why)}; {OTHERS} others: {dict(leads.reasons(slug, others))}")
        assert why.total() == len(never)
        assert {state for state, _ in why} == {"suppressed"}, why
