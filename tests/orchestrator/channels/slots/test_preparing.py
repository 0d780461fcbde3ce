"""Messages are filled in when they are approved; what may not be shown any more ends with its reason."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.records.operations import record_consent
from journeys.models import Block, Variant
from orchestrator.arbiter.models import Verdict
from orchestrator.channels.slots.models import Showing, Slot
from orchestrator.channels.slots.preparing import keep_touches, prepare_touches
from tests.orchestrator.channels.slots.conftest import NOW, block

pytestmark = pytest.mark.django_db


def test_prepare_fills_a_message_in_once(site):
    anna = site.world.person()
    touch = site.touch(anna, ready=False)
    assert keep_touches(now=NOW) == {"ready": 1}
    assert not keep_touches(now=NOW)["ready"]
    showing = Showing.objects.get()
    assert (showing.touch_id, showing.contact_id, showing.version, showing.slot) == (touch.pk, anna.pk, 1, "")


def test_prepare_fills_in_the_person_s_language(site):
    site.block_id = block("two", de={"subject": "Ihr Korb", "body": "Hallo"})
    anna = site.world.person(language="de")
    site.touch(anna)
    showing = Showing.objects.get()
    assert (showing.language, showing.content["title"]) == ("de", "Ihr Korb")


def test_prepare_leaves_what_is_over_to_the_next_look_through(site):
    anna = site.world.person()
    touch = site.touch(anna, ready=False, expires_at=NOW)
    assert prepare_touches(now=NOW) == {"ready": 1}
    touch.refresh_from_db()
    assert touch.state == "approved"
    assert keep_touches(now=NOW)["expired"] == 1


def test_prepare_takes_the_score_of_the_verdict(site):
    anna = site.world.person()
    touch = site.touch(anna, ready=False)
    Verdict.objects.create(
        touch=touch,
        contact=anna,
        outcome="approved",
        gates={"priority": {"score": 7.25}},
        at=NOW - timedelta(minutes=1),
    )
    keep_touches(now=NOW)
    assert float(Showing.objects.get().score) == 7.25


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"expires_at": NOW}, "expired", "expired"),
        ({"left": "goal"}, "suppressed", "left_journey"),
        ({"purpose": "third_party"}, "suppressed", "no_consent"),
    ],
)
def test_prepare_ends_what_may_not_be_shown(site, change, state, reason):
    anna = site.world.person()
    touch = site.touch(anna, **change)
    assert (touch.state, touch.reason) == (state, reason)
    verdict = Verdict.objects.get()
    assert (verdict.outcome, verdict.reason, verdict.gates["moment"]) == (state, reason, "claim")
    assert not Showing.objects.exists()


def test_prepare_ends_what_was_withdrawn_after_it_was_ready(site):
    anna = site.world.person()
    touch = site.touch(anna)
    record_consent(contact_id=anna.pk, purpose="profiling", decision="withdrawn", source="form", now=NOW)
    assert keep_touches(now=NOW)["suppressed"] == 1
    touch.refresh_from_db()
    assert (touch.state, touch.reason) == ("suppressed", "unsubscribed")


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda pk: Block.objects.filter(pk=pk).update(state="archived"), "missing_content"),
        (lambda pk: Variant.objects.filter(block=pk).delete(), "missing_content"),
        (lambda pk: Variant.objects.filter(block=pk).update(body="{{ contact"), "template_error"),
    ],
)
def test_prepare_holds_back_what_cannot_be_filled_in(site, break_it, reason):
    anna = site.world.person()
    break_it(site.block_id)
    touch = site.touch(anna)
    assert (touch.state, touch.reason) == ("suppressed", reason)
    assert Verdict.objects.get().reason == reason


def test_prepare_leaves_mails_alone(site):
    anna = site.world.person()
    mail = site.world.touch(anna, expires_at=NOW)
    keep_touches(now=NOW)
    mail.refresh_from_db()
    assert mail.state == "approved"


def test_prepare_takes_as_many_statements_for_many_as_for_one(site):
    def prepared(people):
        for name in people:
            site.touch(site.world.person(name), ready=False)
        with CaptureQueriesContext(connection) as found:
            assert keep_touches(now=NOW)["ready"] == len(people)
        return len(found)

    assert prepared(["Anna"]) == prepared(["Ben", "Cem", "Dora", "Emil"])


def test_prepare_fills_a_fallback_in_again_when_it_changed(site):
    Variant.objects.filter(block__slug="welcome", language="en").update(subject="Hello again")
    Block.objects.filter(slug="welcome").update(version=2)
    keep_touches(now=NOW)
    slot = Slot.objects.get()
    assert (slot.fallback_version, slot.fallback_texts["en"]["title"]) == (2, "Hello again")
